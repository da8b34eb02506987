// The official client, pointed at our server, and steps that are told line by line.

import { subscribe } from 'node:diagnostics_channel';

import sdk from 'ec.sdk';

export const { ROOT, TOKEN, EXPIRED_TOKEN } = process.env;

// A connector of its own token that starts at our root. The client knows four addresses only;
// the symbol under which it keeps where it starts is a public one.
export function connect(token = TOKEN) {
  const apps = new sdk.Apps({ environment: 'develop', noCookie: true });
  apps[Symbol.for('traversal')].from(ROOT);
  return token ? apps.setToken(token) : apps;
}

let requests = [];
subscribe('http.client.request.start', ({ request }) => {
  requests.push({ method: request.method, path: request.path, headers: request.getHeaders() });
});

function told(error) {
  const { code, status, type, title, detail, verbose, requestID, message } = error;
  const subErrors = (error.subErrors || []).map(told);
  return { name: error.constructor.name, code, status, type, title, detail, verbose, requestID,
    message, subErrors };
}

// Do something, and print what came of it. Returns the result, nothing after an error.
export async function step(name, action) {
  requests = [];
  const record = { step: name };
  let result;
  try {
    result = await action();
    record.result = result;
  } catch (error) {
    record.error = told(error);
  }
  console.log(JSON.stringify({ ...record, requests }));
  return result;
}

// An app with one plugin of each kind that all scripts can use, made without telling.
export async function equipped(apps, title) {
  const app = await apps.createApp({ title, hexColor: '#d97706' });
  const codeSource = await app.createCodeSource({
    codeSourceType: 'stub',
    config: { files: { 'index.html': `<h1>${title}</h1>` } },
  });
  const dataSource = await app.createDataSource({ dataSourceType: 'stub', config: {} });
  const target = await app.createTarget({ targetType: 'zipDownload', config: {} });
  return { app, codeSource, dataSource, target };
}
