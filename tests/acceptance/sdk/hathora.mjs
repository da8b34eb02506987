// Every operation of builds, applications and organisations, with the published client.

import { readFile } from 'node:fs/promises';

import { ROOT, TOKEN, cloud, connect, refusal, step, upload, whole } from './hathora-client.mjs';

const { ARCHIVE, HOPELESS } = process.env;
const archive = await readFile(ARCHIVE);
const hopeless = await readFile(HOPELESS);
const NOWHERE = 'app-00000000-0000-4000-8000-000000000000';
const bare = { authConfiguration: {} };

function named(name, content) {
  return { file: { fileName: name, content } };
}

// organisations and applications

const { orgs } = await step('getOrgs', () => cloud.organizationsV1.getOrgs());
const orgId = orgs[0].orgId;
const app = await step('createApp', () => cloud.appsV2.createApp(
  { appName: 'arena', authConfiguration: { anonymous: {}, google: { clientId: 'x' } } }, orgId));
const appId = app.appId;
const configured = connect({ hathoraDevToken: `Bearer ${TOKEN}`, orgId, appId });
await step('getApp as configured', () => configured.appsV2.getApp());
await step('V1 getBuilds as configured', () => configured.buildsV1.getBuildsDeprecated());
await step('V3 getBuilds as configured', () => configured.buildsV3.getBuilds());
const short = connect({ hathoraDevToken: TOKEN, serverURL: ROOT.slice(0, -1) });
await step('getOrgs without a slash', () => short.organizationsV1.getOrgs());
await refusal('getOrgs without a token', () => connect({}).organizationsV1.getOrgs());
await refusal('V3 getBuilds with a bad token', () =>
  connect({ hathoraDevToken: 'x' }).buildsV3.getBuilds());
await refusal('V1 getBuilds with a bad token', () =>
  connect({ hathoraDevToken: 'x' }).buildsV1.getBuildsDeprecated(appId));
await step('getApps', () => cloud.appsV2.getApps());
await step('getApps of an organisation', () => cloud.appsV2.getApps(orgId));
await step('getApp', () => cloud.appsV2.getApp(appId));
await step('updateApp', () => cloud.appsV2.updateApp({ appName: 'arena 2', ...bare }, appId));
await step('patchApp', () => cloud.appsV2.patchApp({ appName: 'arena 3' }, appId));
const old = await step('createAppV1', () => cloud.appsV1.createAppV1Deprecated(
  { appName: 'old arena', ...bare }));
await step('getAppsV1', () => cloud.appsV1.getAppsV1Deprecated());
await step('getAppInfoV1', () => cloud.appsV1.getAppInfoV1Deprecated(old.appId));
await step('updateAppV1', () => cloud.appsV1.updateAppV1Deprecated(
  { appName: 'older arena', ...bare }, old.appId));
await refusal('createApp again', () => cloud.appsV2.createApp({ appName: 'arena 3', ...bare }));
await refusal('getApp of none', () => cloud.appsV2.getApp(NOWHERE));
await refusal('updateApp of none', () => cloud.appsV2.updateApp(
  { appName: 'x', ...bare }, NOWHERE));
await refusal('patchApp of none', () => cloud.appsV2.patchApp({ appName: 'x' }, NOWHERE));
await refusal('getApps of another', () => cloud.appsV2.getApps('org-x'));
await refusal('getAppInfoV1 of none', () => cloud.appsV1.getAppInfoV1Deprecated(NOWHERE));
await refusal('updateAppV1 of none', () => cloud.appsV1.updateAppV1Deprecated(
  { appName: 'x', ...bare }, NOWHERE));
await refusal('createAppV1 again', () => cloud.appsV1.createAppV1Deprecated(
  { appName: 'arena 3', ...bare }));

// the third version; the first run is held up until it was seen

const v3 = cloud.buildsV3;
const built = await step('V3 createBuild', () => v3.createBuild(
  { buildSizeInBytes: archive.length, buildTag: 'v1', buildId: 'mine-1.0' }));
await step('V3 upload', () => upload(built, archive));
const stream = await step('V3 runBuild', () => v3.runBuild(built.buildId, orgId), () => null);
const reader = stream.getReader();
const first = await reader.read();
await step('V3 getBuild while it runs', () => v3.getBuild(built.buildId, orgId));
await step('V3 log', () => whole(reader, first.value));
await step('V3 getBuild', () => v3.getBuild(built.buildId));
const failing = await v3.createBuild({ buildSizeInBytes: hopeless.length }, orgId);
await upload(failing, hopeless);
await step('V3 log of a failure', async () => whole((await v3.runBuild(failing.buildId)).getReader()));
await step('V3 getBuild of a failure', () => v3.getBuild(failing.buildId));
await step('V3 getBuilds', () => v3.getBuilds(orgId));
await refusal('V3 runBuild again', () => v3.runBuild(built.buildId));
await refusal('V3 createBuild again', () => v3.createBuild(
  { buildSizeInBytes: 1, buildId: built.buildId }));
await refusal('V3 createBuild of nothing', () => v3.createBuild({ buildSizeInBytes: 0 }));
await refusal('V3 createBuildRegistry of a wrong name', () => v3.createBuildRegistry({ buildId: 'registry' }));
await refusal('V3 getBuild of none', () => v3.getBuild('bld-x'));
await refusal('V3 getBuild with a slash', () => v3.getBuild('a/b'));
await refusal('V3 getBuilds of another', () => v3.getBuilds('org-x'));
await refusal('V3 deleteBuild of none', () => v3.deleteBuild('bld-x'));
await refusal('V3 runBuildRegistry of none', () => v3.runBuildRegistry('bld-x', { image: 'x' }));

