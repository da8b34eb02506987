// Platforms, and the plugins that they are made of.

import { connect, equipped, step } from './client.mjs';

const apps = connect();
const { app, codeSource, dataSource, target } = await equipped(apps, 'Platforms');
const targets = [target];
while (targets.length < 13) {
  targets.push(await app.createTarget({ targetType: 'zipDownload', config: {} }));
}
await step('targetIDs', () => targets.map((each) => each.targetID));

const platform = await step('createPlatform', () => app.createPlatform({
  title: 'Shop', platformType: 'staticWebsite', config: { directory: '.', _title: 'Front' },
  codeSource, dataSource, target,
}));
await step('createPlatform without target', () => app.createPlatform({
  title: 'Shop', platformType: 'staticWebsite', config: {}, codeSource, dataSource,
}));
await step('createPlatform of an unknown type', () => app.createPlatform({
  title: 'Shop', platformType: 'nothing', config: {}, codeSource, dataSource, target,
}));
await step('createPlatform with several faults', () => app.createPlatform({
  title: 'Shop', platformType: 'website', config: { commands: 5, timeout: -1, more: 1 },
  codeSource, dataSource, target,
}));
await step('platformList', () => app.platformList());
await step('platform', () => app.platform(platform.platformID));
await step('platforms by code source', () =>
  app.platformList({ codeSourceID: { exact: codeSource.codeSourceID }, title: { search: 'sho' } }));

const loaded = await app.platform(platform.platformID);
await step('loadCodeSource', () => loaded.loadCodeSource());
await step('loadDataSource', () => loaded.loadDataSource());
await step('loadTargets of one', () => loaded.loadTargets());
await step('ids', () => [loaded.getCodeSource(), loaded.getDataSource(), loaded.getTargets()]);
await step('hasTarget', () => [loaded.hasTarget(target), loaded.hasTarget(targets[1].targetID)]);

const code = await app.createCodeSource({ codeSourceType: 'stub', config: {} });
const data = await app.createDataSource({ dataSourceType: 'stub', config: {} });
await step('set sources and save', async () => {
  loaded.title = 'Shop 2';
  loaded.setCodeSource(code);
  loaded.setDataSource(data.dataSourceID);
  await loaded.save();
  return [loaded.title, loaded.getCodeSource() === code.codeSourceID,
    loaded.getDataSource() === data.dataSourceID, loaded.getTargets()];
});
await step('addTarget and save', async () => {
  loaded.addTarget(targets[1]);
  loaded.addTarget(targets[2].targetID);
  await loaded.save();
  return loaded.getTargets();
});
await step('loadTargets of several', () => loaded.loadTargets());
await step('removeTarget and save', async () => {
  loaded.removeTarget(targets[0]);
  loaded.removeTarget(targets[1].targetID);
  await loaded.save();
  return loaded.getTargets();
});
await step('setTargets and save', async () => {
  loaded.setTargets([...targets.slice(0, 6), ...targets.slice(6).map((each) => each.targetID)]);
  await loaded.save();
  return loaded.getTargets();
});
const page = await step('loadTargets of many', () => loaded.loadTargets());
await step('the other targets', () => page.followNextLink());
await step('all targets', () => page.map((each) => each.targetID));
await step('save without targets', () => {
  loaded.setTargets([]);
  return loaded.save();
});
await step('resolve after a failed save', async () => (await loaded.resolve()).getTargets());

const foreign = await equipped(apps, 'Foreign');
await step('save with a target of another app', () => {
  loaded.addTarget(foreign.target);
  return loaded.save();
});

const item = (await app.platformList()).getFirstItem();
await step('buildList of a list item', () => item.buildList());
await step('latestBuild without a build', () => platform.latestBuild());
await step('deployLatestBuild without a build', () => platform.deployLatestBuild(target));
await step('deleteResource', () => app.platformList().then((list) => list.getFirstItem().del()));
