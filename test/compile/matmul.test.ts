// Products of stacks of matrices have numpy's shapes and numbers, traced and not.
import { compileNative, np, ready, type Traced, vmap } from 'galerkin/compile';
import { beforeAll, describe, expect, it } from 'vitest';
import { f32, numbersOf, parity, sample, tensor } from './parity.js';

beforeAll(ready);

const sizeOf = (shape: readonly number[]): number => shape.reduce((total, size) => total * size, 1);

/** Plain loops: the product of stacks [..., m, k] and [..., k, n], the axes in front broadcast. */
function plainProduct(
  x: number[],
  y: number[],
  [a, b]: readonly [number[], number[]],
): { shape: number[]; values: number[] } {
  const rank = Math.max(a.length, b.length) - 2;
  const [stackA, stackB] = [a, b].map(shape => [
    ...new Array<number>(rank + 2 - shape.length).fill(1),
    ...shape.slice(0, -2),
  ]);
  const stack = (stackA ?? []).map((size, axis) => Math.max(size, stackB?.[axis] ?? 1));
  const [m = 1, k = 1] = a.slice(-2);
  const [n = 1] = b.slice(-1);
  const offset = (index: number, own: readonly number[]): number => {
    let [rest, at, stride] = [index, 0, 1];
    for (let axis = rank - 1; axis >= 0; axis--) {
      const [size, mine] = [stack[axis] ?? 1, own[axis] ?? 1];
      if (mine > 1) at += (rest % size) * stride;
      stride *= mine;
      rest = Math.floor(rest / size);
    }
    return at;
  };
  const values: number[] = [];
  for (let s = 0; s < sizeOf(stack); s++) {
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let sum = 0;
        for (let inner = 0; inner < k; inner++) {
          const left = x[(offset(s, stackA ?? []) * m + row) * k + inner] ?? 0;
          sum += left * (y[(offset(s, stackB ?? []) * k + inner) * n + column] ?? 0);
        }
        values.push(sum);
      }
    }
  }
  return { shape: [...stack, m, n], values };
}

const pairs: readonly (readonly [number[], number[]])[] = [
  [
    [2, 3],
    [4, 3, 5],
  ],
  [
    [4, 2, 3],
    [3, 5],
  ],
  [
    [2, 3],
    [6, 4, 3, 5],
  ],
  [
    [6, 4, 2, 3],
    [4, 3, 5],
  ],
  [
    [6, 1, 2, 3],
    [4, 3, 5],
  ],
  [
    [4, 2, 3],
    [6, 1, 3, 5],
  ],
  [
    [2, 3],
    [3, 5],
  ],
];

describe('np.matmul', () => {
  it.each(pairs)('%j times %j', async (left, right) => {
    const [x, y] = [sample(f32(...left), 1), sample(f32(...right), 2)];
    const truth = plainProduct([...x.values], [...y.values], [left, right]);
    const eager = np.matmul(np.array([...x.values]).reshape(left), np.array([...y.values]).reshape(right));
    expect(eager.shape).toEqual(truth.shape);
    const native = await compileNative((a: Traced, b: Traced) => np.matmul(a, b), [f32(...left), f32(...right)]);
    const result = await native.run(tensor('float32', left, x.values), tensor('float32', right, y.values));
    expect(result.shape).toEqual(truth.shape);
    const numbers = [Array.from<number, number>(eager.dataSync(), Number), numbersOf(result)];
    for (const got of numbers) {
      expect(Math.max(...got.map((value, k) => Math.abs(value - (truth.values[k] ?? 0))))).toBeLessThan(1e-5);
    }
    await native.close();
  });

  it('under vmap', async () => {
    const fn = (a: Traced, b: Traced): Traced[] => [vmap((x: Traced, y: Traced) => np.matmul(x, y))(a, b)];
    const { difference } = await parity(fn, [f32(2, 3, 4), f32(2, 5, 4, 3)]);
    expect(difference).toBeLessThan(1e-5);
  });

  it('takes vectors as they are', async () => {
    const { difference } = await parity(
      (a, b) => [np.matmul(a.ref, b.ref), np.linalg.matmul(b, a.reshape([3, 1]))],
      [f32(3), f32(4, 3, 3)],
    );
    expect(difference).toBeLessThan(1e-5);
  });
});
