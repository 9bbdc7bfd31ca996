import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualClock, optionRows, seededRandom } from 'galerkin/base';
import { type LearnResult, learn, learnOptions, presets } from 'galerkin/learn';
import { readPackage, sampleSet } from 'galerkin/model';
import { darcy, paintInclusion } from 'galerkin/solve';
import { decodeNpz, sha256 } from 'galerkin/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judge } from '../../dist/learn/judge.js';
import { temporaryFolder } from './small.js';

const { n, fields, testFields } = presets.tiny;
const seed = 1;
let folder = '';
let repository = '';
let result: LearnResult;
const tasks = new Set<string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'galerkin-learn-'));
  repository = join(folder, 'models');
  const clock = manualClock(Date.UTC(2026, 0, 2));
  result = await learn('darcy', { preset: 'tiny', folder, seed }, { clock, onProgress: ({ task }) => tasks.add(task) });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A package of ours, which has a manifest. */
async function published(name: string) {
  const model = await readPackage(repository, name);
  if (model.manifest === undefined) throw new Error(`${name} has no manifest`);
  return { ...model, manifest: model.manifest };
}

/** Figures of the published programs on coefficient fields. */
async function verdictOn(questions: readonly Float64Array[]) {
  const model = await published('darcy');
  const programs = { model: await model.file('model.onnx'), guard: await model.file('guard.onnx') };
  const inputs = Float32Array.from(questions.flatMap(question => [...question]));
  const names = { input: 'a', output: 'u' };
  const figures = await judge(programs, { n, count: questions.length, inputs }, { names, threads: 1, task: 'judging' });
  const { residualBound, fluxBound } = model.manifest.guard ?? { residualBound: Number.NaN, fluxBound: Number.NaN };
  const flagged = (_: Float64Array, k: number): boolean =>
    !(figures.residual[k] <= residualBound && figures.fluxImbalance[k] <= fluxBound);
  return { share: questions.filter(flagged).length / questions.length };
}

