// Functions go up when it pays, answer alike in every tier, and come down when shapes change.
import { seededRandom, type Tensor } from 'galerkin/base';
import { createAdaptiveOptimizer, np, ready, type TierEvent, type Traced, tierChannel } from 'galerkin/compile';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { costs, hotAfter, machine, matrix, numbers, optimizerFor, steppingClock, vector } from './tiers-parts.js';

beforeAll(ready);

let events: TierEvent[] = [];
let stop = (): void => undefined;
beforeEach(() => {
  events = [];
  stop = tierChannel.subscribe(event => {
    events.push(event);
  });
});
afterEach(() => {
  stop();
});

const kinds = (): string[] => events.map(({ kind }) => kind);
const wave = (x: Traced): Traced => np.sin(x).mul(2);
const layer = (x: Traced, weight: Traced): Traced => np.tanh(np.matmul(x, weight));

describe('a hot function', () => {
  test('stays in tier 0 until the calls to come pay for compiling, then is native', async () => {
    const optimizer = optimizerFor();
    const f = optimizer.wrap(wave, { name: 'wave' });
    for (let k = 1; k < hotAfter; k++) await f(vector(1, 2, 3));
    await optimizer.idle();
    expect(optimizer.report()[0]?.versions[0]).toMatchObject({ tier: 0, rule: 'cold' });
    await f(vector(1, 2, 3));
    await optimizer.idle();
    expect(optimizer.report()[0]?.versions[0]).toMatchObject({ tier: 1, rule: 'hot', cache: 'miss' });
    expect(kinds()).toEqual(['compiled', 'swapped']);
    await optimizer.close();
  });

  test('gives the same values before, while and after it is swapped, with calls under way throughout', async () => {
    const optimizer = optimizerFor();
    const f = optimizer.wrap(layer);
    const random = seededRandom(3);
    const x = matrix(5, 4, random.normal);
    const weight = matrix(4, 3, random.normal);
    const answers: Promise<Tensor>[] = [];
    for (let k = 0; k < 60; k++) {
      answers.push(f(x, weight));
      if (k % 7 === 0) await new Promise(resolve => setImmediate(resolve));
    }
    await optimizer.idle();
    for (let k = 0; k < 5; k++) answers.push(f(x, weight));
    const got = (await Promise.all(answers)).map(numbers);
    const [first = []] = got;
    for (const [k, value] of got.flat().entries()) expect(value).toBeCloseTo(first[k % 15] ?? Number.NaN, 5);
    expect(first[0]).toBeCloseTo(
      Math.tanh(
        numbers(x)
          .slice(0, 4)
          .reduce((sum, a, k) => sum + a * (numbers(weight)[3 * k] ?? 0), 0),
      ),
      5,
    );
    const [version] = optimizer.report()[0]?.versions ?? [];
    expect(version?.tier).toBe(1);
    expect((version?.calls.tier0 ?? 0) + (version?.calls.native ?? 0)).toBe(65);
    expect(version?.calls.native).toBeGreaterThanOrEqual(5);
    await optimizer.close();
  });

  test('becomes native also in a loop that does nothing but await its calls', async () => {
    const optimizer = optimizerFor();
    const f = optimizer.wrap(wave);
    let calls = 0;
    while (optimizer.report()[0]?.versions[0]?.tier !== 1 && calls < 1_000_000) {
      await f(vector(1));
      calls += 1;
    }
    expect(optimizer.report()[0]?.versions[0]?.tier).toBe(1);
    await optimizer.close();
  });

  test('is compiled before its first answer where tier 0 would take longer for it', async () => {
    const slow = { ...costs, firstAnswerFixedMs: 1000 };
    const make = (firstCall: 'fastest' | 'tier0') =>
      createAdaptiveOptimizer({ threads: 1, firstCall }, { clock: steppingClock(), machine, costs: slow });
    const [fastest, patient] = [make('fastest'), make('tier0')];
    expect(numbers(await fastest.wrap(wave)(vector(0.5)))[0]).toBeCloseTo(2 * Math.sin(0.5), 5);
    await patient.wrap(wave)(vector(0.5));
    expect(fastest.report()[0]?.versions[0]).toMatchObject({ rule: 'native first', calls: { tier0: 0, native: 1 } });
    expect(patient.report()[0]?.versions[0]).toMatchObject({ tier: 0, calls: { tier0: 1, native: 0 } });
    await fastest.close();
    await patient.close();
  });

  test('is never compiled if native code is not expected to be faster', async () => {
    const optimizer = createAdaptiveOptimizer(
      {},
      { clock: steppingClock(), machine, costs: { ...costs, speedUp: 1.05 } },
    );
    const f = optimizer.wrap(wave);
    for (let k = 0; k < 40; k++) await f(vector(1));
    await optimizer.idle();
    expect(optimizer.report()[0]?.versions[0]).toMatchObject({ tier: 0, rule: 'no gain' });
    await optimizer.close();
  });

  test('takes trees in and gives trees out, in both tiers', async () => {
    const optimizer = optimizerFor();
    const f = optimizer.wrap(({ a, pair: [b, c] }: { a: Traced; pair: [Traced, Traced] }) => ({
      sum: a.add(b),
      list: [a.mul(c)],
    }));
    const args = { a: vector(1, 2), pair: [vector(3, 4), vector(5, 6)] satisfies [Tensor, Tensor] };
    const early = await f({ a: args.a, pair: [args.pair[0], args.pair[1]] });
    for (let k = 0; k < hotAfter; k++) await f({ a: args.a, pair: [args.pair[0], args.pair[1]] });
    await optimizer.idle();
    const late = await f({ a: args.a, pair: [args.pair[0], args.pair[1]] });
    expect(optimizer.report()[0]?.versions[0]?.tier).toBe(1);
    for (const { sum, list } of [early, late]) {
      expect(numbers(sum)).toEqual([4, 6]);
      expect(list.map(numbers)).toEqual([[5, 12]]);
    }
    await optimizer.close();
  });
});

