// What Triton's published client examples call and assert, by our own client on the example repository; `npm run interop` has theirs.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connect, textsOf } from 'galerkin/client';
import { type Server, serve } from 'galerkin/serve';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeExampleRepository } from '../scripts/example-repository.mjs';

let repository: string;
let server: Server;
let client: Client;

beforeAll(async () => {
  repository = writeExampleRepository(await mkdtemp(join(tmpdir(), 'galerkin-interop-')));
  server = await serve({ repository, port: 0, threads: 1, modelControl: 'explicit', loadModels: '*' });
  client = connect(server.url);
});
afterAll(async () => {
  await server?.close();
  await rm(repository, { recursive: true, force: true });
});

const upward = Array.from({ length: 16 }, (_, index) => index);
const ones = upward.map(() => 1);
const sums = upward.map(value => value + 1);
const differences = upward.map(value => value - 1);
const shape = [1, 16];

describe('sum and difference', () => {
  const kinds = [
    ['simple', Int32Array],
    ['simple_int8', Int8Array],
  ] as const;

  test.each(kinds)('%s: all outputs without a choice', async (model, Kind) => {
    const inputs = { INPUT0: { shape, data: Kind.from(upward) }, INPUT1: { shape, data: Kind.from(ones) } };
    const { outputs, id, version } = await client.infer(model, inputs, { id: '1' });
    expect(outputs.OUTPUT0?.data).toEqual(Kind.from(sums));
    expect(outputs.OUTPUT1?.data).toEqual(Kind.from(differences));
    expect({ id, version }).toEqual({ id: '1', version: '1' });
  });

  test('simple_string: decimal texts', async () => {
    const inputs = { INPUT0: { shape, data: upward.map(String) }, INPUT1: { shape, data: ones.map(String) } };
    const { OUTPUT0, OUTPUT1 } = (await client.infer('simple_string', inputs)).outputs;
    expect([OUTPUT0, OUTPUT1].map(output => output && textsOf(output).map(Number))).toEqual([sums, differences]);
  });

  test('twenty requests in flight are answered each with its own', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, factor) => {
        const first = { shape, data: Int32Array.from(upward, value => factor * value) };
        return client.infer('simple', { INPUT0: first, INPUT1: { shape, data: Int32Array.from(ones) } });
      }),
    );
    answers.forEach(({ outputs }, factor) => {
      expect(outputs.OUTPUT0?.data).toEqual(Int32Array.from(upward, value => factor * value + 1));
    });
  });
});

describe('texts', () => {
  test('of any length and alphabet come back as they went', async () => {
    const texts = ['', 'räksmörgås', '数値計算', 'x'.repeat(1000)];
    const { outputs } = await client.infer('simple_identity', { INPUT0: { shape: [1, texts.length], data: texts } });
    expect(outputs.OUTPUT0 && textsOf(outputs.OUTPUT0)).toEqual(texts);
  });
});

describe('health and metadata', () => {
  test('are as the examples ask', async () => {
    expect(await client.health.live()).toBe(true);
    expect(await client.health.ready()).toBe(true);
    expect(await client.health.modelReady('simple')).toBe(true);
    expect((await client.modelMetadata('simple')).inputs).toEqual([
      { name: 'INPUT0', datatype: 'INT32', shape: [-1, 16] },
      { name: 'INPUT1', datatype: 'INT32', shape: [-1, 16] },
    ]);
    await expect(client.modelMetadata('wrong_model_name')).rejects.toThrow('Request for unknown model');
  });
});

describe('model control', () => {
  test('lists, overrides, unloads and loads again', async () => {
    expect(await client.repository.index()).toHaveLength(7);
    await client.repository.load('simple', { config: { max_batch_size: 16 } });
    expect(await client.modelConfig('simple')).toMatchObject({ max_batch_size: 16 });
    await client.repository.unload('simple');
    expect(await client.health.modelReady('simple')).toBe(false);
    await expect(client.repository.load('wrong_model_name')).rejects.toThrow('failed to load');
    await client.repository.load('simple');
    expect(await client.modelConfig('simple')).toMatchObject({ max_batch_size: 8 });
  });
});
