// Code sources, data sources and targets, and their use by a platform.

import { connect, equipped, step } from './client.mjs';

const apps = connect();
const { app } = await equipped(apps, 'Plugins');

const config = { _title: 'Löwe', files: { 'a b/c.txt': 'ü "“' } };
const data = { data: { nothing: null, list: [1, 2.5, true, null], deep: { ü: null } } };
const code = await step('createCodeSource', () =>
  app.createCodeSource({ codeSourceType: 'stub', config }));
const source = await step('createDataSource', () =>
  app.createDataSource({ dataSourceType: 'stub', config: data }));
const target = await step('createTarget', () =>
  app.createTarget({ targetType: 'localWebServer', config: { path: 'plugins' } }));
await step('createTarget again', () => app.createTarget({ targetType: 'zipDownload', config: {} }));

await step('codeSourceList', () => app.codeSourceList());
await step('dataSourceList', () => app.dataSourceList());
await step('targetList', () => app.targetList());
const read = await step('codeSource', () => app.codeSource(code.codeSourceID));
await step('dataSource', () => app.dataSource(source.dataSourceID));
await step('target', () => app.target(target.targetID));
await step('titles', () => [read.title, source.title]);

await step('save', () => {
  read.config = { ...read.config, _title: 'Tiger', files: {} };
  return read.save();
});
await step('save right after create', () => {
  target.config = { path: 'plugins/moved' };
  return target.save();
});
await step('resolve', () => code.resolve());
await step('save with a wrong config', () => {
  target.config = { path: 'NO PATH' };
  return target.save();
});
await step('resolve after a failed save', () => target.resolve());
await step('save with an extra property', () => {
  read.more = 1;
  return read.save();
});

await step('unknown type', () => app.createTarget({ targetType: 'nothing', config: {} }));
await step('missing config key', () =>
  app.createTarget({ targetType: 'localWebServer', config: {} }));
await step('missing config', () => app.createTarget({ targetType: 'zipDownload' }));

const platform = await app.createPlatform({
  title: 'User', platformType: 'staticWebsite', config: {},
  codeSource: code, dataSource: source, target,
});
await step('delete a used code source', () => code.del());
await step('delete a used data source', () => source.del());
await step('delete a used target', () => target.del());
await step('codeSource is still there', () => app.codeSource(code.codeSourceID));
await step('delete the platform', () => platform.del());
await step('delete the code source', () => code.del());
await step('delete the data source', () => source.del());
await step('deleteResource', () => app.targetList().then((list) => list.getFirstItem().del()));
await step('codeSource that was deleted', () => app.codeSource(code.codeSourceID));
