// Sequences and streams stay with the version that began them, while shares move and versions leave.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connect } from 'galerkin/client';
import { parseRoute } from 'galerkin/model';
import { type Server, serve } from 'galerkin/serve';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { onnxModel } from './fixtures/onnx.js';
import { fixtureRepository } from './fixtures/repository.js';
import { openSocket } from './fixtures/web-socket.js';

const state = 'data_type: TYPE_INT32 dims: [ 1 ]';
const config = (policy: string): string => `max_batch_size: 4
  ${policy}
  input { name: "INPUT" ${state} }
  output { name: "OUTPUT" ${state} }
  sequence_batching { max_sequence_idle_microseconds: 60000000 state { input_name: "SUM" output_name: "NEXT" ${state} } }`;

/** OUTPUT = the sum of INPUT so far; in version 2 each step counts double: an answer says which version it came from. */
function summing(version: number): Uint8Array {
  const port = (name: string) => ({ name, dtype: 'INT32' as const, shape: ['batch', 1] });
  const step = (from: string) =>
    version === 1
      ? [{ op: 'Identity', inputs: [from], outputs: ['step'] }]
      : [{ op: 'Add', inputs: [from, from], outputs: ['step'] }];
  return onnxModel({
    inputs: [port('INPUT'), port('SUM')],
    outputs: [port('OUTPUT'), port('NEXT')],
    nodes: [
      ...step('INPUT'),
      { op: 'Add', inputs: ['step', 'SUM'], outputs: ['OUTPUT'] },
      { op: 'Identity', inputs: ['OUTPUT'], outputs: ['NEXT'] },
    ],
  });
}

let repository: string;
let server: Server;
let client: Client;
let revision = 0;

async function open(policy = 'version_policy: { all: {} }'): Promise<void> {
  await writeFile(join(repository, 'sum', 'config.pbtxt'), config(policy));
  server = await serve({ repository, port: 0, threads: 1 });
  client = connect(server.url);
}

beforeEach(async () => {
  repository = await mkdtemp(join(tmpdir(), 'galerkin-routed-sequences-'));
  for (const version of [1, 2]) {
    await mkdir(join(repository, 'sum', String(version)), { recursive: true });
    await writeFile(join(repository, 'sum', String(version), 'model.onnx'), summing(version));
  }
});
afterEach(async () => {
  await server.close();
  await rm(repository, { recursive: true, force: true });
});

const share = (shares: Readonly<Record<number, number>>, model = 'sum') => {
  const [stable = 1] = Object.keys(shares).map(Number);
  return server.traffic.apply(
    parseRoute({
      model,
      fence: { term: 1, revision: revision++ },
      stable,
      shares: Object.entries(shares).map(([version, part]) => ({ version: Number(version), share: part })),
    }),
  );
};

/** One step of a sequence: its sum so far and who gave it. */
async function step(id: number | string, flags: { readonly start?: boolean; readonly end?: boolean } = {}, value = 1) {
  const input = { shape: [1, 1], data: Int32Array.of(value) };
  const { outputs, version } = await client.infer('sum', { INPUT: input }, { sequence: { id, ...flags } });
  return [Number(outputs.OUTPUT?.data[0]), Number(version)];
}

test('what began in a version goes on there while all traffic moves to and fro', async () => {
  await open();
  await share({ 1: 10_000, 2: 0 });
  expect(await step(7, { start: true })).toEqual([1, 1]);
  await share({ 1: 0, 2: 10_000 });
  expect(await step('seven', { start: true })).toEqual([2, 2]);
  expect(await step(7)).toEqual([2, 1]);
  await share({ 1: 10_000, 2: 0 });
  expect(await step('seven')).toEqual([4, 2]);
  expect(await step(7)).toEqual([3, 1]);
  expect(await step('seven', { end: true })).toEqual([6, 2]);
  expect(await step(7, { end: true })).toEqual([4, 1]);
});

test('a start belongs to whom the route sends it, also where its id goes on elsewhere', async () => {
  await open();
  await share({ 1: 10_000, 2: 0 });
  await step(3, { start: true });
  await share({ 1: 0, 2: 10_000 });
  expect(await step(3, { start: true })).toEqual([2, 2]);
  await share({ 1: 10_000, 2: 0 });
  expect(await step(3)).toEqual([4, 2]);
});

test('eighty sequences at even shares each add up to what one version alone gives', async () => {
  await open();
  await share({ 1: 5_000, 2: 5_000 });
  const steps = 4;
  const run = async (id: number): Promise<number> => {
    let last: number[] = [];
    for (let k = 0; k < steps; k++) {
      last = await step(id, { start: k === 0, end: k === steps - 1 });
      if (id % 10 === 0) await share({ 1: 5_000, 2: 5_000 });
    }
    expect(last[0]).toBe(steps * (last[1] ?? 0));
    return last[1] ?? 0;
  };
  const versions: number[] = [];
  // As many at once as there are slots in one version.
  for (let from = 1; from <= 80; from += 4) {
    versions.push(...(await Promise.all([0, 1, 2, 3].map(k => run(from + k)))));
  }
  expect(new Set(versions)).toEqual(new Set([1, 2]));
});

test('a sequence begun before there was a route, and one in a version that leaves, go on to their end', async () => {
  await open('');
  expect(await step(1, { start: true })).toEqual([2, 2]);
  await share({ 1: 10_000, 2: 0 });
  expect(await step(1)).toEqual([4, 2]);
  expect(await step(2, { start: true })).toEqual([1, 1]);
  await share({ 2: 10_000 });
  await expect.poll(() => server.traffic.status('sum')?.ready).toEqual([2]);
  expect(await step(2)).toEqual([2, 1]);
  expect(await step(2, { end: true })).toEqual([3, 1]);
});

test('what follows no start is refused as ever, and is no fault of a version', async () => {
  await open();
  await share({ 1: 5_000, 2: 5_000 });
  await expect(step(99)).rejects.toThrow();
  await expect(step(0, { start: true })).rejects.toThrow();
  expect(server.traffic.samples('sum', 0, 10).samples.filter(({ ok }) => !ok)).toEqual([]);
});

test('a stream of many answers is of one version from its first to its last', async () => {
  const folder = await fixtureRepository('rollout');
  await cp(join(folder, 'rollout'), join(repository, 'rollout'), { recursive: true });
  await cp(join(folder, 'rollout', '1'), join(repository, 'rollout', '2'), { recursive: true });
  const manifest = join(repository, 'rollout', '2', 'manifest.json');
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace(/"version": ?1/, '"version": 2'));
  await rm(folder, { recursive: true });
  await open();
  await share({ 1: 0, 2: 10_000 }, 'rollout');
  const socket = await openSocket(server.url);
  const inputs = [{ name: 'a', datatype: 'FP32', shape: [1, 4, 4], data: new Array<number>(16).fill(0.01) }];
  socket.send({ type: 'infer', id: 'long', model: 'rollout', inputs, parameters: { steps: 8 } });
  await socket.of('long');
  await share({ 1: 10_000 }, 'rollout');
  await socket.next(({ id, final }) => id === 'long' && final === true);
  const versions = socket.messages.filter(({ id }) => id === 'long').map(({ model_version }) => model_version);
  expect(versions).toEqual(new Array(8).fill('2'));
  socket.socket.close();
  await socket.closed;
});
