// Optimized, published, served: our own operator with its guard, and a graph from elsewhere, asked through the engine afterwards.
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeModel } from 'galerkin/graph';
import { learn } from 'galerkin/learn';
import { readPackage, sampleSet } from 'galerkin/model';
import { HybridPerformancePlatform, OptimizedModel, type TuneReport } from 'galerkin/optimize';
import { openSession } from 'galerkin/runtime';
import { type Server, serve } from 'galerkin/serve';
import { encodeNpz } from 'galerkin/store';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { countedClock } from './counted-clock.js';
import { mlp, mlpSamples } from './networks.js';

let folder = '';
let repository = '';
let server: Server | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'galerkin-tune-'));
  repository = join(folder, 'models');
  await learn('darcy', { preset: 'tiny', folder, seed: 1 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const start = async (place: string): Promise<Server> => {
  server = await serve({ repository: place, port: 0 });
  return server;
};

async function infer(model: string, tensor: { name: string; shape: readonly number[]; data: ArrayLike<number> }) {
  const body = JSON.stringify({ inputs: [{ ...tensor, datatype: 'FP32', data: Array.from(tensor.data) }] });
  const reply = await fetch(`${server?.url}/v2/models/${model}/infer`, { method: 'POST', body });
  expect(reply.status).toBe(200);
  return await reply.json();
}

function distance(answer: ArrayLike<number>, truth: ArrayLike<number>): number {
  let [squares, norm] = [0, 0];
  for (let k = 0; k < truth.length; k++) {
    squares += ((answer[k] ?? Number.NaN) - (truth[k] ?? 0)) ** 2;
    norm += (truth[k] ?? 0) ** 2;
  }
  return Math.sqrt(squares / norm);
}

describe('our own operator', () => {
  const progress: number[] = [];
  let optimized: OptimizedModel;
  let report: TuneReport;
  const timeLimitMs = 300;
  beforeAll(async () => {
    const platform = new HybridPerformancePlatform(
      { timeLimitMs, cores: 2 },
      { onProgress: ({ done, total }) => progress.push(done / total), clock: countedClock(2) },
    );
    // The smallest file, so that something else than the original wins, whatever the machine.
    optimized = await platform.optimizeModel({
      model: join(repository, 'darcy'),
      strategy: 'size',
      targetLatencyMs: 5000,
      // Wide, so that no compression has to be tried product by product.
      budget: { relativeL2: 0.05, residual: 100 },
    });
    report = optimized.report;
  });

  test('is searched on the samples and with the guard of its package, the original in turns with the rest', () => {
    expect(report.samples).toMatchObject({ origin: 'package', count: 16 });
    expect(report.variants[0]).toMatchObject({ id: 'original', accuracy: { deviation: { relativeL2: 0 } } });
    for (const { accuracy } of report.variants) {
      expect(accuracy.deviation.relativeL2).toBeLessThanOrEqual(0.05);
      expect(accuracy.residual?.before).toBeGreaterThan(0);
      expect(accuracy.error?.before).toBeGreaterThan(0);
    }
    const finalists = report.trials.filter(({ outcome }) => outcome !== 'slower');
    expect(finalists.map(({ id }) => id)).toContain(report.baseline.id);
    expect(report.baseline.variant).toBe('original');
    // What a placement gains must not pass for what a compression gains: an exact graph ran in the chosen placement too.
    const exact = report.variants.filter(({ accuracy }) => accuracy.deviation.relativeL2 === 0).map(({ id }) => id);
    const { threads, instances } = report.chosen.settings;
    const beside = report.trials.filter(
      ({ variant, settings }) =>
        exact.includes(variant) && settings.threads === threads && settings.instances === instances,
    );
    expect(beside.length).toBeGreaterThan(0);
    for (const { p50Ms, p95Ms, itemsPerSecond } of report.trials) {
      expect(p50Ms).toBeGreaterThan(0);
      expect(p95Ms).toBeGreaterThanOrEqual(p50Ms);
      expect(itemsPerSecond).toBeGreaterThan(0);
    }
  });

  test('comes out smaller within the budget, and says why', () => {
    expect(report.status).toBe('met');
    const chosen = report.variants.find(({ id }) => id === report.chosen.variant);
    expect(chosen?.bytes).toBeLessThan(0.75 * report.model.bytes);
    expect(Math.min(...report.variants.map(({ bytes }) => bytes))).toBeGreaterThanOrEqual(0.97 * (chosen?.bytes ?? 0));
    expect(report.reason).toMatch(/smallest file/);
    expect(progress.at(-1)).toBe(1);
    expect(progress.every((share, k) => share >= (progress[k - 1] ?? 0))).toBe(true);
  });

  test('shows where the time goes before and after, and what passes and the runtime take away', () => {
    for (const side of [report.operators.before, report.operators.after]) {
      expect(side.length).toBeGreaterThan(3);
      expect(side.map(({ ms }) => ms)).toEqual(side.map(({ ms }) => ms).toSorted((a, b) => b - a));
    }
    const original = report.nodes.find(({ variant }) => variant === 'original');
    expect(original?.written).toBe(report.model.nodes);
    expect(original?.run.all).toBeLessThan(report.model.nodes);
  });

  test('is published as the next version beside the config of its model, and served with right answers and guard', async () => {
    const before = readFileSync(join(repository, 'darcy', 'config.pbtxt'));
    const published = await optimized.publish();
    expect(published).toMatchObject({ name: 'darcy', version: 2, repository });
    expect(readFileSync(join(repository, 'darcy', 'config.pbtxt'))).toEqual(before);
    const [first, second] = [await readPackage(repository, 'darcy', 1), await readPackage(repository, 'darcy', 2)];
    expect(second.manifest?.lineage).toMatchObject({ parent: 'darcy/1' });
    expect(second.manifest?.runtime).toMatchObject({ threads: report.chosen.settings.threads });
    expect(second.config.parameters.intra_op_thread_count?.string_value).toBe(String(report.chosen.settings.threads));
    expect(second.manifest?.guard).toEqual(first.manifest?.guard);
    expect(second.files).toEqual(
      ['guard.onnx', 'model.onnx', 'optimization.html', 'optimization.json', 'samples.npz'].toSorted(),
    );
    expect(JSON.parse(new TextDecoder().decode(await second.file('optimization.json')))).toEqual(
      JSON.parse(JSON.stringify(report)),
    );

    await start(repository);
    const samples = await sampleSet(first);
    const question = samples?.input(3);
    if (samples === undefined || question === undefined) throw new Error('the package has samples');
    const answer = await infer('darcy', { name: 'a', shape: [1, ...question.shape], data: question.data });
    expect(answer.model_version).toBe('2');
    expect(answer.parameters.residual).toBeGreaterThan(0);
    const session = await openSession(await first.file('model.onnx'), { threads: 1 });
    const { u } = await session.run({ a: { ...question, shape: [1, ...question.shape] } });
    await session.close();
    expect(distance(answer.outputs[0].data, Array.from(u?.data ?? [], Number))).toBeLessThan(0.1);
  });
});

describe('a graph from elsewhere', () => {
  test('is optimized on samples of a file, becomes a model of a new repository in Triton’s layout, and is served', async () => {
    const path = join(folder, 'my net.onnx');
    const samples = join(folder, 'samples.npz');
    const original = writeModel(mlp([96, 256, 256, 32], { form: 'matmul', seed: 4 }));
    await writeFile(path, original);
    const rows = mlpSamples(96, { count: 1, rows: 24 })[0]?.x;
    if (rows?.dtype !== 'FP32') throw new Error('samples are float32');
    await writeFile(samples, encodeNpz({ x: { dtype: 'float32', shape: [24, 96], data: rows.data } }));

    const warnings: string[] = [];
    const optimized = await OptimizedModel.fromWorkload(
      path,
      { batchSizes: [1, 8], budget: { relativeL2: 0.03 } },
      { strategy: 'throughput', timeLimitMs: 250, cores: 2, samples },
      { onWarning: warning => warnings.push(warning), clock: countedClock(2) },
    );
    expect(warnings).toEqual([]);
    expect(optimized.status).toBe('best');
    expect(optimized.report.variants.length).toBeGreaterThan(1);
    expect(new Set(optimized.report.trials.map(({ settings }) => settings.instances))).toEqual(new Set([1, 2]));

    const output = join(folder, 'imported');
    const published = await optimized.publish({ output });
    expect(published).toMatchObject({ name: 'my_net', version: 1, folder: join(output, 'my_net', '1') });
    const config = readFileSync(join(output, 'my_net', 'config.pbtxt'), 'utf8');
    expect(config).toMatch(/intra_op_thread_count/);
    expect(config).toMatch(new RegExp(`count: ${optimized.report.chosen.settings.instances}`));

    await start(output);
    const one = rows.data.slice(0, 96);
    const answer = await infer('my_net', { name: 'x', shape: [1, 96], data: one });
    const session = await openSession(original, { threads: 1 });
    const { y } = await session.run({ x: { dtype: 'FP32', shape: [1, 96], data: one } });
    await session.close();
    expect(distance(answer.outputs[0].data, Array.from(y?.data ?? [], Number))).toBeLessThan(0.1);
    // Once more: the next version of what is there now, its configuration untouched.
    expect(await optimized.publish({ output })).toMatchObject({ version: 2 });
    expect(readFileSync(join(output, 'my_net', 'config.pbtxt'), 'utf8')).toBe(config);
  });

  const published = '/usr/share/libonnx-testdata/data/pytorch-converted/test_Conv2d/model.onnx';
  test.runIf(existsSync(published))(
    'of the published conformance data: no samples, so a warning; the same answers',
    async () => {
      const warnings: string[] = [];
      const optimized = await OptimizedModel.fromWorkload(
        published,
        { budget: { relativeL2: 0 } },
        { timeLimitMs: 100, cores: 1 },
        { clock: countedClock(2), onWarning: warning => warnings.push(warning) },
      );
      expect(warnings).toEqual([expect.stringMatching(/no samples.*random/)]);
      expect(optimized.report.samples.origin).toBe('random');
      const output = join(folder, 'conformance');
      await optimized.publish({ output });
      await start(output);
      const { inputs } = await readPackage(output, 'model');
      const shape = inputs[0]?.dims ?? [];
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => Math.sin(k));
      const answer = await infer('model', { name: inputs[0]?.name ?? '', shape, data });
      const session = await openSession(published, { threads: 1 });
      const truth = await session.run({ [inputs[0]?.name ?? '']: { dtype: 'FP32', shape, data } });
      const name = session.outputs[0]?.name ?? '';
      await session.close();
      expect(distance(answer.outputs[0].data, Array.from(truth[name]?.data ?? [], Number))).toBeLessThan(1e-6);
    },
  );
});
