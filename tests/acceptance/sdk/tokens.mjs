// Tokens: what the client does with a good one, a bad one, an old one, and none.

import { connect, step, EXPIRED_TOKEN, TOKEN } from './client.mjs';

function watched(token) {
  const apps = connect(token);
  apps.events = [];
  apps.on('logout', (error) => apps.events.push(`logout ${error.code}`));
  apps.on('error', (error) => apps.events.push(`error ${error.code}`));
  return apps;
}

async function tried(name, token) {
  const apps = watched(token);
  await step(name, () => apps.appList());
  await step(`${name}: afterwards`, () => ({ hasToken: apps.hasToken(), events: apps.events }));
  return apps;
}

await tried('good token', TOKEN);
await tried('no token', '');
const bad = await tried('bad token', `${TOKEN.slice(0, -4)}AAAA`);
await tried('old token', EXPIRED_TOKEN);
await step('malformed token', () => connect().setToken('no JWT'));
await step('set another token', () => bad.setToken(TOKEN).appList());
await step('parallel calls', () => {
  const apps = connect();
  return Promise.all([apps.appList(), apps.types(), apps.statsList()]);
});