const same = (x: Traced): Traced => np.where(x.equal(x), x, x);
const dtypes: readonly Tensor[] = [
  { dtype: 'FP64', shape: [2], data: Float64Array.of(Math.PI, -1e300) },
  { dtype: 'INT32', shape: [], data: Int32Array.of(-7) },
  { dtype: 'UINT32', shape: [2], data: Uint32Array.of(7, 4_000_000_000) },
  { dtype: 'BOOL', shape: [1, 3], data: Uint8Array.of(1, 0, 1) },
];

test.each(dtypes)('$dtype comes out of both tiers as it went in', async tensor => {
  const optimizer = optimizerFor();
  const f = optimizer.wrap(same);
  for (let k = 0; k <= hotAfter; k++) {
    const { dtype, shape, data } = await f(tensor);
    expect({ dtype, shape: [...shape], data }).toEqual(tensor);
    await optimizer.idle();
  }
  expect(optimizer.report()[0]?.versions[0]).toMatchObject({ tier: 1, calls: { tier0: hotAfter, native: 1 } });
  await optimizer.close();
});

test('half precision is compiled before its first answer: tier 0 has none', async () => {
  const optimizer = optimizerFor({ firstCall: 'tier0' });
  const { dtype, data } = await optimizer.wrap(same)({
    dtype: 'FP16',
    shape: [2],
    data: Uint16Array.of(0x3c00, 0xc500),
  });
  expect([dtype, ...numbers({ dtype: 'UINT16', shape: [2], data: Uint16Array.from(data, Number) })]).toEqual([
    'FP16',
    0x3c00,
    0xc500,
  ]);
  expect(optimizer.report()[0]?.versions[0]).toMatchObject({ tier: 1, rule: 'native only' });
  await optimizer.close();
});

test('double precision keeps its digits when it goes native, in this thread and from the other', async () => {
  for (const firstCall of ['fastest', 'tier0'] as const) {
    const optimizer = optimizerFor({ firstCall });
    const random = seededRandom(4);
    const [x, y] = [3, 3].map(() => Float64Array.from({ length: 9 }, random.normal));
    const product = optimizer.wrap((a: Traced, b: Traced) => np.matmul(a, b).mul(0.1));
    const matrixOf = (data = new Float64Array(9)): Tensor => ({ dtype: 'FP64', shape: [3, 3], data });
    for (let k = 0; k <= hotAfter; k++) await product(matrixOf(x), matrixOf(y));
    await optimizer.idle();
    const got = numbers(await product(matrixOf(x), matrixOf(y)));
    const truth = got.map((_, at) =>
      [0, 1, 2].reduce(
        (sum, k) => sum + (x?.[3 * Math.floor(at / 3) + k] ?? 0) * (y?.[3 * k + (at % 3)] ?? 0) * 0.1,
        0,
      ),
    );
    for (const [k, value] of got.entries()) expect(Math.abs(value - (truth[k] ?? 0))).toBeLessThan(1e-14);
    expect(optimizer.report()[0]?.versions[0]?.tier).toBe(1);
    await optimizer.close();
  }
});

test('arrays may be used any number of times in both tiers', async () => {
  const optimizer = optimizerFor();
  const f = optimizer.wrap((x: Traced) => x.mul(x).add(x).sub(np.sin(x)));
  for (let k = 0; k <= hotAfter; k++) {
    expect(numbers(await f(vector(2)))[0]).toBeCloseTo(6 - Math.sin(2), 5);
    await optimizer.idle();
  }
  expect(optimizer.report()[0]?.versions[0]?.tier).toBe(1);
  await optimizer.close();
});

