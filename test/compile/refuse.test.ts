// What cannot be compiled is refused by name, with the line that wrote it.
import { isGalerkinError } from 'galerkin/base';
import {
  compileNative,
  grad,
  jit,
  lower,
  np,
  ready,
  type Spec,
  type Traced,
  trace,
  traceTrees,
} from 'galerkin/compile';
import { beforeAll, describe, expect, it } from 'vitest';
import { f32 } from './parity.js';

beforeAll(ready);

function errorOf(action: () => unknown) {
  try {
    action();
  } catch (error) {
    if (isGalerkinError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Line of this file that called our caller. */
function lineHere(): number {
  const frame = new Error('here').stack?.split('\n')[3] ?? '';
  return Number(/:(\d+):\d+\)?$/.exec(frame)?.[1]);
}

describe('operations without a lowering', () => {
  let line = 0;
  const at = (): boolean => {
    line = lineHere();
    return true;
  };
  const square = f32(4, 4);
  const cases: readonly [string, string, (a: Traced) => unknown, Spec][] = [
    ['jacobi_eigh', 'eigenvalues, whose steps depend on the numbers', a => at() && np.linalg.eigvalsh(a), square],
    ['cholesky', 'inside a gradient', a => at() && grad((x: Traced) => np.linalg.cholesky(x).sum())(a), f32(65, 65)],
    ['jacobi_eigh', 'inside a compiled function', a => at() && jit((x: Traced) => np.linalg.eigvalsh(x))(a), square],
    ['cholesky', 'factors of a large matrix', a => at() && np.linalg.cholesky(a), f32(65, 65)],
    ['lu', 'factors of a large matrix', a => at() && np.linalg.det(a), f32(33, 33)],
    ['sin', 'whole numbers', a => at() && np.sin(a), { shape: [3], dtype: 'int32' }],
    ['neg', 'booleans', a => at() && np.negative(a), { shape: [3], dtype: 'bool' }],
  ];
  it.each(cases)('%s (%s)', (primitive, _name, fn, spec) => {
    const error = errorOf(() => lower(trace(fn, [spec])));
    expect(error.code).toBe('PRIMITIVE_UNSUPPORTED');
    expect(error.message).toContain(`'${primitive}'`);
    expect(error.message).toMatch(new RegExp(`refuse\\.test\\.ts:${line}:\\d+`));
  });

  it('leaves the tracer as it was', () => {
    expect(() => lower(trace((a: Traced) => np.linalg.eigvalsh(a), [f32(4, 4)]))).toThrow();
    expect(lower(trace((a: Traced) => a.add(1), [f32(4)])).report.byOperator).toEqual({ Add: 1 });
    expect(np.sort(np.array([3, 1, 2])).js()).toEqual([1, 2, 3]);
  });
});

describe('functions that cannot be traced', () => {
  it('a function that throws', () => {
    const fn = (): Traced => {
      throw new Error('of its own');
    };
    expect(errorOf(() => trace(fn, [])).message).toContain('of its own');
  });
  it('a function that returns no array', () => {
    expect(errorOf(() => trace((a: Traced) => ({ loss: a, note: 'text' }), [f32(2)])).message).toContain("at 'note'");
    expect(errorOf(() => trace((a: Traced) => a.dispose(), [f32(2)])).code).toBe('TRACE_FAILED');
  });
});

describe('specs', () => {
  const specs: readonly [string, unknown, string][] = [
    ['zero', { shape: [0], dtype: 'float32' }, 'whole sizes from 1'],
    ['negative', { shape: [-1], dtype: 'float32' }, 'whole sizes'],
    ['fractional', { shape: [1.5], dtype: 'float32' }, 'whole sizes'],
    ['not a number', { shape: [Number.NaN], dtype: 'float32' }, 'whole sizes'],
    ['batch behind', { shape: [2, 'batch'], dtype: 'float32' }, "'batch'"],
    ['dtype', { shape: [2], dtype: 'bfloat16' }, 'bfloat16'],
    ['nothing', undefined, 'shape, dtype'],
    ['a date', new Date(0), 'shape, dtype'],
  ];
  it.each(specs)('%s', (_name, spec, wanted) => {
    const fn: (...args: Traced[]) => Traced = a => a.add(1);
    const error = errorOf(() => Reflect.apply(trace, undefined, [fn, [spec]]));
    expect(error.code).toBe('SPEC_INVALID');
    expect(error.message).toContain(wanted);
  });
});

it('arguments that are not as specified are refused by path', async () => {
  const native = await compileNative(
    (tree: { a: Traced; b: Traced }) => tree.a.add(tree.b),
    [{ a: f32(2), b: f32(2) }],
  );
  const two = { dtype: 'FP32', shape: [2], data: Float32Array.of(1, 2) } as const;
  const run = (...args: unknown[]): Promise<unknown> => Reflect.apply(native.run, native, args);
  await expect(run({ a: two })).rejects.toThrow("'0.b'");
  await expect(run({ a: two, b: two, c: two })).rejects.toThrow("'0.c'");
  await expect(run({ a: two, b: 3 })).rejects.toThrow("'0.b'");
  await expect(run()).rejects.toThrow("'0.a'");
  await expect(run({ a: two, b: { ...two, shape: [1, 2] } })).rejects.toThrow('[1, 2]');
  await native.close();
  await native.close();
  await expect(run({ a: two, b: two })).rejects.toThrow('closed');
});

describe('trees', () => {
  it('a tree inside itself is refused, as specs and as a result; one that comes twice is not', () => {
    const specs: { x: Spec; inner?: unknown } = { x: f32(2) };
    specs.inner = specs;
    expect(errorOf(() => traceTrees(x => x, [specs]))?.code).toBe('SPEC_INVALID');
    const ring: unknown[] = [];
    ring.push(ring);
    expect(errorOf(() => traceTrees(() => ring, [f32(2)]))?.code).toBe('TRACE_FAILED');
    const shared = { y: f32(2) };
    expect(traceTrees((a, b) => [a, b], [shared, shared]).inputs.length).toBe(2);
  });
});
