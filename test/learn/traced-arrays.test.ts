import { lower, ready, type Traced, trace } from 'galerkin/compile';
import { openSession } from 'galerkin/runtime';
import { beforeAll, expect, test } from 'vitest';
import { constantArray, freeingConstants } from '../../dist/learn/traced-arrays.js';

beforeAll(ready);

const shape = ['batch', 3] as const;
const table = Float32Array.of(1, 2, 4);

test('constants that a function makes while it is traced are freed, and live on in the program', async () => {
  const made: Traced[] = [];
  const program = freeingConstants(() =>
    trace(
      (x: Traced) => {
        const constant = constantArray(table, [3]);
        made.push(constant);
        return x.mul(constant).add(constant);
      },
      [{ shape, dtype: 'float32' }],
    ),
  );
  expect(made.map(({ refCount }) => refCount)).toEqual([0, 0, 0]);
  const session = await openSession(lower(program, { inputNames: ['x'], outputNames: ['y'] }).bytes, { threads: 1 });
  const { y } = await session.run({ x: { dtype: 'FP32', shape: [1, 3], data: Float32Array.of(1, 10, 100) } });
  expect(Array.from(y.data, Number)).toEqual([2, 22, 404]);
  await session.close();
});

test('they are freed when the function throws, and others are left alone', () => {
  const outside = constantArray(table, [3]);
  let inside = outside;
  const failing = (): void => {
    trace(
      (x: Traced): Traced => {
        inside = constantArray(table, [3]);
        x.mul(inside).mul(outside);
        throw new Error('no more');
      },
      [{ shape, dtype: 'float32' }],
    );
  };
  expect(() => freeingConstants(failing)).toThrow('no more');
  expect([inside.refCount, outside.refCount]).toEqual([0, 1]);
  outside.dispose();
});
