import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from 'galerkin/base';
import { exactSymmetries, fieldStatistics, gridSymmetries, makeDataSet } from 'galerkin/learn';
import { createSolver, darcy, divide, dot, grad, type Problem, plus, times, x } from 'galerkin/solve';
import { describe, expect, test } from 'vitest';
import { n, smallData, temporaryFolder } from './small.js';

describe('a data set', () => {
  test('holds solved fields of the problem, the same for the same seed, and is read from disk the second time', async () => {
    const folder = await temporaryFolder();
    const made = await makeDataSet(darcy, { n, count: 5, seed: 3, folder });
    const tasks: string[] = [];
    const read = await makeDataSet(
      darcy,
      { n, count: 5, seed: 3, folder },
      { onProgress: ({ task }) => tasks.push(task) },
    );
    expect(tasks).toEqual([]);
    expect(read).toEqual(made);
    const { a } = darcy.sample(n, seededRandom(3).fork(4));
    expect(made.inputs.subarray(4 * n * n)).toEqual(Float32Array.from(a));
    expect(made.outputs.subarray(4 * n * n)).toEqual(Float32Array.from(createSolver(darcy, n).solve({ a }).u));
    expect(made.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await readdir(folder)).toEqual(['darcy-n10-count5-seed3-recipe1.npz']);
  });

  test('is made again when its file is damaged, with the same digest', async () => {
    const folder = await temporaryFolder();
    const { digest, path } = await makeDataSet(darcy, { n, count: 3, seed: 1, folder });
    await writeFile(path, (await readFile(path)).subarray(0, 500));
    expect((await makeDataSet(darcy, { n, count: 3, seed: 1, folder })).digest).toBe(digest);
  });

  test('that was interrupted keeps its finished parts and goes on from them', async () => {
    const folder = await temporaryFolder();
    const stop = new AbortController();
    const making = makeDataSet(
      darcy,
      { n: 24, count: 300, seed: 2, folder },
      { signal: stop.signal, onProgress: ({ done }) => (done > 130 ? stop.abort() : undefined) },
    );
    await expect(making).rejects.toMatchObject({ code: 'CANCELLED' });
    const parts = await readdir(join(folder, 'darcy-n24-count300-seed2-recipe1.parts'));
    expect(parts).toContain('00000000-128.npz');
    let least = Number.POSITIVE_INFINITY;
    const resumed = await makeDataSet(
      darcy,
      { n: 24, count: 300, seed: 2, folder },
      { onProgress: ({ done }) => (least = Math.min(least, done)) },
    );
    expect(least).toBeGreaterThanOrEqual(128);
    const whole = await makeDataSet(darcy, { n: 24, count: 300, seed: 2, folder: await temporaryFolder() });
    expect(resumed.digest).toBe(whole.digest);
  });

  test('refuses sizes that are no sizes, and problems with more than one coefficient', async () => {
    const folder = await temporaryFolder();
    await expect(makeDataSet(darcy, { n: 2, count: 0, seed: -1, folder })).rejects.toThrow(/n:.*count:.*seed:/s);
    const two: Problem = { ...darcy, coefficients: [...darcy.coefficients, { ...darcy.coefficients[0], name: 'b' }] };
    await expect(makeDataSet(two, { n, count: 1, seed: 0, folder })).rejects.toMatchObject({
      code: 'PROBLEM_NOT_LEARNABLE',
    });
  });
});

describe('symmetries', () => {
  test('of Darcy flow: both diagonal reflections and the half turn carry solutions to solutions', async () => {
    const { inputs } = await smallData();
    expect(exactSymmetries(darcy, n, inputs.subarray(0, n * n))).toEqual(gridSymmetries(n));
  });

  test('of a problem with a direction: only those that the solver confirms', async () => {
    const { inputs } = await smallData();
    const stretched: Problem = {
      ...darcy,
      bilinear: (u, v, { a }) => times(a, plus(dot(grad(u), grad(v)), times(grad(u).x, grad(v).x))),
    };
    const [identity, , halfTurn] = gridSymmetries(n);
    expect(exactSymmetries(stretched, n, inputs.subarray(0, n * n))).toEqual([identity, halfTurn]);
    const sloping: Problem = { ...darcy, linear: (v, { f }) => times(divide(f, plus(x, 1)), v) };
    expect(exactSymmetries(sloping, n, inputs.subarray(0, n * n))).toEqual([identity]);
  });

  test('make statistics that do not change under them, and no deviation where all fields agree', async () => {
    const { outputs } = await smallData();
    const symmetries = gridSymmetries(n);
    const { mean, deviation } = fieldStatistics(outputs, 40, symmetries);
    for (const map of symmetries) {
      for (let node = 0; node < n * n; node++) expect(mean[map[node]]).toBeCloseTo(mean[node], 7);
    }
    expect([...mean.subarray(0, n), ...deviation.subarray(0, n)]).toEqual(Array(2 * n).fill(0));
    expect(Math.min(...deviation.subarray(n + 1, 2 * n - 1))).toBeGreaterThan(0);
  });
});
