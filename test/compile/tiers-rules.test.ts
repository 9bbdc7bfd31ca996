// The rules of the tiers, the cost model behind them, the trial of choices, and the names of programs.
import { seededRandom } from 'galerkin/base';
import { np, ready, type SpecsOf, type Traced, trace } from 'galerkin/compile';
import { beforeAll, describe, expect, test } from 'vitest';
import { fits, openBatch } from '../../dist/compile/tiers/call-form.js';
import { CostModel, LineFit, usualCosts } from '../../dist/compile/tiers/cost-model.js';
import { decideFirst, decideHot, decideSwitch, decideTrial } from '../../dist/compile/tiers/decide.js';
import { equationCount, plainProgram } from '../../dist/compile/tiers/plain-program.js';
import { programDigest } from '../../dist/compile/tiers/program-digest.js';
import { optimizerFor, steppingClock, vector } from './tiers-parts.js';

beforeAll(ready);

describe('the cost model', () => {
  test('begins with its belief and ends with what it saw', () => {
    const fit = new LineFit({ fixedMs: 10, unitMs: 1, usualSize: 100 });
    expect(fit.predict(50)).toBeCloseTo(60, 10);
    const random = seededRandom(1);
    for (let k = 0; k < 400; k++) {
      const size = 1000 * random.uniform();
      fit.add({ size, ms: 40 + 0.3 * size + random.normal() });
    }
    expect(fit.predict(0)).toBeGreaterThan(37);
    expect(fit.predict(0)).toBeLessThan(43);
    expect(fit.predict(2000)).toBeGreaterThan(620);
    expect(fit.predict(2000)).toBeLessThan(660);
  });

  test('never predicts less than nothing', () => {
    const fit = new LineFit({ fixedMs: 0, unitMs: 0.1, usualSize: 100 });
    for (const [size, ms] of [
      [10, 0.1],
      [1000, 900],
      [500, 100],
    ] as const)
      fit.add({ size, ms });
    for (const size of [0, 1, 10, 1e5]) expect(fit.predict(size)).toBeGreaterThanOrEqual(0);
  });

  test('learns the speed-up as a geometric mean', () => {
    const model = new CostModel({ ...usualCosts, speedUp: 4 });
    model.sawSpeedUp(100, 100);
    expect(model.nativeMs(10)).toBeCloseTo(5, 10);
    model.sawSpeedUp(0, 5);
    expect(model.nativeMs(10)).toBeCloseTo(5, 10);
  });
});

describe('the rules', () => {
  const facts = { calls: 10, tierZeroMs: 20, nativeMs: 5, compileMs: 100, threshold: 0.1 };
  test('hot: the calls to come save more than compiling takes', () => {
    expect(decideHot(facts)).toMatchObject({ yes: true, rule: 'hot' });
    expect(decideHot({ ...facts, calls: 6 })).toMatchObject({ yes: false, rule: 'cold' });
    expect(decideHot({ ...facts, nativeMs: 18.5, calls: 1e6 })).toMatchObject({ yes: false, rule: 'no gain' });
  });
  test('native first: only if the first answer comes sooner by more than the threshold', () => {
    expect(decideFirst({ firstAnswerMs: 100, compileMs: 80, threshold: 0.1 }).yes).toBe(true);
    expect(decideFirst({ firstAnswerMs: 100, compileMs: 95, threshold: 0.1 }).yes).toBe(false);
  });
  test('trials: only if enough calls pay for opening the others', () => {
    expect(decideTrial({ calls: 100, nativeMs: 3, openMs: 90 }).yes).toBe(true);
    expect(decideTrial({ calls: 10, nativeMs: 3, openMs: 90 }).yes).toBe(false);
  });
  test('a switch needs more gain than the threshold', () => {
    const [current, near, far] = [10, 9.5, 8].map(medianMs => ({ medianMs, label: `${medianMs}` }));
    if (current === undefined || near === undefined || far === undefined) throw new Error('three choices');
    expect(decideSwitch(current, [near], 0.1).chosen).toBe(current);
    expect(decideSwitch(current, [near, far], 0.1).chosen).toBe(far);
    expect(decideSwitch(current, [], 0.1).chosen).toBe(current);
  });
});

