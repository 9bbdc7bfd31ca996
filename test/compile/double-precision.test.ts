// Doubles have the digits of doubles: functions for which the runtime has no kernel, and gradients against central differences.
import { seededRandom } from 'galerkin/base';
import { compileNative, grad, jit, lax, nn, np, ready, type Spec, type Traced, traced, vmap } from 'galerkin/compile';
import { beforeAll, describe, expect, it } from 'vitest';
import { numbersOf, tensor } from './parity.js';

beforeAll(ready);

const f64 = (...shape: number[]): Spec => ({ shape, dtype: 'float64' });

async function evaluate(fn: (x: Traced) => Traced, points: readonly number[]): Promise<number[]> {
  const native = await compileNative(fn, [f64(points.length)], { threads: 1 });
  try {
    return numbersOf(await native.run(tensor('float64', [points.length], points)));
  } finally {
    await native.close();
  }
}

/** Values of erf and erfc with 20 digits, computed with 50. */
const errorTable: readonly (readonly [x: number, erf: number, erfc: number])[] = [
  [-6, -1.0, 2.0],
  [-3, -0.9999779095030014, 1.9999779095030015],
  [-1.5, -0.9661051464753108, 1.9661051464753108],
  [-1, -0.8427007929497149, 1.8427007929497148],
  [-0.7, -0.6778011938374184, 1.6778011938374184],
  [-0.25, -0.27632639016823696, 1.276326390168237],
  [1e-10, 1.1283791670955126e-10, 0.999999999887162],
  [0.1, 0.1124629160182849, 0.887537083981715],
  [0.5, 0.5204998778130465, 0.4795001221869535],
  [0.99, 0.8385080695553698, 0.1614919304446302],
  [1, 0.8427007929497149, 0.15729920705028513],
  [1.01, 0.8468104962282768, 0.1531895037717233],
  [1.5, 0.9661051464753108, 0.033894853524689274],
  [2, 0.9953222650189527, 0.004677734981047266],
  [2.7, 0.9998656672600594, 0.0001343327399405242],
  [4, 0.9999999845827421, 1.541725790028002e-8],
  [6, 1.0, 2.1519736712498913e-17],
  [10, 1.0, 2.088487583762545e-45],
  [15.5, 1.0, 1.6632016400488723e-106],
  [20, 1.0, 5.395865611607901e-176],
  [26, 1.0, 5.663192408856143e-296],
];

describe('functions of doubles', () => {
  const points = errorTable.map(([x]) => x);
  const worst = (got: readonly number[], truth: readonly number[]): number =>
    Math.max(...got.map((value, k) => Math.abs(value / (truth[k] ?? 1) - 1)));

  it('erf', async () => {
    const got = await evaluate(x => lax.erf(x), points);
    expect(
      worst(
        got,
        errorTable.map(([, erf]) => erf),
      ),
    ).toBeLessThan(6e-16);
  });
  it('erfc keeps its digits far out', async () => {
    const got = await evaluate(x => lax.erfc(x), points);
    expect(
      worst(
        got,
        errorTable.map(([, , erfc]) => erfc),
      ),
    ).toBeLessThan(4e-15);
  });
  it('erf and erfc at the ends', async () => {
    const ends = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN, 0, 40];
    expect(await evaluate(x => lax.erf(x), ends)).toEqual([-1, 1, Number.NaN, 0, 1]);
    const [left, right, none, middle, far] = await evaluate(x => lax.erfc(x), ends);
    expect([left, none, middle]).toEqual([2, Number.NaN, 1]);
    expect(Math.max(right ?? 1, far ?? 1)).toBeLessThan(1e-300);
  });

  const angles = Array.from({ length: 401 }, (_, k) => (k - 200) / 200);
  it('asin', async () => {
    const got = await evaluate(x => np.asin(x), angles);
    expect(Math.max(...got.map((value, k) => Math.abs(value - Math.asin(angles[k] ?? 0))))).toBeLessThan(5e-16);
    expect(await evaluate(x => np.asin(x), [1.5, -2, Number.NaN])).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });
  it('atan', async () => {
    const wide = [...angles, ...angles.map(angle => angle * 7), 1e9, -1e300, Number.POSITIVE_INFINITY];
    const got = await evaluate(x => np.atan(x), wide);
    expect(Math.max(...got.map((value, k) => Math.abs(value - Math.atan(wide[k] ?? 0))))).toBeLessThan(5e-16);
  });
  it('exponentials, logarithms and angles', async () => {
    const x = [0.1, 1, 2.5, 30];
    expect(await evaluate(a => np.sin(a), x)).toEqual(x.map(value => expect.closeTo(Math.sin(value), 15)));
    const logs = await evaluate(a => np.log(np.exp(a)), x);
    expect(Math.max(...logs.map((value, k) => Math.abs(value - (x[k] ?? 0))))).toBeLessThan(1e-14);
  });
});

const layerNorm = (x: Traced): Traced => {
  const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
  return centred.ref.div(np.sqrt(np.mean(np.square(centred), -1, { keepdims: true }).add(1e-3)));
};
const definite = (x: Traced): Traced => np.matmul(x.ref, np.matrixTranspose(x)).add(np.eye(4).mul(4));

/** The tracer keeps constants of some of its own derivatives in single precision. */
const roughly = 2e-8;

