// What config.pbtxt asks for beside batching: reshapes, warm-up, shared resources, several instances.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ServeOptions, type Server, serve } from 'galerkin/serve';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type OnnxType, onnxModel } from './fixtures/onnx.js';
import { type PlainRepository, plainRepository, scaleBy, scaleConfig } from './fixtures/plain-repository.js';

let repository: PlainRepository;
let server: Server | undefined;
beforeEach(async () => {
  repository = await plainRepository();
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await repository.dispose();
});

const start = async (options: ServeOptions = {}): Promise<void> => {
  server = await serve({ repository: repository.folder, port: 0, ...options });
};

async function infer(model: string, shape: readonly number[], data: readonly number[]) {
  const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape, data }] });
  const reply = await fetch(`${server?.url}/v2/models/${model}/infer`, { method: 'POST', body });
  return { status: reply.status, ...(await reply.json()) };
}

const addScale = async (name: string, more: string): Promise<void> => {
  await repository.configure(
    name,
    scaleConfig(more).replace(/instance_group.*\n/, more.includes('instance_group') ? '' : '$&'),
  );
  await repository.add(name, 1, scaleBy(3));
};

const triple = (shape: readonly (number | string)[], dtype: OnnxType = 'FP32'): Uint8Array =>
  onnxModel({
    inputs: [{ name: 'x', dtype, shape }],
    outputs: [{ name: 'y', dtype, shape }],
    nodes: [{ op: 'Mul', inputs: ['x', 'three'], outputs: ['y'] }],
    constants: { three: Float32Array.of(3) },
  });

describe('reshape', () => {
  const config = (max: number, dims: string, inside: string): string => `backend: "onnxruntime"
max_batch_size: ${max}
input [ { name: "x" data_type: TYPE_FP32 dims: [ ${dims} ] reshape { shape: [ ${inside} ] } } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ ${dims} ] reshape { shape: [ ${inside} ] } } ]
dynamic_batching { }`;

  test('a graph of one number per item is served as [1], in batches too', async () => {
    await repository.configure('plain', config(8, '1', ''));
    await repository.add('plain', 1, triple(['batch']));
    await start();
    expect((await infer('plain', [2, 1], [1, 2])).outputs).toEqual([
      { name: 'y', datatype: 'FP32', shape: [2, 1], data: [3, 6] },
    ]);
    const many = await Promise.all(Array.from({ length: 12 }, (_, k) => infer('plain', [1, 1], [k])));
    expect(many.map(({ outputs }) => outputs[0].data[0])).toEqual(Array.from({ length: 12 }, (_, k) => 3 * k));
  });

  test('free sizes stay free, and the others are folded as the graph wants them', async () => {
    await repository.configure('free', config(0, '-1, 2, 3', '-1, 6'));
    await repository.add('free', 1, triple(['n', 6]));
    await start();
    const data = Array.from({ length: 30 }, (_, k) => k);
    expect((await infer('free', [5, 2, 3], data)).outputs[0]).toMatchObject({
      shape: [5, 2, 3],
      data: data.map(value => 3 * value),
    });
  });
});

describe('warm-up', () => {
  const sample = (content: string): string =>
    `model_warmup [ { name: "w" batch_size: 2 count: 3 inputs { key: "x" value { data_type: TYPE_FP32 dims: [ 4 ] ${content} } } } ]`;

  test.each(['zero_data: true', 'random_data: true'])('with %s, and it is counted nowhere', async content => {
    await addScale('scale', sample(content));
    await start();
    const { model_stats: stats } = await (await fetch(`${server?.url}/v2/models/scale/stats`)).json();
    expect(stats[0]).toMatchObject({ inference_count: 0, execution_count: 0 });
    expect((await infer('scale', [1, 4], [1, 2, 3, 4])).outputs[0].data).toEqual([3, 6, 9, 12]);
  });

  test('with a file of its own; one that does not fit keeps the model from loading', async () => {
    await addScale('scale', sample('input_data_file: "raw"'));
    await mkdir(join(repository.folder, 'scale', 'warmup'));
    await writeFile(join(repository.folder, 'scale', 'warmup', 'raw'), Buffer.alloc(32));
    await start();
    await server?.close();
    await writeFile(join(repository.folder, 'scale', 'warmup', 'raw'), Buffer.alloc(31));
    await expect(start()).rejects.toMatchObject({ message: expect.stringContaining("'raw' does not hold FP32 [2,4]") });
    server = undefined;
  });
});

describe('rate_limiter', () => {
  const group = (count: number, needs: string): string =>
    `instance_group [ { count: ${count} kind: KIND_CPU rate_limiter { resources [ ${needs} ] } } ]`;

  test('models that share a resource take turns, and every request is answered', async () => {
    await addScale('one', group(2, '{ name: "R" count: 1 }'));
    await addScale('two', group(2, '{ name: "R" count: 2 }, { name: "S" count: 1 }'));
    await start({ rateLimitResources: 'R=2' });
    const replies = await Promise.all(
      Array.from({ length: 60 }, (_, k) => infer(k % 2 === 0 ? 'one' : 'two', [1, 4], [k, k, k, k])),
    );
    expect(replies.map(({ outputs }) => outputs[0].data[0])).toEqual(Array.from({ length: 60 }, (_, k) => 3 * k));
  });

  test('an instance that needs more than there is never loads', async () => {
    await addScale('scale', group(1, '{ name: "R" count: 3 }'));
    await expect(start({ rateLimitResources: 'R=2' })).rejects.toMatchObject({
      message: expect.stringContaining("resource 'R': an instance needs 3, and there are 2"),
    });
  });

  test('resources that cannot be read are refused at the door', async () => {
    await addScale('scale', '');
    await expect(start({ rateLimitResources: 'R=many' })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });
});

test.each([
  ['allow_ragged_batch: true', /allow_ragged_batch.*'buckets'/],
  ['optional: true', /makes input 'x' optional/],
])('what the engine does not do is refused by name: %s', async (more, why) => {
  await repository.configure('scale', scaleConfig().replace('name: "x"', `name: "x" ${more}`));
  await repository.add('scale', 1, scaleBy(3));
  await expect(start()).rejects.toMatchObject({ code: 'MODEL_UNSERVABLE', message: expect.stringMatching(why) });
});

test('classes come with the labels of their file', async () => {
  const config = scaleConfig().replace('name: "y"', 'name: "y" label_filename: "labels.txt"');
  await repository.configure('scale', config);
  await repository.add('scale', 1, scaleBy(3));
  await writeFile(join(repository.folder, 'scale', 'labels.txt'), 'calm\nbreeze\ngale\nstorm\n');
  await start();
  const outputs = [{ name: 'y', parameters: { classification: 2 } }];
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [0, 3, 1, 2] }];
  const body = JSON.stringify({ inputs, outputs });
  const reply = await fetch(`${server?.url}/v2/models/scale/infer`, { method: 'POST', body });
  expect((await reply.json()).outputs[0].data).toEqual(['9.000000:1:breeze', '6.000000:3:storm']);
});

test('the log tells of models that come and of those that do not', async () => {
  await addScale('scale', '');
  await repository.add('broken', 1, Uint8Array.from([1]));
  const lines: string[] = [];
  server = await serve({ repository: repository.folder, port: 0 }, { log: line => lines.push(line) });
  expect(lines).toContainEqual(expect.stringMatching(/^I\d{4} .*model 'scale' version 1 loaded/));
  expect(lines).toContainEqual(expect.stringMatching(/^[WE]\d{4} .*model 'broken'.*ONNX/));
});
