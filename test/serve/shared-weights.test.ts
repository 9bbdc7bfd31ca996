// Weights that all instances share: mapped once from the file beside the graph.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from 'galerkin/base';
import { constantOf, type Model, modelOf, tensorValue, writeModel, writeModelApart } from 'galerkin/graph';
import { serve } from 'galerkin/serve';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type PlainRepository, plainRepository } from './fixtures/plain-repository.js';

const width = 1024;
const layers = 8;
const weightBytes = layers * width * width * 4;

/** x times eight square matrices. */
function multiply(): Model {
  const random = seededRandom(7);
  const values = () => Float32Array.from({ length: width * width }, () => random.normal() / Math.sqrt(width));
  const names = Array.from({ length: layers }, (_, k) => `w${k}`);
  const nodes = names.map((weight, k) => ({
    name: weight,
    operator: 'MatMul',
    domain: '',
    inputs: [k === 0 ? 'x' : `h${k - 1}`, weight],
    outputs: [k === layers - 1 ? 'y' : `h${k}`],
    attributes: {},
  }));
  const constants = names.map(name => constantOf(name, 'float32', { shape: [width, width], values: values() }));
  const value = (name: string) => tensorValue(name, ['batch', width]);
  return modelOf({ nodes, constants, inputs: [value('x')], outputs: [value('y')] });
}

const product = multiply();

const config = (...more: string[]): string =>
  [
    'backend: "onnxruntime" max_batch_size: 4',
    `input { name: "x" data_type: TYPE_FP32 dims: ${width} } output { name: "y" data_type: TYPE_FP32 dims: ${width} }`,
    ...more,
  ].join('\n');
const parameter = (key: string, value: string): string =>
  `parameters { key: "${key}" value { string_value: "${value}" } }`;

let repository: PlainRepository;
beforeEach(async () => {
  repository = await plainRepository();
});
afterEach(() => repository.dispose());

async function addShared(...more: string[]): Promise<void> {
  await repository.configure('product', config(parameter('share_weights', 'true'), ...more));
  const { bytes, weights } = writeModelApart(product, { location: 'weights.bin' });
  await repository.add('product', 1, bytes);
  await writeFile(join(repository.folder, 'product', '1', 'weights.bin'), weights);
}

/** Proportional memory of a server of its own with so many instances: pages that are mapped twice count once. */
async function memoryWith(instances: number): Promise<number> {
  const child = fork(new URL('./fixtures/memory-of-server.mjs', import.meta.url), [
    repository.folder,
    `${instances}`,
    `${width}`,
  ]);
  try {
    const [bytes] = await once(child, 'message');
    return Number(bytes);
  } finally {
    child.kill();
  }
}

test('four instances hold the weights once', async () => {
  await addShared();
  const one = await memoryWith(1);
  const four = await memoryWith(4);
  // Each instance is a thread with a heap of its own; copies of the weights would add three times 32 MiB to that.
  expect(four - one).toBeLessThan(3 * weightBytes);
}, 60_000);

test('the answers are those of instances that do not share', async () => {
  const x = Float32Array.from({ length: width }, (_, k) => Math.sin(k));
  const answers: number[][] = [];
  await addShared();
  for (const isShared of ['true', 'false']) {
    await repository.configure('product', config(parameter('share_weights', isShared)));
    const server = await serve({ repository: repository.folder, port: 0, instances: 2 });
    try {
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, width], data: Array.from(x) }];
      const reply = await fetch(`${server.url}/v2/models/product/infer`, {
        method: 'POST',
        body: JSON.stringify({ inputs }),
      });
      answers.push((await reply.json()).outputs[0].data);
    } finally {
      await server.close();
    }
  }
  const [shared = [], own = []] = answers;
  expect(shared.length).toBe(width);
  const largest = Math.max(...own.map(Math.abs));
  expect(Math.max(...shared.map((value, k) => Math.abs(value - (own[k] ?? Number.NaN))))).toBeLessThan(1e-5 * largest);
}, 60_000);

test.each([
  ['maybe', "'true' or 'false'"],
  ['true', 'external data'],
])('share_weights: "%s" is refused where it cannot be kept', async (value, why) => {
  await addShared();
  if (value === 'true') {
    await writeFile(join(repository.folder, 'product', '1', 'model.onnx'), writeModel(product));
  }
  await repository.configure('product', config(parameter('share_weights', value)));
  await expect(serve({ repository: repository.folder, port: 0 })).rejects.toMatchObject({
    code: 'MODEL_UNSERVABLE',
    message: expect.stringContaining(why),
  });
});

test.each([-1, 0, 1])('optimization.graph.level %i is given to the runtime, and the answers stay', async level => {
  await addShared(`optimization { graph { level: ${level} } }`);
  const server = await serve({ repository: repository.folder, port: 0 });
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, width], data: new Array(width).fill(0) }];
  const reply = await fetch(`${server.url}/v2/models/product/infer`, {
    method: 'POST',
    body: JSON.stringify({ inputs }),
  });
  expect((await reply.json()).outputs[0].data).toEqual(new Array(width).fill(0));
  await server.close();
  expect(await readFile(join(repository.folder, 'product', 'config.pbtxt'), 'utf8')).toContain(`level: ${level}`);
});
