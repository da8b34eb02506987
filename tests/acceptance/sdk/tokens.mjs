// Tokens: what the client does with a good one, a bad one, an old one, and none.

import { connect, step, EXPIRED_TOKEN, TOKEN } from './client.mjs';

const BAD_TOKEN = `${TOKEN.slice(0, -4)}AAAA`;

async function tried(name, apps) {
  const events = [];
  apps.on('logout', (error) => events.push(`logout ${error.code}`));
  await step(name, () => apps.appList());
  await step(`${name}: afterwards`, () => ({ hasToken: apps.hasToken(), events }));
}

// A connector that has been at the root already, so that the next call is one request.
async function begun() {
  const apps = connect();
  await apps.appList();
  return apps;
}

await tried('good token', connect());
await tried('no token', connect(''));
await tried('bad token', connect(BAD_TOKEN));
await tried('token that became bad', (await begun()).setToken(BAD_TOKEN));
await tried('token that became old', (await begun()).setToken(EXPIRED_TOKEN));
await step('malformed token', () => connect().setToken('no JWT'));
await step('another token', () => connect(BAD_TOKEN).setToken(TOKEN).appList());
await step('parallel calls', () => {
  const apps = connect();
  return Promise.all([apps.appList(), apps.types(), apps.statsList()]);
});
