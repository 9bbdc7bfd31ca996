// A thousand random programs give natively what the tracer gives. Twice as many: PROGRAMS=2000 npx vitest run
// test/compile/random-programs.test.ts; one again: SEED=123 and the same.
import { ready } from 'galerkin/compile';
import { beforeAll, describe, expect, it } from 'vitest';
import { runSeeds } from './random/run.js';

beforeAll(ready);

const together = 16;
const programs = Number(process.env.PROGRAMS ?? 1000);
const given = process.env.SEED === undefined ? undefined : Number(process.env.SEED);

/** Seeds from `first`, in groups that share a session. */
const groups = (first: number, count: number): number[][] =>
  Array.from({ length: Math.ceil(count / together) }, (_, k) =>
    Array.from({ length: Math.min(together, count - k * together) }, (_item, j) => first + k * together + j),
  );

const runs = [
  { name: 'in single precision', dtype: 'float32', first: 1, count: Math.round(0.55 * programs), tolerance: 2e-4 },
  // The tracer's functions of doubles have the digits of single precision.
  {
    name: 'in double precision',
    dtype: 'float64',
    first: 100_001,
    count: Math.round(0.15 * programs),
    tolerance: 2e-4,
  },
  {
    name: 'of whole numbers, to the last bit',
    dtype: 'int32',
    first: 200_001,
    count: Math.round(0.3 * programs),
    tolerance: 0,
  },
] as const;

describe.skipIf(given !== undefined)('random programs', () => {
  it.each(runs)('$name: $count from seed $first', { timeout: 120_000 }, async ({ dtype, first, count, tolerance }) => {
    let compared = 0;
    const untraceable: string[] = [];
    for (const seeds of groups(first, count)) {
      const outcome = await runSeeds(seeds, { dtype, tolerance });
      expect(outcome.failures).toEqual([]);
      compared += outcome.compared;
      untraceable.push(...outcome.untraceable);
    }
    expect(compared + untraceable.length).toBe(count);
    expect(untraceable.length, untraceable.slice(0, 3).join('\n')).toBeLessThanOrEqual(count * 0.02);
  });
});

describe.runIf(given !== undefined)('one seed', () => {
  it(`${given}`, async () => {
    const seed = given ?? 0;
    const run = runs.find(({ first, count }) => seed >= first && seed < first + count) ?? runs[0];
    const { failures, untraceable } = await runSeeds([seed], run);
    expect([...failures, ...untraceable]).toEqual([]);
  });
});
