import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TrainHooks, type TrainOptions, type TrainResult, train } from 'galerkin/learn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { smallData, smallOperator, smallTraining, temporaryFolder } from './small.js';

/** Trains the small operator with some options changed. */
async function trained(options: Partial<TrainOptions> = {}, hooks: Partial<TrainHooks> = {}): Promise<TrainResult> {
  const data = await smallData();
  const folder = hooks.folder ?? (await temporaryFolder());
  return train(smallOperator(data), data, { ...smallTraining, ...options }, { ...hooks, folder });
}

/** Stops a training after `steps` steps. */
async function stopped(folder: string, steps: number, options: Partial<TrainOptions> = {}): Promise<void> {
  const stop = new AbortController();
  const onProgress = ({ done }: { done: number }) => (done === steps ? stop.abort() : undefined);
  await expect(trained(options, { folder, signal: stop.signal, onProgress })).rejects.toMatchObject({
    code: 'CANCELLED',
  });
}

/** One training from beginning to end, which others are compared with; it is what `trained` does without options. */
let whole: TrainResult;
let wholeFolder = '';
const reported: string[] = [];
beforeAll(async () => {
  wholeFolder = await mkdtemp(join(tmpdir(), 'galerkin-learn-'));
  const onProgress: TrainHooks['onProgress'] = ({ figure }) =>
    reported.push(`${figure?.name} ${figure?.unit ?? ''}`.trim());
  whole = await trained({}, { folder: wholeFolder, onProgress });
});
afterAll(() => rm(wholeFolder, { recursive: true, force: true }));

const figures = ({ curve }: TrainResult) => curve.map(({ seconds: _, ...figure }) => figure);

describe('training', () => {
  test('lowers the error on fields it has never seen', async () => {
    const { status, curve, testError } = await trained({ epochs: 12 });
    expect(status).toBe('finished');
    expect(curve.map(({ epoch }) => epoch)).toEqual([2, 4, 6, 8, 10, 12]);
    expect(curve[5].loss).toBeLessThan(0.75 * curve[0].loss);
    expect(testError).toBeLessThan(0.25);
  });

  test('interrupted twice and resumed, it gives the weights of an uninterrupted run bit for bit', async () => {
    const folder = await temporaryFolder();
    await stopped(folder, 6);
    await stopped(folder, 11);
    const dones: number[] = [];
    const resumed = await trained({}, { folder, onProgress: ({ done }) => dones.push(done) });
    expect(dones[0]).toBe(12);
    expect(resumed.weights).toEqual(whole.weights);
    expect(figures(resumed)).toEqual(figures(whole));
  });

  test('that is finished is not done again', async () => {
    const dones: number[] = [];
    const again = await trained({}, { folder: wholeFolder, onProgress: ({ done }) => dones.push(done) });
    expect(dones).toEqual([]);
    expect(again).toEqual(whole);
  });

  test('goes on from the checkpoint before, if the newest one is torn', async () => {
    const folder = await temporaryFolder();
    await cp(wholeFolder, folder, { recursive: true });
    const newest = (await readdir(folder)).sort().at(-1) ?? '';
    await writeFile(join(folder, newest), 'torn');
    const dones: number[] = [];
    const resumed = await trained({}, { folder, onProgress: ({ done }) => dones.push(done) });
    expect(dones).toEqual([17, 18, 19, 20]);
    expect(resumed.weights).toEqual(whole.weights);
  });

  test('in the folder of another training is refused, naming what differs', async () => {
    const folder = await temporaryFolder();
    await stopped(folder, 3);
    await expect(trained({ seed: 8, batch: 4 }, { folder })).rejects.toMatchObject({
      code: 'TRAINING_MISMATCH',
      fields: { differs: ['batch', 'seed'] },
    });
  });

  test('does the same with other threads, which are no part of the recipe', async () => {
    const folder = await temporaryFolder();
    await stopped(folder, 3);
    expect((await trained({ threads: 2 }, { folder })).status).toBe('finished');
  });

  test('with another seed gives another operator', async () => {
    expect((await trained({ seed: 8 })).weights).not.toEqual(whole.weights);
  });

  test('that diverges says so, and promises no error', async () => {
    const { status, testError } = await trained({ learningRate: 1e30 });
    expect(status).toBe('diverged');
    expect(testError).toBeNaN();
  });

  test('that was cancelled before it began leaves a checkpoint and does no step', async () => {
    const folder = await temporaryFolder();
    const dones: number[] = [];
    const running = trained({}, { folder, signal: AbortSignal.abort(), onProgress: ({ done }) => dones.push(done) });
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(dones).toEqual([]);
    expect(await readdir(folder)).toEqual(['step-000000000000.npz']);
  });

  test('reports the loss until there is a test error, then the test error in percent', () => {
    expect(new Set(reported.slice(0, 7))).toEqual(new Set(['loss']));
    expect(new Set(reported.slice(7))).toEqual(new Set(['test error %']));
  });

  test('refuses what cannot be trained, with every fault at once', async () => {
    const faulty = trained({
      train: { first: 0, count: 41 },
      epochs: 0,
      batch: 1.5,
      learningRate: Number.NaN,
      gradientWeight: 2,
      symmetries: [],
    });
    await expect(faulty).rejects.toThrow(/train:.*epochs:.*batch:.*learningRate:.*gradientWeight:.*symmetries:/s);
    await expect(trained({ batch: 33 })).rejects.toThrow(/batch: wanted at most the 32 training fields, got 33/);
    await expect(trained({ test: { first: 31, count: 8 } })).rejects.toThrow(/test: wanted fields that do not train/);
  });
});
