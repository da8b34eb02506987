// Builds and deployments, followed to their ends.

import { setTimeout as pause } from 'node:timers/promises';

import { connect, equipped, step } from './client.mjs';

const apps = connect();
const { app, codeSource, dataSource, target } = await equipped(apps, 'Runs');
const site = await app.createTarget({ targetType: 'localWebServer', config: { path: 'runs' } });
const platform = await app.createPlatform({
  title: 'Shop', platformType: 'staticWebsite', config: {},
  codeSource, dataSource, target: [target, site],
});

async function followed(run) {
  while (run.successful === 'running') {
    await pause(20);
    await run.resolve();
  }
  return run;
}

await step('platformID', () => platform.platformID);
await step('targetIDs', () => [target.targetID, site.targetID]);

const build = await step('createBuild', () => platform.createBuild('nightly “ü”'));
await step('one look', () => build.resolve());
await step('followed build', () => followed(build));
const silent = await step('createBuild without comment', () => platform.createBuild());
await step('followed silent build', () => followed(silent));

await step('buildList', () => platform.buildList());
await step('buildList by id', () =>
  platform.buildList({ buildID: { exact: build.buildID }, size: 1 }));
await step('build', () => platform.build(build.buildID));
await step('build that is not there', () => platform.build(2147483647));
await step('latestBuild of an old document', () => platform.latestBuild());
const fresh = await app.platform(platform.platformID);
await step('latestBuild', () => fresh.latestBuild());

const both = [target.targetID, site];
const first = await step('createDeployment', () =>
  fresh.createDeployment(both, build.buildID, 'release'));
await step('followed deployment', () => followed(first));
const second = await step('deployLatestBuild', () => fresh.deployLatestBuild(target));
await step('followed latest deployment', () => followed(second));
await step('createDeployment of nothing', () => fresh.createDeployment(target, 2147483647));
await step('deploymentList', () => fresh.deploymentList());
await step('deploymentList of all targets', () =>
  fresh.deploymentList({ targetID: { all: [target.targetID, site.targetID] } }));
await step('deploymentList of any target', () =>
  fresh.deploymentList({ targetID: { any: [target.targetID, site.targetID] } }));
await step('deployment', () => fresh.deployment(first.deploymentID));
const freshest = await app.platform(platform.platformID);
await step('latestDeployment', () => freshest.latestDeployment());
await step('createBuild of a list item', async () => {
  const item = (await app.platformList()).getFirstItem();
  return followed(await item.createBuild());
});

await step('builds page by page', async () => {
  const list = await platform.buildList({ size: 1 });
  return list.map((each) => each.buildID);
});
const done = await platform.build(silent.buildID);
await step('del of a build', () => done.del());
await step('build that was deleted', () => platform.build(silent.buildID));
await step('deployment of a deleted build', () => fresh.deployment(second.deploymentID));
await step('stats', () => apps.stats(app.appID));
await step('one root at a time', () => apps.appList({ title: 'Runs' }));
