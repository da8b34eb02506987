// Apps, their statistics, and the types of plugins.

import { connect, equipped, step } from './client.mjs';

const apps = connect().setUserAgent('acceptance/1.0');

await step('types', () => apps.types());
await step('looked up types', async () => {
  const types = await apps.types();
  return {
    codeSources: types.getAvailableCodeSources(),
    targets: types.getAvailableTargets(),
    schema: types.getPlatformSchema('website'),
    plugin: types.getTarget('zipDownload'),
    unknown: types.getTarget('nothing'),
  };
});

const body = { title: 'Bäckerei “Ω”', hexColor: '#D97706' };
const app = await step('createApp', () => apps.createApp(body));
await step('createApp again', () => apps.createApp({ title: 'Second', hexColor: '#000000' }));
await step('createApp without title', () => apps.createApp({ hexColor: '#000000' }));
await step('resolve after create', () => app.resolve());
await step('save', () => {
  app.title = 'Renamed';
  return app.save();
});
await step('resolve after save', () => app.resolve());
await step('save again', () => {
  app.hexColor = '#123456';
  return app.save();
});
await step('app', () => apps.app(app.appID));
await step('first call', () => connect().app(app.appID));
await step('appList', () => apps.appList());
await step('appList of one', () => apps.appList({ appID: { any: [app.appID, app.appID] } }));

const listed = async (appID) => {
  const list = await apps.appList({ size: 0 });
  return list.getAllItems().find((each) => each.appID === appID);
};
const item = await listed(app.appID);
await step('save of a list item', () => {
  item.title = 'Renamed in a list';
  return item.save();
});
const other = await listed(app.appID);
await step('resolve of a list item', () => other.resolve());
const third = await listed(app.appID);
await step('targetList of a list item', () => third.targetList());
const fourth = await listed(app.appID);
await step('createTarget of a list item', () =>
  fourth.createTarget({ targetType: 'zipDownload', config: {} }));
const fifth = await listed(app.appID);
await step('del of a list item', () => fifth.del());
await step('app that was deleted', () => apps.app(app.appID));

const gone = await apps.createApp(body);
await step('del right after create', () => gone.del());
await step('resolve of what was deleted', () => gone.resolve());
const another = await apps.createApp(body);
await step('deleteResource', () => apps.deleteResource('app', another.appID));

const { app: counted } = await equipped(apps, 'Counted');
await step('stats', () => apps.stats(counted.appID));
await step('statsList', () => apps.statsList());
await step('getFilterOptions', () => apps.getFilterOptions('app'));
await step('first types', () => connect().types());
