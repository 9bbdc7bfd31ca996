// The server over an S3-compatible store: the same as over a folder, polling and all.
import { type Server, serve } from 'galerkin/serve';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keys, startS3 } from '../model/fixtures/s3.js';
import { scaleBy, scaleConfig } from './fixtures/plain-repository.js';

const names = ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'] as const;
const before = names.map(name => process.env[name]);
let s3: Awaited<ReturnType<typeof startS3>>;
let server: Server;
beforeAll(async () => {
  s3 = await startS3('models');
  process.env.AWS_ENDPOINT_URL = s3.endpoint;
  process.env.AWS_ACCESS_KEY_ID = keys.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = keys.secretAccessKey;
  process.env.AWS_REGION = keys.region;
  await s3.put('zoo/scale/config.pbtxt', scaleConfig());
  await s3.put('zoo/scale/1/model.onnx', scaleBy(3));
  server = await serve({ repository: 's3://models/zoo', port: 0, modelControl: 'poll', pollMs: 20 });
});
afterAll(async () => {
  await server.close();
  await s3.close();
  names.forEach((name, place) => {
    const value = before[place];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  });
});

async function ask(): Promise<{ version: string; data: number[] }> {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }];
  const reply = await fetch(`${server.url}/v2/models/scale/infer`, {
    method: 'POST',
    body: JSON.stringify({ inputs }),
  });
  const { model_version: version, outputs } = await reply.json();
  return { version, data: outputs[0].data };
}

test('a model in a bucket is served', async () => {
  expect(await ask()).toEqual({ version: '1', data: [3, 6, 9, 12] });
});

test('a version that is put there takes over without a failed request', async () => {
  await s3.put('zoo/scale/2/model.onnx', scaleBy(5));
  for (let reply = await ask(); reply.version !== '2'; reply = await ask()) expect(reply.data).toEqual([3, 6, 9, 12]);
  expect(await ask()).toEqual({ version: '2', data: [5, 10, 15, 20] });
});
