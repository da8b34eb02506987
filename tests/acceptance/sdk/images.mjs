// An image: built, read, and delivered to another registry.

import { setTimeout as pause } from 'node:timers/promises';

import { connect, equipped, step } from './client.mjs';

const { REGISTRY } = process.env;
const apps = connect();
const { app, dataSource } = await equipped(apps, 'Images');
const codeSource = await app.createCodeSource({
  codeSourceType: 'stub',
  config: { files: { Dockerfile: 'FROM scratch\nCOPY hello.txt /\n', 'hello.txt': 'hello' } },
});
const registry = await app.createTarget({
  targetType: 'imageRegistry',
  config: { registry: REGISTRY, repository: 'team/server', tag: 'stable' },
});
const platform = await step('createPlatform', () => app.createPlatform({
  title: 'Server', platformType: 'containerImage', config: {},
  codeSource, dataSource, target: registry,
}));

async function followed(run) {
  while (run.successful === 'running') {
    await pause(20);
    await run.resolve();
  }
  return run;
}

const build = await platform.createBuild();
await step('build', () => followed(build));
await step('image', async () => {
  const image = await build.followLink('ec:app/build/image');
  return image.toOriginal();
});
const deployment = await platform.createDeployment(registry, build.buildID);
await step('deployment', () => followed(deployment));
