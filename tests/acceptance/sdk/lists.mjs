// Lists: filters of every operator, sorting, pages, and how one walks over them.

import { setTimeout as pause } from 'node:timers/promises';

import { connect, equipped, step } from './client.mjs';

const apps = connect();
const TITLES = [
  'shelf plain',
  'shelf-a,b',
  'shelf-a+b',
  'shelf-(a) b',
  'SHELF-UPPER',
  'shelf-~!*\'%&=?#/ü€',
  'shelf-plain',
];
const made = [];
for (const title of TITLES) {
  made.push(await apps.createApp({ title, hexColor: '#abcdef' }));
  await pause(2); // so that no two were created in the same millisecond
}
const titles = (list) => list.getAllItems().map((each) => each.title);
const found = (options) => apps.appList(options).then(titles);
const ours = { title: { search: 'shelf' }, sort: ['created', 'title'] };

await step('TITLES', () => TITLES);
for (const title of TITLES) {
  await step(`exact ${title}`, () => found({ title }));
}
await step('exact as an object', () => found({ title: { exact: 'shelf-a,b' } }));
await step('search', () => found({ title: { search: 'F-A,' } }));
await step('search with spaces', () => found({ title: { search: 'F p' } }));
await step('any', () =>
  found({ title: { any: ['shelf-plain', 'shelf-a+b', 'no'] }, sort: 'title' }));
await step('any with commas and spaces', () =>
  found({ title: { any: ['shelf-a,b', 'shelf plain', 'shelf-plain'] }, sort: '-title' }));
await step('all of a text', () => found({ title: { all: ['shelf', 'plain'] } }));
await step('null', () => found({ title: { null: true } }));
await step('empty', () => found({ title: '' }));

const [first, , third] = made.map((each) => each.created);
await step('from', () => found({ ...ours, created: { from: third.toISOString() } }));
await step('from and to', () =>
  found({ ...ours, created: { from: first.toISOString(), to: third.toISOString() } }));
await step('from a date', () => found({ ...ours, created: { from: third } }));
const offset = new Date(third.getTime() + 7200000).toISOString().replace('Z', '+02:00');
await step('from with an offset', () => found({ ...ours, created: { from: offset } }));
await step('search of a time', () =>
  found({ ...ours, created: { search: third.toISOString().slice(0, 10) } }));
await step('several ids', () =>
  found({ appID: { any: [made[0].appID, made[1].appID] }, sort: 'title' }));

await step('size, page, sort', () =>
  found({ ...ours, size: 2, page: 3, sort: ['-created', 'title'] }));
await step('sort with a plus', () => found({ ...ours, sort: '+title' }));
await step('size 0', () => found({ ...ours, size: 0 }));
await step('past the end', () => apps.appList({ ...ours, size: 5, page: 9 }));
await step('unknown sort', () => apps.appList({ sort: 'nonsense' }));
await step('wrong page', () => apps.appList({ page: 0 }));
await step('wrong id', () => apps.appList({ appID: { any: ['a', 'b'] } }));
await step('filter without variable', () => apps.appList({ hexColor: '#abcdef' }));
await step('own id alone', () => apps.appList({ appID: made[0].appID }));

const start = await step('first page', () => apps.appList({ ...ours, size: 3 }));
await step('what the first page has', () =>
  [start.hasFirstLink(), start.hasPrevLink(), start.hasNextLink()]);
const second = await step('next page', () => start.followNextLink());
await step('last page', () => second.followNextLink());
await step('previous page', () => second.followPrevLink());
await step('first page again', () => second.followFirstLink());
await step('map', () => start.map((each) => each.title));
await step('filter', () => start.filter((each) => each.title.includes('b')));
await step('find', () => start.find((each) => each.title === 'shelf-plain'));
await step('find nothing', () => start.find(() => false));
await step('iterate', () => [...start].map((each) => each.title));

const { app, target } = await equipped(apps, 'Options');
const other = await app.createTarget({ targetType: 'localWebServer', config: { path: 'options' } });
const types = (list) => list.getAllItems().map((each) => each.targetType);
await step('targets by type', () => app.targetList({ targetType: 'zipDownload' }).then(types));
await step('targets by search', () =>
  app.targetList({ targetType: { search: 'WEB' } }).then(types));
await step('targets sorted', () => app.targetList({ sort: '-targetType' }).then(types));
await step('targets by app', () =>
  app.targetList({ appID: { exact: app.appID }, size: 1 }).then(types));
await step('targets by ids', () =>
  app.targetList({ targetID: { any: [target.targetID, other.targetID] } }).then(types));
