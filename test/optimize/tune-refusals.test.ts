// What tuning refuses: budgets, targets and memory that nothing keeps, and inputs that are none.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Model, writeModel } from 'galerkin/graph';
import { OptimizedModel, type TuneOptions, type WorkloadProfileInput } from 'galerkin/optimize';
import { encodeNpz, type NpzArray } from 'galerkin/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OnnxType, onnxModel } from '../serve/fixtures/onnx.js';
import { countedClock } from './counted-clock.js';
import { mlp, modelOf, node, value } from './networks.js';

let folder = '';
let net = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'galerkin-tune-'));
  net = await file('net.onnx', writeModel(mlp([64, 96, 64])));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}
const samples = (name: string, arrays: Record<string, NpzArray>): Promise<string> => file(name, encodeNpz(arrays));
const float = (shape: readonly number[], data: ArrayLike<number>): NpzArray => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});
/** On a clock that counts how often it is read, so that a busy machine tries as much as a quiet one. */
const optimize = (model: string, workload: WorkloadProfileInput = {}, options: TuneOptions = {}) =>
  OptimizedModel.fromWorkload(model, workload, { timeLimitMs: 100, cores: 1, ...options }, { clock: countedClock(4) });

describe('budgets and targets', () => {
  test('a budget of nothing refuses every compression with its distance, and keeps the original', async () => {
    const { report } = await optimize(net, { budget: { relativeL2: 0 } }, { timeLimitMs: 600 });
    const measured = report.refused.filter(({ accuracy }) => accuracy !== undefined);
    expect(measured.map(({ id }) => id)).toEqual(expect.arrayContaining(['int8-dynamic', 'int4-blocks']));
    for (const { accuracy, reason } of measured) {
      expect(accuracy?.deviation.relativeL2).toBeGreaterThan(0);
      expect(reason).toMatch(/% from the original's, over the budget of 0/);
    }
    for (const { accuracy } of report.variants) expect(accuracy.deviation.relativeL2).toBe(0);
  });

  test('a target that nothing reaches is missed: a status with figures, and nothing is written', async () => {
    const optimized = await optimize(net, { targetLatencyMs: 1e-6 });
    expect(optimized.status).toBe('missed');
    expect(optimized.report.targets).toMatchObject([{ name: 'latency', wanted: 1e-6, isMet: false }]);
    const output = join(folder, 'never');
    await expect(optimized.publish({ output })).rejects.toMatchObject({
      code: 'TARGET_MISSED',
      fields: { model: 'net', targets: [{ name: 'latency', unit: 'ms', wanted: 1e-6 }] },
    });
  });

  test('a memory bound that nothing keeps is missed with what was measured', async () => {
    const { report, status } = await optimize(net, { memoryBytes: 1 });
    expect(status).toBe('missed');
    expect(report.targets).toMatchObject([{ name: 'memory', wanted: 1, isMet: false }]);
    expect(report.targets[0]?.got).toBeGreaterThan(10_000);
  });

  test('an .onnx file has no repository of its own: publishing wants to be told where', async () => {
    const optimized = await optimize(net);
    await expect(optimized.publish()).rejects.toMatchObject({ code: 'OPTIMIZE_INPUT_INVALID' });
  });

  test('a search that is called off ends with an error that says so', async () => {
    const signal = AbortSignal.abort();
    await expect(OptimizedModel.fromWorkload(net, {}, { timeLimitMs: 1000 }, { signal })).rejects.toMatchObject({
      code: 'OPTIMIZATION_CANCELLED',
      exit: 130,
    });
  });
});

const port = (dtype: OnnxType, shape: readonly (number | string)[]) =>
  onnxModel({
    inputs: [{ name: 'x', dtype, shape }],
    outputs: [{ name: 'y', dtype, shape }],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
  });

/** One product whose weights lie in a file that is not there. */
const weightless = () =>
  onnxModel({
    inputs: [{ name: 'x', dtype: 'FP32', shape: ['n', 4] }],
    outputs: [{ name: 'y', dtype: 'FP32', shape: ['n', 4] }],
    nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
    outside: { w: { file: 'weights.bin', shape: [4, 4] } },
  });

const unknownOperator = (): Model =>
  modelOf({
    nodes: [node('Frobnicate', ['x'], 'y')],
    constants: [],
    input: value('x', ['n', 4]),
    output: value('y', ['n', 4]),
  });

describe('hostile inputs', () => {
  test.each([
    ['bytes that are no model', async () => file('noise.onnx', new Uint8Array(300).fill(7)), 'GRAPH_INVALID'],
    ['an empty file', async () => file('empty.onnx', ''), 'GRAPH_INVALID'],
    ['weights that are not there', async () => file('weightless.onnx', weightless()), 'FILE_READ_FAILED'],
    [
      'an operator that nobody knows',
      async () => file('unknown.onnx', writeModel(unknownOperator())),
      'SESSION_MODEL_INVALID',
    ],
    [
      'open sizes without samples',
      async () => file('open.onnx', port('FP32', ['n', 'width'])),
      'OPTIMIZE_INPUT_INVALID',
    ],
    ['texts', async () => file('texts.onnx', port('BYTES', ['n', 2])), 'OPTIMIZE_INPUT_INVALID'],
    ['nothing at all', async () => join(folder, 'nowhere.onnx'), 'FILE_READ_FAILED'],
  ])('%s are refused', async (_what, make, code) => {
    await expect(optimize(await make())).rejects.toMatchObject({ code });
  });

  test('a folder that is no package is refused', async () => {
    const empty = join(folder, 'empty-model');
    await mkdir(empty);
    await expect(optimize(empty)).rejects.toThrow(/empty-model'.*\.onnx file.*got a folder without versions/);
  });

  test.each([
    [
      'NaN',
      {
        x: float(
          [2, 64],
          Array.from({ length: 128 }, (_, k) => (k === 70 ? Number.NaN : 1)),
        ),
      },
      /finite.*position 6/,
    ],
    ['no array of the name', { z: float([1, 64], new Float32Array(64)) }, /array 'x'.*only z/],
    ['another width', { x: float([2, 63], new Float32Array(126)) }, /\[count, 64\].*\[2, 63\]/],
    ['no sample', { x: float([0, 64], []) }, /wanted/],
    ['another rank', { x: float([64], new Float32Array(64)) }, /\[count, 64\]/],
  ])('samples with %s are refused', async (what, arrays, message) => {
    const path = await samples(`${what.replaceAll(' ', '-')}.npz`, arrays);
    await expect(optimize(net, {}, { samples: path })).rejects.toThrow(message);
  });

  test.each([
    ['no time', { timeLimitMs: 0 }],
    ['negative time', { timeLimitMs: -5 }],
    ['half a core', { cores: 0.5 }],
    ['no sample', { mostSamples: 0 }],
  ])('%s is refused as an option', async (_what, options) => {
    await expect(optimize(net, {}, options)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });

  test('the least time there is still gives an answer', async () => {
    const { report } = await optimize(net, {}, { timeLimitMs: 100 });
    expect(report.trials.length).toBeGreaterThan(0);
    expect(report.unmeasured.length + report.trials.length).toBeGreaterThan(1);
  });
});