// the first version

const v1 = cloud.buildsV1;
const direct = await step('V1 createBuild', () => v1.createBuildDeprecated(
  { buildTag: '1.0' }, appId));
await step('V1 runBuild', () => v1.runBuildDeprecated(
  direct.buildId, named('x.tgz', archive), appId));
const image = await step('V1 getBuildInfo', () => v1.getBuildInfoDeprecated(
  direct.buildId, appId));
const broken = await v1.createBuildDeprecated({}, appId);
await step('V1 runBuild of a failure', () => v1.runBuildDeprecated(
  broken.buildId, { file: new Blob([hopeless]) }, appId));
await step('V1 getBuildInfo of a failure', () => v1.getBuildInfoDeprecated(
  broken.buildId, appId));
await step('V1 getBuilds', () => v1.getBuildsDeprecated(appId));
await step('V1 deleteBuild', () => v1.deleteBuildDeprecated(broken.buildId, appId));
await step('V1 getBuildInfo after delete', () => v1.getBuildInfoDeprecated(
  broken.buildId, appId));
await refusal('V1 createBuild of none', () => v1.createBuildDeprecated({}, NOWHERE));
await refusal('V1 createBuild with a long tag', () => v1.createBuildDeprecated(
  { buildTag: 'x'.repeat(1001) }, appId));
await refusal('V1 runBuild again', () => v1.runBuildDeprecated(
  direct.buildId, named('x.tar.gz', archive), appId));
await refusal('V1 getBuildInfo of none', () => v1.getBuildInfoDeprecated(99, appId));
await refusal('V1 getBuilds of none', () => v1.getBuildsDeprecated(NOWHERE));
await refusal('V1 deleteBuild again', () => v1.deleteBuildDeprecated(broken.buildId, appId));

// a copy of its image, by the third

const copy = await step('V3 createBuildRegistry', () => v3.createBuildRegistry(
  { buildTag: 'copied' }));
await step('V3 runBuildRegistry', async () => whole((await v3.runBuildRegistry(
  copy.buildId, { image: image.regionalContainerTags[0].containerTag })).getReader()));
await step('V3 getBuild of a copy', () => v3.getBuild(copy.buildId));
const missing = await v3.createBuildRegistry({});
await refusal('V3 runBuildRegistry', () => v3.runBuildRegistry(
  missing.buildId, { image: 'none', registryUrl: '127.0.0.1:9' }));
await step('V3 deleteBuild', () => v3.deleteBuild(copy.buildId));
await step('V3 getBuild after delete', () => v3.getBuild(copy.buildId));

// the second version

const v2 = cloud.buildsV2;
await step('V2 getBuilds', () => v2.getBuildsV2Deprecated(appId));
const second = await step('V2 createBuild', () => v2.createBuildV2Deprecated({}, appId));
await refusal('V2 runBuild without a file', () => v2.runBuildV2Deprecated(
  second.buildId, {}, appId));
await step('V2 runBuild with a file', async () => whole((await v2.runBuildV2Deprecated(
  second.buildId, named('x.tar.gz', hopeless), appId)).getReader()));
await step('V2 getBuildInfo of a failure', () => v2.getBuildInfoV2Deprecated(
  second.buildId, appId));
await step('V2 createBuildWithUploadUrl', () => v2.createBuildWithUploadUrlV2Deprecated(
  { buildTag: 'form' }, appId));
const third = await step('V2 createWithMultipartUploads', () =>
  v2.createWithMultipartUploadsV2Deprecated({ buildSizeInBytes: archive.length }, appId));
await step('V2 upload', () => upload(third, archive));
await step('V2 runBuild', async () => whole((await v2.runBuildV2Deprecated(
  third.buildId, {}, appId)).getReader()));
await step('V2 getBuildInfo', () => v2.getBuildInfoV2Deprecated(third.buildId, appId));
await step('V2 deleteBuild', () => v2.deleteBuildV2Deprecated(third.buildId, appId));
await step('V2 getBuildInfo after delete', () => v2.getBuildInfoV2Deprecated(
  third.buildId, appId));
await refusal('V2 createBuild of none', () => v2.createBuildV2Deprecated({}, NOWHERE));
await refusal('V2 createBuildWithUploadUrl of none', () =>
  v2.createBuildWithUploadUrlV2Deprecated({}, NOWHERE));
await refusal('V2 createWithMultipartUploads of nothing', () =>
  v2.createWithMultipartUploadsV2Deprecated({ buildSizeInBytes: -1 }, appId));
await refusal('V2 getBuildInfo of none', () => v2.getBuildInfoV2Deprecated(99, appId));
await refusal('V2 getBuilds of none', () => v2.getBuildsV2Deprecated(NOWHERE));
await refusal('V2 deleteBuild of none', () => v2.deleteBuildV2Deprecated(99, appId));

await step('deleteAppV1', () => cloud.appsV1.deleteAppV1Deprecated(old.appId));
await refusal('deleteAppV1 again', () => cloud.appsV1.deleteAppV1Deprecated(old.appId));
const last = await cloud.appsV2.createApp({ appName: 'last', ...bare });
await step('deleteApp', () => cloud.appsV2.deleteApp(last.appId));
await refusal('deleteApp again', () => cloud.appsV2.deleteApp(last.appId));