describe('new shapes', () => {
  const row = (rows: number): Tensor => matrix(rows, 3, k => k / 10);
  const double = (x: Traced): Traced => x.mul(2).add(1);

  test('begin in tier 0 again where more than the first size changes', async () => {
    const optimizer = optimizerFor();
    const f = optimizer.wrap(double);
    for (let k = 0; k < hotAfter; k++) await f(row(2));
    await optimizer.idle();
    expect(numbers(await f(matrix(2, 4, k => k)))).toEqual([1, 3, 5, 7, 9, 11, 13, 15]);
    expect(kinds()).toEqual(['compiled', 'swapped', 'deoptimised']);
    expect(optimizer.report()[0]?.versions.map(({ tier }) => tier)).toEqual([1, 0]);
    await optimizer.close();
  });

  test('share one native program for all batch sizes where only the first size changes', async () => {
    const optimizer = optimizerFor();
    const f = optimizer.wrap(double);
    for (let k = 0; k < hotAfter; k++) await f(row(2));
    await optimizer.idle();
    await f(row(5));
    await optimizer.idle();
    for (const rows of [5, 7, 1, 90]) {
      const expected = numbers(row(rows)).map(value => Math.fround(value * 2 + 1));
      numbers(await f(row(rows))).forEach((value, k) => {
        expect(value).toBeCloseTo(expected[k] ?? 0, 5);
      });
    }
    const [fixed, open] = optimizer.report()[0]?.versions ?? [];
    expect(fixed?.signature).toBe('float32[2,3]');
    expect(open).toMatchObject({
      signature: 'float32[batch,3]',
      tier: 1,
      rule: 'hot sibling',
      calls: { tier0: 1, native: 4 },
    });
    await optimizer.close();
  });

  test('get programs of their own where the function depends on the batch size', async () => {
    const optimizer = optimizerFor();
    // As many equations as there are rows: no one graph serves all sizes.
    const f = optimizer.wrap((x: Traced) => {
      let sum = x.slice(0);
      for (let k = 1; k < (x.shape[0] ?? 0); k++) sum = np.sin(sum).add(x.slice(k));
      return sum;
    });
    const expected = (rows: number): number[] =>
      [0, 1, 2].map(column => {
        let sum = column / 10;
        for (let k = 1; k < rows; k++) sum = Math.sin(sum) + (3 * k + column) / 10;
        return sum;
      });
    const agrees = async (rows: number): Promise<void> => {
      const got = numbers(await f(row(rows)));
      for (const [k, value] of expected(rows).entries()) expect(got[k]).toBeCloseTo(value, 5);
    };
    for (let k = 0; k < hotAfter; k++) await agrees(2);
    await optimizer.idle();
    await agrees(4);
    await optimizer.idle();
    // The cost model has seen a real compilation by now, so more calls are needed.
    for (let k = 0; k < 100; k++) await agrees(4);
    await optimizer.idle();
    await agrees(4);
    const versions = optimizer.report()[0]?.versions ?? [];
    expect(versions.map(({ signature, tier }) => [signature, tier])).toEqual([
      ['float32[2,3]', 1],
      ['float32[batch,3]', 0],
      ['float32[4,3]', 1],
    ]);
    expect(versions[1]?.why).toContain("'batch'");
    await optimizer.close();
  });

  test("are one version from the start where specs say 'batch'", async () => {
    const optimizer = optimizerFor();
    const f = optimizer.wrap(double, { specs: [{ shape: ['batch', 3], dtype: 'float32' }] });
    for (let k = 1; k <= hotAfter + 1; k++) await f(row(k));
    await optimizer.idle();
    expect(numbers(await f(row(1)))).toEqual([1, 1.2000000476837158, 1.399999976158142].map(Math.fround));
    expect(optimizer.report()[0]?.versions).toMatchObject([{ signature: 'float32[batch,3]', tier: 1 }]);
    await optimizer.close();
  });

  test('close the least recently used version when there are too many', async () => {
    const optimizer = optimizerFor({ compilationCacheSize: 2 });
    const f = optimizer.wrap(double);
    for (const columns of [1, 2, 3, 4]) await f(matrix(2, columns, k => k));
    await optimizer.idle();
    expect(optimizer.report()[0]?.versions.map(({ signature }) => signature)).toEqual(['float32[2,3]', 'float32[2,4]']);
    expect(numbers(await f(matrix(2, 1, k => k)))).toEqual([1, 3]);
    await optimizer.close();
  });
});

describe('static arguments', () => {
  test('give each value a program of its own', async () => {
    const optimizer = optimizerFor();
    const f = optimizer.wrap(
      (kind: string, x: Traced, { power }: { power: number }) => {
        let result = kind === 'negative' ? x.neg() : x;
        for (let k = 1; k < power; k++) result = result.mul(x);
        return result;
      },
      { staticArguments: [2, 0] },
    );
    for (let k = 0; k <= hotAfter; k++) {
      expect(numbers(await f('negative', vector(2, 3), { power: 3 }))).toEqual([-8, -27]);
      expect(numbers(await f('positive', vector(2, 3), { power: 2 }))).toEqual([4, 9]);
      await optimizer.idle();
    }
    const versions = optimizer.report()[0]?.versions ?? [];
    expect(versions.map(({ tier }) => tier)).toEqual([1, 1]);
    expect(versions[0]?.signature).toContain('"negative"');
    await optimizer.close();
  });
});
