// Where the runtime or the tracer is wrong, native results are right: held against plain numbers, not against either of them.
import { compileNative, grad, np, ready, type Spec, type Traced } from 'galerkin/compile';
import { beforeAll, expect, it } from 'vitest';
import { f32, numbersOf, tensor } from './parity.js';

beforeAll(ready);

const vector = (dtype: Spec['dtype'], length: number): Spec => ({ shape: [length], dtype });

async function native(
  fn: (...args: Traced[]) => Traced,
  inputs: readonly (readonly [Spec['dtype'], readonly number[]])[],
  threads = 1,
): Promise<number[]> {
  const specs = inputs.map(([dtype, values]) => vector(dtype, values.length));
  const program = await compileNative(fn, specs, { threads });
  try {
    return numbersOf(await program.run(...inputs.map(([dtype, values]) => tensor(dtype, [values.length], values))));
  } finally {
    await program.close();
  }
}

it('adds every update of a scattered sum, on several threads too', async () => {
  const count = 300_000;
  const positions = Array.from({ length: count }, (_, k) => k % 7);
  const total = (table: Traced, index: Traced): Traced => grad((x: Traced) => np.take(x, index, 0).sum())(table);
  const sums = await native(
    total,
    [
      ['float32', new Array<number>(7).fill(1)],
      ['int32', positions],
    ],
    4,
  );
  expect(sums).toEqual(Array.from({ length: 7 }, (_, k) => Math.ceil((count - k) / 7)));
});

it('drops updates of positions outside', async () => {
  const fn = (index: Traced): Traced => grad((x: Traced) => np.take(x, index, 0).sum())(np.zeros([3]));
  expect(await native(fn, [['int32', [0, 2, 2, 3, -1, 99]]])).toEqual([1, 0, 2]);
});

it('wraps sums and products of whole numbers round', async () => {
  const values = [2 ** 31 - 1, 2 ** 31 - 1, 3, 65_537, 7];
  const sum = values.reduce((a, b) => (a + b) | 0);
  const product = values.reduce((a, b) => Math.imul(a, b));
  expect(await native(a => np.sum(a), [['int32', values]])).toEqual([sum]);
  expect(await native(a => np.prod(a), [['int32', values]])).toEqual([product]);
  expect(await native(a => np.dot(a, a), [['int32', values]])).toEqual([
    values.map(value => Math.imul(value, value)).reduce((a, b) => (a + b) | 0),
  ]);
});

it('finds the largest word', async () => {
  const words = [3, 4_294_967_295, 7, 2_147_483_648, 65_536, 9];
  expect(await native(a => np.max(a), [['uint32', words]])).toEqual([4_294_967_295]);
  expect(await native(a => np.min(a), [['uint32', words]])).toEqual([3]);
});

it('keeps what is no number in the largest and the smallest, and in products with zero', async () => {
  const none = [1, Number.NaN, 2];
  expect(await native(a => np.max(a), [['float32', none]])).toEqual([Number.NaN]);
  expect(await native(a => np.min(a), [['float32', none]])).toEqual([Number.NaN]);
  expect(await native(a => a.mul(0), [['float32', [Number.POSITIVE_INFINITY, 2]]])).toEqual([Number.NaN, 0]);
});

it('divides whole numbers by zero as numpy does, and by all others as C does', async () => {
  const [x, y] = [
    [7, -7, 7, -7, 5, -(2 ** 31)],
    [2, 2, -2, -2, 0, -1],
  ];
  const quotients = await native(
    (a, b) => np.trunc(a.astype(np.float64).div(b.astype(np.float64))),
    [
      ['int32', x],
      ['int32', y],
    ],
  );
  expect(quotients.slice(0, 4)).toEqual([3, -3, -3, 3]);
  expect(
    await native(
      (a, b) => a.mod(b),
      [
        ['int32', x],
        ['int32', y],
      ],
    ),
  ).toEqual([1, -1, 1, -1, 0, 0]);
  expect(
    await native(
      (a, b) => np.floorDivide(a, b),
      [
        ['uint32', [7, 5]],
        ['uint32', [2, 0]],
      ],
    ),
  ).toEqual([3, 0]);
});

it('shifts by 32 and more to zero', async () => {
  const amounts = [0, 31, 32, 33, 4_294_967_295];
  const ones = amounts.map(() => 1);
  expect(
    await native(
      (a, b) => np.leftShift(a, b),
      [
        ['uint32', ones],
        ['uint32', amounts],
      ],
    ),
  ).toEqual([1, 2 ** 31, 0, 0, 0]);
});

it('rounds whole numbers not at all', async () => {
  expect(await native(a => np.floor(a).add(np.ceil(a)), [['int32', [-3, 0, 5]]])).toEqual([-6, 0, 10]);
});

it('makes arrays without elements, and joins them', async () => {
  const program = await compileNative(
    (a: Traced) => {
      const [all, none] = np.split(a, [3], 0);
      return { joined: np.concatenate([none ?? a, all ?? a], 0), none: none ?? a };
    },
    [f32(3)],
  );
  const { joined, none } = await program.run(tensor('float32', [3], [1, 2, 3]));
  expect(numbersOf(joined)).toEqual([1, 2, 3]);
  expect(none.shape).toEqual([0]);
  await program.close();
});
