// Sequences through the server's doors: HTTP and gRPC meet in one sequence; reloads, statistics, initial states from a file.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connect } from 'galerkin/client';
import { type Server, serve } from 'galerkin/serve';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { writeExampleRepository } from '../../scripts/example-repository.mjs';
import { get } from './fixtures/client.js';
import { encodeInfer, type GrpcClient, grpcClient, type Parameter } from './fixtures/grpc-client.js';
import { onnxModel } from './fixtures/onnx.js';

const statsSchema = z.object({
  model_stats: z.array(z.object({ inference_count: z.number(), execution_count: z.number() })),
});

let repository: string;
let server: Server;
let client: Client;
let grpc: GrpcClient;

const summing = 'simple_string_dyna_sequence';

/** OUTPUT = the sum of INPUT so far, from a first value that lies in a file; the graph knows nothing of starts. */
async function addStartingAt(value: number): Promise<void> {
  const folder = join(repository, 'starting');
  await mkdir(join(folder, '1'), { recursive: true });
  await mkdir(join(folder, 'initial_state'));
  await writeFile(join(folder, 'initial_state', 'first'), Buffer.from(Int32Array.of(value).buffer));
  const state = 'data_type: TYPE_INT32 dims: [ 1 ]';
  await writeFile(
    join(folder, 'config.pbtxt'),
    `max_batch_size: 4
     input { name: "INPUT" ${state} }
     output { name: "OUTPUT" ${state} }
     sequence_batching {
       state {
         input_name: "SUM" output_name: "NEXT" ${state}
         initial_state { name: "first" ${state} data_file: "first" }
       }
     }`,
  );
  const port = (name: string) => ({ name, dtype: 'INT32' as const, shape: ['batch', 1] });
  const bytes = onnxModel({
    inputs: [port('INPUT'), port('SUM')],
    outputs: [port('OUTPUT'), port('NEXT')],
    nodes: [
      { op: 'Add', inputs: ['INPUT', 'SUM'], outputs: ['OUTPUT'] },
      { op: 'Identity', inputs: ['OUTPUT'], outputs: ['NEXT'] },
    ],
  });
  await writeFile(join(folder, '1', 'model.onnx'), bytes);
}

beforeAll(async () => {
  repository = writeExampleRepository(await mkdtemp(join(tmpdir(), 'galerkin-sequences-')), [
    'simple_sequence',
    'simple_dyna_sequence',
    summing,
  ]);
  await addStartingAt(500);
  server = await serve({ repository, port: 0, threads: 1, modelControl: 'explicit', loadModels: '*' });
  client = connect(server.url);
  grpc = grpcClient(server.grpcPort ?? 0);
});
afterAll(async () => {
  grpc?.close();
  await server?.close();
  await rm(repository, { recursive: true, force: true });
});

interface Step {
  readonly id?: number | string;
  readonly start?: boolean;
  readonly end?: boolean;
}

async function overHttp(model: string, value: number, { id = 1, ...flags }: Step): Promise<number> {
  const input = { shape: [1, 1], data: Int32Array.of(value) };
  const { outputs } = await client.infer(model, { INPUT: input }, { sequence: { id, ...flags } });
  return Number(outputs.OUTPUT?.data[0]);
}

const message = (model: string, value: number, parameters: Record<string, Parameter>) => ({
  model,
  parameters,
  inputs: [{ name: 'INPUT', datatype: 'INT32', shape: [1, 1] }],
  raw: [new Uint8Array(Int32Array.of(value).buffer)],
});

async function overGrpc(model: string, value: number, { id = 1, start = false, end = false }: Step): Promise<number> {
  const parameters = { sequence_id: id, sequence_start: start, sequence_end: end };
  const { raw } = await grpc.infer(message(model, value, parameters));
  return Buffer.from(raw[0] ?? []).readInt32LE();
}

describe('through both doors', () => {
  test('a sequence goes on wherever its next request comes in', async () => {
    const id = '77';
    const answers = [
      await overHttp(summing, 1, { id, start: true }),
      await overGrpc(summing, 10, { id }),
      await overHttp(summing, 100, { id }),
      await overGrpc(summing, 1000, { id, end: true }),
    ];
    expect(answers).toEqual([1, 11, 111, 1111 + 77]);
  });

  test('the number 5 and the text 5 are two sequences', async () => {
    const steps = [
      await overHttp('simple_sequence', 1, { id: 5, start: true }),
      await overGrpc('simple_sequence', 1, { id: '5', start: true }),
      await overGrpc('simple_sequence', 1, { id: 5, end: true }),
      await overHttp('simple_sequence', 1, { id: '5', end: true }),
    ];
    expect(steps).toEqual([2, 2, 1, 1]);
  });

  test('refusals have the same words and the codes of their protocols', async () => {
    const words = 'must specify the START flag on the first request of the sequence';
    await expect(overHttp('simple_sequence', 1, { id: 99 })).rejects.toThrow(words);
    const late = encodeInfer(message('simple_sequence', 1, { sequence_id: 99 }));
    expect(await grpc.refusal('ModelInfer', late)).toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: expect.stringContaining(words),
    });
    const none = encodeInfer(message('simple_sequence', 1, {}));
    expect((await grpc.refusal('ModelInfer', none)).details).toContain(
      'must specify a non-zero or non-empty correlation ID',
    );
  });

  test('clients see neither controls nor states', async () => {
    const { inputs, outputs } = await client.modelMetadata(summing);
    expect([inputs.map(({ name }) => name), outputs.map(({ name }) => name)]).toEqual([['INPUT'], ['OUTPUT']]);
    const control = { shape: [1, 1], data: Int32Array.of(1) };
    const sequence = { id: '3', start: true };
    await expect(client.infer(summing, { INPUT: control, START: control }, { sequence })).rejects.toThrow(
      'expected 1 inputs but got 2',
    );
  });
});

test('an initial state comes from its file, for every sequence anew', async () => {
  expect(await overHttp('starting', 1, { id: '1', start: true })).toBe(501);
  expect(await overHttp('starting', 1, { id: '1' })).toBe(502);
  expect(await overHttp('starting', 2, { id: '2', start: true })).toBe(502);
});

test('a reload ends the sequences of the old version; the new one starts afresh', async () => {
  expect(await overHttp(summing, 5, { id: '9', start: true })).toBe(5);
  const config = join(repository, summing, 'config.pbtxt');
  await writeFile(config, (await readFile(config, 'utf8')).replace('max_batch_size: 8', 'max_batch_size: 4'));
  await client.repository.load(summing);
  expect(await client.modelConfig(summing)).toMatchObject({ max_batch_size: 4 });
  await expect(overHttp(summing, 1, { id: '9' })).rejects.toThrow('must specify the START flag');
  expect(await overHttp(summing, 3, { id: '9', start: true })).toBe(3);
});

test('requests and executions are counted', async () => {
  const read = async () => {
    const reply = await get(`${server.url}/v2/models/simple_dyna_sequence/stats`);
    return statsSchema.parse(reply.json).model_stats[0];
  };
  const before = await read();
  await Promise.all(
    [1, 2, 3, 4].map(async id => {
      await overHttp('simple_dyna_sequence', 0, { id, start: true });
      await overHttp('simple_dyna_sequence', 0, { id, end: true });
    }),
  );
  const after = await read();
  const requests = (after?.inference_count ?? 0) - (before?.inference_count ?? 0);
  const executions = (after?.execution_count ?? 0) - (before?.execution_count ?? 0);
  expect(requests).toBe(8);
  expect(executions).toBeGreaterThanOrEqual(2);
  expect(executions).toBeLessThanOrEqual(8);
});
