import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeNpz, type NpzArray, openCheckpoints, type StoreWarning, storeWarnings } from 'galerkin/store';
import { describe, expect, test } from 'vitest';
import { freshPaths } from './folder.js';
import { runKilledAt } from './killed-child.js';

const freshPath = freshPaths();
const filled = (value: number): NpzArray => ({
  dtype: 'float64',
  shape: [5000],
  data: new Float64Array(5000).fill(value),
});
const stepFile = (step: number): string => `step-${String(step).padStart(12, '0')}.npz`;

async function warningsDuring<T>(work: () => Promise<T>): Promise<{ result: T; warnings: StoreWarning[] }> {
  const warnings: StoreWarning[] = [];
  const stop = storeWarnings.subscribe(warning => warnings.push(warning));
  try {
    return { result: await work(), warnings };
  } finally {
    stop();
  }
}

async function threeSaved(): Promise<string> {
  const folder = freshPath();
  const checkpoints = openCheckpoints(folder, { keep: 3 });
  for (const step of [1, 2, 3]) await checkpoints.save(step, { meta: { step }, arrays: { w: filled(step) } });
  return folder;
}

describe('checkpoints', () => {
  test('what was saved comes back bit for bit, special values included', async () => {
    const checkpoints = openCheckpoints(freshPath(), {});
    const data = Float32Array.of(0.1, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45);
    const moments: NpzArray = { dtype: 'float32', shape: [5], data };
    await checkpoints.save(7, { meta: { rate: 0.1 + 0.2, seed: 2 ** 53 - 1 }, arrays: { 'params/w0': moments } });
    const found = await checkpoints.latest();
    expect(found).toMatchObject({ step: 7, meta: { rate: 0.1 + 0.2, seed: 2 ** 53 - 1 } });
    const back = found?.arrays['params/w0'];
    expect(back?.dtype === 'float32' && new Uint32Array(back.data.buffer, back.data.byteOffset, 5)).toEqual(
      new Uint32Array(data.buffer),
    );
  });

  test('a folder that is missing or empty has no checkpoint', async () => {
    const folder = freshPath();
    expect(await openCheckpoints(folder, {}).latest()).toBeUndefined();
    mkdirSync(folder);
    expect(await openCheckpoints(folder, {}).latest()).toBeUndefined();
  });

  test('only the newest are kept, and calls that overlap are written in order', async () => {
    const folder = freshPath();
    const checkpoints = openCheckpoints(folder, { keep: 2 });
    await Promise.all([1, 2, 3, 4].map(step => checkpoints.save(step, { meta: {}, arrays: { w: filled(step) } })));
    expect(readdirSync(folder).sort()).toEqual([stepFile(3), stepFile(4)]);
  });

  test('arrays are read when save is called, so the caller may go on writing into them', async () => {
    const checkpoints = openCheckpoints(freshPath(), {});
    const data = Float64Array.of(1);
    const saved = checkpoints.save(1, { meta: {}, arrays: { w: { dtype: 'float64', shape: [1], data } } });
    data.fill(2);
    await saved;
    expect((await checkpoints.latest())?.arrays.w?.data[0]).toBe(1);
  });

  test('a step saved after going back becomes the newest', async () => {
    const folder = await threeSaved();
    const checkpoints = openCheckpoints(folder, { keep: 1 });
    await checkpoints.save(2, { meta: 'again', arrays: {} });
    expect(await checkpoints.latest()).toMatchObject({ step: 2, meta: 'again' });
    expect(readdirSync(folder)).toEqual([stepFile(2)]);
  });

  test.each([
    ['torn in the middle', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['without its last byte', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['empty', () => Buffer.alloc(0)],
    ['with one bit flipped', (bytes: Buffer) => bytes.fill((bytes[1000] ?? 0) ^ 1, 1000, 1001)],
    ['of zeros, as after a loss of power', (bytes: Buffer) => Buffer.alloc(bytes.length)],
  ])('one that is %s is passed over for the one before, with a warning', async (_, damage) => {
    const folder = await threeSaved();
    const path = join(folder, stepFile(3));
    writeFileSync(path, damage(readFileSync(path)));
    const { result, warnings } = await warningsDuring(() => openCheckpoints(folder, {}).latest());
    expect(result).toMatchObject({ step: 2, meta: { step: 2 } });
    expect(warnings).toEqual([{ kind: 'checkpoint-skipped', path, reason: expect.stringContaining('sha256') }]);
  });

  test('a folder in place of the newest, and another step under its name, are passed over', async () => {
    const folder = await threeSaved();
    mkdirSync(join(folder, stepFile(9)));
    writeFileSync(join(folder, stepFile(8)), readFileSync(join(folder, stepFile(1))));
    const { result, warnings } = await warningsDuring(() => openCheckpoints(folder, {}).latest());
    expect(result?.step).toBe(3);
    expect(warnings.map(({ path }) => path)).toEqual([9, 8].map(step => join(folder, stepFile(step))));
  });

  test('when none is whole there is none, and a new one can be saved', async () => {
    const folder = await threeSaved();
    for (const step of [1, 2, 3]) writeFileSync(join(folder, stepFile(step)), 'x');
    const checkpoints = openCheckpoints(folder, { keep: 1 });
    expect(await checkpoints.latest()).toBeUndefined();
    await checkpoints.save(1, { meta: null, arrays: {} });
    expect(await checkpoints.latest()).toMatchObject({ step: 1, meta: null });
  });

  test('a checkpoint is a plain npz to any other reader', async () => {
    const folder = await threeSaved();
    expect(Object.keys(decodeNpz(readFileSync(join(folder, stepFile(3)))))).toEqual(['checkpoint.json', 'w']);
  });

  test('steps and metadata that cannot come back exactly are refused', async () => {
    const checkpoints = openCheckpoints(freshPath(), {});
    const save = (step: number, meta: unknown) => checkpoints.save(step, { meta, arrays: {} });
    for (const step of [-1, 0.5, Number.NaN, 2 ** 53]) {
      await expect(save(step, {})).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' });
    }
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n]) {
      await expect(save(1, { deep: [value] })).rejects.toThrow(/wanted JSON/);
    }
    expect(() => openCheckpoints('x', { keep: 0 })).toThrowError(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
  });

  test('kill -9 at every step of a save leaves the state before or the new one', async () => {
    const fixture = new URL('./fixtures/save-checkpoint.mjs', import.meta.url);
    const outcomes = new Set<number>();
    let killed = 0;
    for (let k = 1; ; k++) {
      const folder = await threeSaved();
      const fate = runKilledAt(k, fixture, folder, '4');
      const { result, warnings } = await warningsDuring(() => openCheckpoints(folder, {}).latest());
      expect(warnings).toEqual([]);
      expect(result?.arrays.w?.data).toEqual(filled(result?.step ?? 0).data);
      outcomes.add(result?.step ?? 0);
      await openCheckpoints(folder, { keep: 2 }).save(5, { meta: {}, arrays: {} });
      expect(readdirSync(folder).filter(name => name.endsWith('.tmp'))).toEqual([]);
      if (fate === 'finished') break;
      killed += 1;
    }
    expect(killed).toBeGreaterThan(7);
    expect([...outcomes]).toEqual([3, 4]);
  });
});
