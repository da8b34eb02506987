// The published client, pointed at our server, and steps that are told line by line.

import sdk from '@hathora/cloud-sdk-typescript';

export const { ROOT, TOKEN } = process.env;

let requests = [];
const httpClient = new sdk.HTTPClient();
httpClient.addHook('beforeRequest', (request) => {
  requests.push({ method: request.method, path: request.url.slice(ROOT.length - 1) });
});

// A client with a token of one's own, or with none, and with other options.
export function connect(options = { hathoraDevToken: TOKEN }) {
  return new sdk.HathoraCloud({ serverURL: ROOT, httpClient, ...options });
}

export const cloud = connect();

function told({ name, statusCode, message }) {
  return { name, status: statusCode, message };
}

// Do something, and print what came of it. Returns the result; ends after an error.
export async function step(name, action, print = (result) => result) {
  requests = [];
  try {
    const result = await action();
    console.log(JSON.stringify({ step: name, requests, result: print(result) }));
    return result;
  } catch (error) {
    console.log(JSON.stringify({ step: name, requests, error: told(error) }));
    throw error;
  }
}

// Do what has to be refused, and print how it was.
export async function refusal(name, action) {
  requests = [];
  try {
    const result = await action();
    console.log(JSON.stringify({ step: name, requests, result: result ?? 'nothing' }));
  } catch (error) {
    console.log(JSON.stringify({ step: name, requests, error: told(error) }));
  }
}

// Upload an archive in parts, all at the same time, as the users of the client have to do.
export async function upload(created, archive) {
  const size = created.maxChunkSize;
  const tags = await Promise.all(created.uploadParts.map(async ({ partNumber, putRequestUrl }) => {
    const body = archive.subarray((partNumber - 1) * size, partNumber * size);
    const answer = await fetch(putRequestUrl, { method: 'PUT', body });
    return answer.headers.get('etag');
  }));
  const parts = tags.map((tag, index) =>
    `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
  const answer = await fetch(created.completeUploadPostRequestUrl, {
    method: 'POST',
    body: `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`,
  });
  return [tags.length, answer.status];
}

// All that comes of a stream, after what came of it already.
export async function whole(reader, first = new Uint8Array()) {
  const pieces = [Buffer.from(first)];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return Buffer.concat(pieces).toString();
    }
    pieces.push(Buffer.from(value));
  }
}
