// Repeats that must be written out: elements that stand several times in a row are one Resize, all others an Expand.
import { compileNative, lower, np, ready, type Traced, trace } from 'galerkin/compile';
import { beforeAll, describe, expect, it } from 'vitest';
import { f32, numbersOf, parity, tensor } from './parity.js';

beforeAll(ready);

/** Each element `times[axis]` times in a row. */
const repeated = (x: Traced, times: readonly number[]): Traced => {
  const { shape } = x;
  const column = x.reshape(shape.flatMap(size => [size, 1]));
  const wide = np.broadcastTo(
    column,
    shape.flatMap((size, axis) => [size, times[axis] ?? 1]),
  );
  return wide.reshape(shape.map((size, axis) => size * (times[axis] ?? 1)));
};
const operators = (fn: (x: Traced) => Traced, ...shape: (number | 'batch')[]) =>
  lower(trace(fn, [f32(...shape)])).report.byOperator;

describe('elements in a row', () => {
  const cases: readonly (readonly [number[], number[]])[] = [
    [
      [4, 6],
      [1, 5],
    ],
    [
      [2, 3, 4],
      [1, 2, 2],
    ],
    [
      [2, 3, 5, 4],
      [1, 1, 3, 2],
    ],
  ];
  it.each(cases)('%j repeated %j times is one Resize, to the bit', async (shape, times) => {
    const fn = (x: Traced): Traced[] => [repeated(x, times)];
    const { difference, byOperator } = await parity(fn, [f32(...shape)]);
    expect(difference).toBe(0);
    expect(byOperator.Resize).toBe(1);
    expect(byOperator.Expand ?? 0).toBe(0);
  });

  it('follow an open batch', async () => {
    const native = await compileNative((x: Traced) => repeated(x, [1, 2]), [f32('batch', 3)]);
    for (const batch of [1, 4]) {
      const values = Array.from({ length: 3 * batch }, (_, k) => k);
      const got = numbersOf(await native.run(tensor('float32', [batch, 3], values)));
      expect(got).toEqual(values.flatMap(value => [value, value]));
    }
    await native.close();
  });
});

describe('other repeats', () => {
  it('that follow an open batch beside what is repeated are computed for every size', async () => {
    const fn = (x: Traced, w: Traced): Traced =>
      np.concatenate([x, np.broadcastTo(np.repeat(w, 3), [x.shape[0] ?? 1, 6])], 1);
    const native = await compileNative(fn, [f32('batch', 2), f32(2)]);
    const got = numbersOf(await native.run(tensor('float32', [2, 2], [1, 2, 3, 4]), tensor('float32', [2], [5, 6])));
    expect(got).toEqual([1, 2, 5, 5, 5, 6, 6, 6, 3, 4, 5, 5, 5, 6, 6, 6]);
    await native.close();
  });

  it('longer than single precision counts are right to the last element', async () => {
    const [count, times] = [2 ** 20 + 1, 17];
    const native = await compileNative((x: Traced) => repeated(x, [1, times]), [f32(1, count)]);
    const data = Float32Array.from({ length: count }, (_, k) => k % 1_000_003);
    const { data: got, shape } = await native.run({ dtype: 'FP32', shape: [1, count], data });
    expect(shape).toEqual([1, count * times]);
    const wrong = Array.from({ length: count }, (_, k) => k).filter(
      k => got[k * times] !== data[k] || got[k * times + times - 1] !== data[k],
    );
    expect(wrong).toEqual([]);
    await native.close();
  });

  it('of whole rows, in front of what they repeat, and of other types stay Expand', async () => {
    const rows = (x: Traced): Traced => repeated(x, [3, 1]);
    const tiles = (x: Traced): Traced => np.broadcastTo(x.reshape([1, 4]), [3, 4]).reshape([12]);
    expect(operators(rows, 2, 4)).toMatchObject({ Expand: 1 });
    expect(operators(tiles, 4)).toMatchObject({ Expand: 1 });
    const whole = { shape: [4], dtype: 'int32' } as const;
    const fn = (x: Traced): Traced[] => [repeated(x, [2])];
    const { difference, byOperator } = await parity(fn, [whole]);
    expect([difference, byOperator.Expand, byOperator.Resize ?? 0]).toEqual([0, 1, 0]);
  });
});