const losses: readonly (readonly [string, (x: Traced) => Traced, number?])[] = [
  ['products and sines', x => np.sin(np.matmul(x.ref, np.matrixTranspose(x)))],
  ['error functions', x => lax.erf(x.ref).mul(lax.erfc(x.mul(0.5)))],
  ['exact Gaussian units', x => nn.gelu(x, { approximate: false }), roughly],
  ['approximate Gaussian units', x => nn.gelu(x), roughly],
  ['softmax', x => np.square(nn.softmax(x))],
  ['logarithms of softmax', x => np.square(nn.logSoftmax(x, 0))],
  ['layer normalisation', x => np.sin(layerNorm(x))],
  ['inverse angles', x => np.atan(x.ref.mul(2)).mul(np.asin(np.tanh(x)))],
  ['roots and logarithms', x => np.sqrt(np.square(x.ref).add(1)).mul(np.log(np.exp(x).add(2)))],
  ['positions taken twice', x => np.square(np.take(x, np.array(new Int32Array([0, 2, 2])), 1))],
  ['cumulative sums', x => np.sin(np.cumsum(x, 1))],
  ['sorts', x => np.sort(x, 1).mul(np.arange(4).astype(np.float64))],
  [
    'windows',
    x => np.square(lax.conv(x.reshape([1, 1, 4, 4]), np.ones([2, 1, 2, 2]).astype(np.float64), [1, 1], 'SAME')),
  ],
  ['transforms', x => np.square(np.fft.rfft(x).real)],
  ['Cholesky factors', x => np.sin(np.linalg.cholesky(definite(x)))],
  ['solutions', x => np.linalg.solve(definite(x.ref), x)],
];

describe('gradients agree with central differences', () => {
  it.each(losses.map(([name, fn, tolerance = 2e-9]) => [name, fn, tolerance] as const))('of %s', async (...row) => {
    const [, fn, tolerance] = row;
    const loss = (x: Traced): Traced => fn(x.reshape([4, 4])).sum();
    const random = seededRandom(11);
    const at = Array.from({ length: 16 }, () => random.normal());
    const step = 1e-4;
    const value = await compileNative(loss, [f64(16)], { threads: 1 });
    const slope = await compileNative((x: Traced) => grad(loss)(x), [f64(16)], { threads: 1 });
    const valueAt = async (k: number, by: number): Promise<number> => {
      const moved = at.with(k, (at[k] ?? 0) + by);
      return numbersOf(await value.run(tensor('float64', [16], moved)))[0] ?? Number.NaN;
    };
    const gradient = numbersOf(await slope.run(tensor('float64', [16], at)));
    const scale = Math.max(1, ...gradient.map(Math.abs));
    for (let k = 0; k < 16; k++) {
      // Fourth order: the error of the difference is below 1e-11 of the scale, of rounding too.
      const wide = (await valueAt(k, 2 * step)) - (await valueAt(k, -2 * step));
      const near = (await valueAt(k, step)) - (await valueAt(k, -step));
      const difference = (8 * near - wide) / (12 * step);
      expect(Math.abs((gradient[k] ?? Number.NaN) - difference) / scale).toBeLessThan(tolerance);
    }
    await Promise.all([value.close(), slope.close()]);
  });
});

describe('two numbers that are one in single precision stay two', () => {
  const single = Math.fround(0.1);
  const read = (): Traced => np.array(Float32Array.of(0.1)).reshape([]);
  // x, x and x once more, each times its number: 0.1 first and last, so that the order cannot hide one of them.
  const thrice = (x: Traced): Traced => np.stack([x.mul(0.1), x.mul(single), x.mul(read()), x.mul(0.1)]);
  const sum = (x: Traced): Traced =>
    np
      .sin(x.mul(0.1))
      .add(np.sin(x.mul(single)))
      .sum();
  const at = [1, -3, 7];
  const slopes = at.map(value => 0.1 * Math.cos(0.1 * value) + single * Math.cos(single * value));

  it('as factors, in every order', async () => {
    const wanted = [0.1, single, single, 0.1].flatMap(factor => at.map(value => value * factor));
    expect(await evaluate(thrice, at)).toEqual(wanted);
    expect(await evaluate(jit(thrice), at)).toEqual(wanted);
    const call = traced(thrice);
    expect(
      call(np.array(Float64Array.from(at)))
        .js()
        .flat(),
    ).toEqual(wanted);
    call.dispose();
  });
  it('in gradients and under maps', async () => {
    const closeTo = slopes.map(slope => expect.closeTo(slope, 15));
    expect(await evaluate(grad(sum), at)).toEqual(closeTo);
    expect(await evaluate(grad(jit(sum)), at)).toEqual(closeTo);
    expect(await evaluate(vmap(grad(sum)), at)).toEqual(closeTo);
  });
});

it('numbers that are one or zero only in single precision are not dropped', async () => {
  const at = [0, 1, 1e-80];
  const near = 1 + 1e-8;
  expect(await evaluate(x => np.sqrt(np.sqrt(x).mul(near)), at)).toEqual(at.map(x => Math.sqrt(Math.sqrt(x) * near)));
  expect(await evaluate(x => np.sqrt(np.sqrt(x).add(1e-46)), at)).toEqual(at.map(x => Math.sqrt(Math.sqrt(x) + 1e-46)));
});
