// The batcher in the server: real graphs in worker threads, asked over HTTP by many clients at once.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from 'galerkin/base';
import { type Server, serve } from 'galerkin/serve';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { get, post } from './fixtures/client.js';
import { onnxModel } from './fixtures/onnx.js';

/** y = mask (x - mean of x over the mask), of any size. */
const centred = (): Uint8Array =>
  onnxModel({
    inputs: ['x', 'mask'].map(name => ({ name, dtype: 'FP32', shape: ['batch', 'h', 'w'] }) as const),
    outputs: [{ name: 'y', dtype: 'FP32', shape: ['batch', 'h', 'w'] }],
    nodes: [
      { op: 'Mul', inputs: ['x', 'mask'], outputs: ['own'] },
      { op: 'ReduceSum', inputs: ['own', 'axes'], outputs: ['sum'], attributes: { keepdims: 1 } },
      { op: 'ReduceSum', inputs: ['mask', 'axes'], outputs: ['count'], attributes: { keepdims: 1 } },
      { op: 'Div', inputs: ['sum', 'count'], outputs: ['mean'] },
      { op: 'Sub', inputs: ['x', 'mean'], outputs: ['shifted'] },
      { op: 'Mul', inputs: ['shifted', 'mask'], outputs: ['y'] },
    ],
    constants: { axes: BigInt64Array.of(1n, 2n) },
  });

/** y = table[index]; an index outside makes the runtime fail. */
const lookup = (): Uint8Array =>
  onnxModel({
    inputs: [{ name: 'index', dtype: 'INT64', shape: ['batch', 1] }],
    outputs: [{ name: 'y', dtype: 'FP32', shape: ['batch', 1] }],
    nodes: [{ op: 'Gather', inputs: ['table', 'index'], outputs: ['y'] }],
    constants: { table: Float32Array.of(0, 10, 20, 30) },
  });

const configs = {
  centred: `max_batch_size: 16
    input [{ name: "x" data_type: TYPE_FP32 dims: [-1, -1] }, { name: "mask" data_type: TYPE_FP32 dims: [-1, -1] }]
    output [{ name: "y" data_type: TYPE_FP32 dims: [-1, -1] }]
    instance_group [{ count: 2 }]
    dynamic_batching { max_queue_delay_microseconds: 200000 preferred_batch_size: [16] }
    parameters { key: "buckets" value { string_value: "8,16" } }
    parameters { key: "mask_input" value { string_value: "mask" } }`,
  lookup: `max_batch_size: 8
    input [{ name: "index" data_type: TYPE_INT64 dims: [1] }]
    output [{ name: "y" data_type: TYPE_FP32 dims: [1] }]
    dynamic_batching { max_queue_delay_microseconds: 200000 preferred_batch_size: [8] }`,
};

let repository: string;
let server: Server;
beforeAll(async () => {
  repository = await mkdtemp(join(tmpdir(), 'galerkin-batching-'));
  const graphs = { centred: centred(), lookup: lookup() };
  for (const name of ['centred', 'lookup'] as const) {
    await mkdir(join(repository, name, '1'), { recursive: true });
    await writeFile(join(repository, name, 'config.pbtxt'), `name: "${name}" backend: "onnxruntime" ${configs[name]}`);
    await writeFile(join(repository, name, '1', 'model.onnx'), graphs[name]);
  }
  server = await serve({ repository, port: 0, threads: 1 });
});
afterAll(async () => {
  await server.close();
  await rm(repository, { recursive: true, force: true });
});

const answerSchema = z.object({
  outputs: z.array(z.object({ shape: z.array(z.number()), data: z.array(z.number()) })),
});
const statsSchema = z.object({
  model_stats: z.array(z.object({ inference_count: z.number(), execution_count: z.number() })),
});

async function counts(model: string): Promise<{ inference_count: number; execution_count: number }> {
  const { json } = await get(`${server.url}/v2/models/${model}/stats`);
  return statsSchema.parse(json).model_stats[0] ?? { inference_count: 0, execution_count: 0 };
}

interface Field {
  readonly shape: readonly [number, number, number];
  readonly values: readonly number[];
}

const askCentred = ({ shape, values }: Field) =>
  post(`${server.url}/v2/models/centred/infer`, {
    inputs: [
      { name: 'x', datatype: 'FP32', shape, data: values },
      { name: 'mask', datatype: 'FP32', shape, data: values.map(() => 1) },
    ],
  });

describe('a served model with shape buckets', () => {
  test('answers fields of many sizes at once as it answers each alone, in far fewer executions', async () => {
    const random = seededRandom(31);
    const fields = Array.from({ length: 120 }, (): Field => {
      const shape = [1, 1 + random.integer(16), 1 + random.integer(16)] as const;
      // Whole numbers: their sums are exact in any order, so that equality can be demanded bit by bit.
      return { shape, values: Array.from({ length: shape[1] * shape[2] }, () => random.integer(64) - 32) };
    });
    const before = await counts('centred');
    const together = await Promise.all(fields.map(askCentred));
    const after = await counts('centred');
    expect(after.inference_count - before.inference_count).toBe(fields.length);
    expect(after.execution_count - before.execution_count).toBeLessThan(fields.length / 2);
    for (const [k, field] of fields.entries()) {
      const { shape, data } = answerSchema.parse(together[k]?.json).outputs[0] ?? { shape: [], data: [] };
      expect(shape).toEqual(field.shape);
      const mean = Math.fround(field.values.reduce((a, b) => a + b, 0) / field.values.length);
      expect(data.map(Math.fround)).toEqual(field.values.map(value => Math.fround(value - mean)));
    }
  });
});

describe('a served model with dynamic batching', () => {
  const ask = (index: number) =>
    post(`${server.url}/v2/models/lookup/infer`, {
      inputs: [{ name: 'index', datatype: 'INT64', shape: [1, 1], data: [index] }],
    });

  test('joins what comes together', async () => {
    const before = await counts('lookup');
    const replies = await Promise.all(Array.from({ length: 32 }, (_, k) => ask(k % 4)));
    expect(replies.map(({ json }) => answerSchema.parse(json).outputs[0]?.data)).toEqual(
      Array.from({ length: 32 }, (_, k) => [10 * (k % 4)]),
    );
    const after = await counts('lookup');
    expect([after.inference_count - before.inference_count, after.execution_count - before.execution_count]).toEqual([
      32, 4,
    ]);
  });

  test('fails the one request that the runtime refuses, and answers its neighbours', async () => {
    const indices = [0, 1, 2, 99, 3, 2, 1, 0];
    const replies = await Promise.all(indices.map(ask));
    expect(replies.map(({ status }) => status)).toEqual(indices.map(index => (index === 99 ? 500 : 200)));
    expect(answerSchema.parse(replies[4]?.json).outputs[0]?.data).toEqual([30]);
  });
});