describe('shapes that share a program', () => {
  const spec = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
  test('differ in one first size', () => {
    expect(openBatch([spec(2, 3), spec(4)], [spec(5, 3), spec(4)])?.map(({ shape }) => shape)).toEqual([
      ['batch', 3],
      [4],
    ]);
    expect(openBatch([spec(2, 3), spec(2)], [spec(5, 3), spec(5)])?.map(({ shape }) => shape)).toEqual([
      ['batch', 3],
      ['batch'],
    ]);
    expect(openBatch([spec(2, 3), spec(4)], [spec(5, 3), spec(6)])).toBeUndefined();
    expect(openBatch([spec(2)], [spec(2)])).toBeUndefined();
    expect(openBatch([spec()], [spec()])).toBeUndefined();
  });
  test('fit where all open sizes are one number', () => {
    const open = [
      { shape: ['batch' as const, 3], dtype: 'float32' as const },
      { shape: ['batch' as const], dtype: 'float32' as const },
    ];
    expect(fits(open, [spec(9, 3), spec(9)])).toBe(true);
    expect(fits(open, [spec(9, 3), spec(8)])).toBe(false);
    expect(fits(open, [spec(9, 4), spec(9)])).toBe(false);
    expect(fits(open, [spec(9, 3)])).toBe(false);
  });
});

describe('the name of a program', () => {
  const shape: SpecsOf<[Traced]> = [{ shape: [4], dtype: 'float32' }];
  const nameOf = (fn: (x: Traced) => unknown): string => programDigest(plainProgram(trace(fn, shape)));
  const table = (value: number): Traced => np.array(Float32Array.of(1, 2, 3, value));

  test('is the same for a second trace', () => {
    const one = (x: Traced) => np.sin(x).mul(2).add(table(7));
    const other = (x: Traced) => np.sin(x).mul(2).add(table(7));
    expect(nameOf(one)).toBe(nameOf(other));
  });

  test('differs for another parameter, constant, order, form of the result or sign of zero', () => {
    const names = [
      (x: Traced) => x.mul(2),
      (x: Traced) => x.mul(3),
      (x: Traced) => x.add(2),
      (x: Traced) => x.mul(0).add(1),
      (x: Traced) => x.mul(-0).add(1),
      (x: Traced) => np.clip(x, 0, Number.POSITIVE_INFINITY),
      (x: Traced) => x.add(table(7)),
      (x: Traced) => x.add(table(8)),
      (x: Traced) => [x.mul(2)],
      (x: Traced) => ({ y: x.mul(2) }),
      (x: Traced) => x.reshape([2, 2]),
      (x: Traced) => x.reshape([4, 1]),
    ].map(nameOf);
    expect(new Set(names).size).toBe(names.length);
  });

  test('counts equations of inner functions', () => {
    const count = (fn: (x: Traced) => unknown): number => equationCount(plainProgram(trace(fn, shape)));
    expect(count(x => x.mul(2).add(1))).toBe(2);
  });
});

describe('tier 2', () => {
  test('keeps the fastest of the choices, for the next process too', async () => {
    const clock = steppingClock(10);
    const optimizer = optimizerFor({ threads: 0, trialCalls: 3 }, clock);
    const f = optimizer.wrap((x: Traced) => np.sin(x).mul(2));
    while (optimizer.report()[0]?.versions[0]?.tier !== 1) {
      await f(vector(1));
      await optimizer.idle();
    }
    let tries = 0;
    const tier = (): number => optimizer.report()[0]?.versions[0]?.tier ?? 0;
    // The choices take turns: all threads, one thread, another graph level. One thread is the fastest here.
    while (tier() !== 2 && tries < 200) {
      const before = optimizer.report()[0]?.versions[0];
      clock.stepMs = 10;
      await f(vector(1));
      tries += 1;
      await optimizer.idle();
      if (before?.tier === 2) break;
    }
    const [version] = optimizer.report()[0]?.versions ?? [];
    expect(version?.tier).toBe(2);
    expect(version?.trials.map(({ label }) => label)).toEqual([
      'all threads, graph level all',
      '1 thread, graph level all',
      'all threads, graph level extended',
    ]);
    // All took the same time: nothing exceeds the threshold, so what ran is kept.
    expect(version).toMatchObject({ rule: 'tried choices', choice: { threads: 0, graphLevel: 'all' } });
    const again = optimizer.wrap((x: Traced) => np.sin(x).mul(2));
    await again(vector(1));
    expect(optimizer.report()[1]?.versions[0]).toMatchObject({ tier: 2, rule: 'cached', cache: 'memory' });
    await optimizer.close();
  });
});