describe('learn', () => {
  test('publishes a surrogate that answers unseen fields, and reports its work', () => {
    expect(result.status).toBe('finished');
    expect(result.testError).toBeLessThan(0.2);
    expect(result.packagePath).toBe(join(repository, 'darcy', '1'));
    expect(result.solverPackagePath).toBe(join(repository, 'darcy_solver', '1'));
    expect([...tasks]).toEqual(['solving fields', 'training', 'testing', 'calibrating the guard']);
  });

  test('writes a package whose manifest states inputs, guard, calibration, figures and lineage', async () => {
    const { config, manifest } = await published('darcy');
    expect(config.max_batch_size).toBe(16);
    expect(manifest.inputs[0]).toMatchObject({ name: 'a', dtype: 'FP32', shape: [n, n], finite: true });
    expect(manifest.outputs[0]).toMatchObject({ name: 'u', dtype: 'FP32', shape: [n, n] });
    expect(manifest.problem).toEqual({ name: 'darcy', n });
    expect(manifest.guard).toMatchObject({ fallback: 'darcy_solver', mapOutput: 'residual_map' });
    expect(manifest.guard?.calibration).toMatchObject({ fields: presets.tiny.calibrationFields, quantile: 0.99, seed });
    expect(manifest.guard?.residualBound).toBeLessThan(0.5);
    expect(manifest.metrics.testError).toBe(result.testError);
    const data = await readFile(join(folder, 'data', `darcy-n16-count320-seed1-recipe1.npz`));
    expect(manifest.lineage).toMatchObject({ createdAt: '2026-01-02T00:00:00.000Z', seed, dataDigest: sha256(data) });
    expect(manifest.lineage.recipe).toMatchObject({ preset: 'tiny', ...presets.tiny });
  });

  test('the exported program has the error that the training measured', () => {
    expect(result.testError).toBeCloseTo(result.curve.at(-1)?.testError ?? Number.NaN, 6);
  });

  test('the solver is published beside it, for the same questions', async () => {
    const { config, manifest } = await published('darcy_solver');
    expect(config.backend).toBe('galerkin_solver');
    expect(manifest.problem).toEqual({ name: 'darcy', n });
    expect(manifest.inputs).toEqual((await published('darcy')).manifest.inputs);
  });

  test('brings samples that it was not trained on', async () => {
    const samples = await sampleSet(await published('darcy'));
    expect(samples?.count).toBe(16);
    const path = join(folder, 'data', 'darcy-n16-count320-seed1-recipe1.npz');
    const { inputs } = decodeNpz(await readFile(path));
    const text = (values: ArrayLike<number | bigint>): string => Array.from(values).join();
    const seen = new Set(Array.from({ length: fields }, (_, k) => text(inputs.data.slice(k * n * n, (k + 1) * n * n))));
    for (let index = 0; index < 16; index++) {
      expect(seen.has(text(samples?.input(index).data ?? []))).toBe(false);
    }
    expect(testFields).toBeGreaterThanOrEqual(16);
  });

  test('flags questions from outside its family, and few from inside', async () => {
    const random = seededRandom(77);
    const family = Array.from({ length: 100 }, (_, k) => darcy.sample(n, random.fork(k)).a);
    const inclusions = family.slice(0, 50).map(field =>
      paintInclusion(field.slice(), n, {
        ...{ x: random.uniform(), y: random.uniform(), radius: 0.1 + 0.2 * random.uniform(), value: 100 },
      }),
    );
    const contrast = family.slice(50).map(field => field.map(value => (value > 5 ? 100 : 1)));
    expect((await verdictOn(inclusions)).share).toBeGreaterThanOrEqual(0.9);
    expect((await verdictOn(contrast)).share).toBe(1);
    expect((await verdictOn(family)).share).toBeLessThanOrEqual(0.06);
  });

  test('called again, it finds everything done and publishes nothing new', async () => {
    const again = await learn('darcy', { preset: 'tiny', folder, seed });
    expect(again.packagePath).toBe(result.packagePath);
    expect(again.testError).toBe(result.testError);
  });

  test('another recipe becomes the next version; another grid a model of its own, because shapes are stated once', async () => {
    const short = { preset: 'tiny', folder, seed, epochs: 1 } as const;
    expect((await learn('darcy', short)).packagePath).toBe(join(repository, 'darcy', '2'));
    const { packagePath, solverPackagePath } = await learn('darcy', { ...short, n: 12 });
    expect(packagePath).toBe(join(repository, 'darcy_12', '1'));
    expect(solverPackagePath).toBe(join(repository, 'darcy_12_solver', '1'));
    expect((await published('darcy_12')).manifest.guard?.fallback).toBe('darcy_12_solver');
  });

  test('that diverges publishes nothing', async () => {
    const own = await temporaryFolder();
    const options = { preset: 'tiny', folder: own, n: 8, learningRate: 1e6 } as const;
    expect(await learn('darcy', options)).toMatchObject({ status: 'diverged', packagePath: '', solverPackagePath: '' });
    expect(existsSync(join(own, 'models', 'darcy'))).toBe(false);
  });

  test('cancelled at any stage says so, and goes on from there when it is called again', async () => {
    const own = await temporaryFolder();
    const options = { preset: 'tiny', folder: own, epochs: 1, n: 12 } as const;
    for (const stage of ['solving fields', 'training', 'testing', 'calibrating the guard']) {
      const stop = new AbortController();
      const onProgress = ({ task }: { task: string }) => (task === stage ? stop.abort() : undefined);
      const running = learn('darcy', options, { signal: stop.signal, onProgress });
      await expect(running, stage).rejects.toMatchObject({ code: 'CANCELLED' });
    }
    expect(existsSync(join(own, 'models', 'darcy'))).toBe(false);
    expect((await learn('darcy', options)).status).toBe('finished');
  });

  test('refuses what it does not know, with every fault at once', async () => {
    const own = await temporaryFolder();
    await expect(learn('burgers', { folder: own })).rejects.toMatchObject({ code: 'PROBLEM_UNKNOWN' });
    const faulty = { preset: 'tiny', folder: own, epochs: 0, width: 1.5, learningRate: Number.NaN } as const;
    await expect(learn('darcy', faulty)).rejects.toThrow(/width.*epochs.*learningRate/s);
    const tooFine = { preset: 'tiny', folder: own, modes: 16, batch: 200 } as const;
    await expect(learn('darcy', tooFine)).rejects.toThrow(/modes: 16 modes need.*batch: a batch of 200/s);
    expect(existsSync(join(own, 'models'))).toBe(false);
  });

  test('its options say what they are, for flags and tables', () => {
    const rows = optionRows(learnOptions);
    expect(rows.map(({ key }) => key)).toEqual(
      expect.arrayContaining(['preset', 'seed', 'threads', ...Object.keys(presets.quick)]),
    );
    expect(rows.every(({ doc }) => doc !== '')).toBe(true);
  });
});
