// Time loops: one Loop node, equal to the steps written out.
import type { Tensor } from 'galerkin/base';
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
  traced,
  trajectory,
  unroll,
  vmap,
} from 'galerkin/compile';
import { beforeAll, describe, expect, it } from 'vitest';
import { relativeDifference, sample, tensor } from './parity.js';

beforeAll(ready);

type Dtype = 'float32' | 'float64';
const spec = (dtype: Dtype, ...shape: (number | 'batch')[]): Spec => ({ shape, dtype });
const given = (one: Spec, seed: number, batch?: number): Tensor => {
  const { shape, values } = sample(one, seed, batch);
  return tensor(
    one.dtype,
    shape,
    values.map(value => value / 4),
  );
};
const numbers = (result: Tensor | undefined): number[] => Array.from((result?.data ?? []) as ArrayLike<number>);

/** The steps written out by hand. */
const byHand =
  <State>(step: (state: State, k: Traced) => State, steps: number) =>
  (state: State): State => {
    let now = state;
    for (let k = 0; k < steps; k++) now = step(now, np.array(k, { dtype: np.int32 }));
    return now;
  };

interface Pair {
  x: Traced;
  v: Traced;
}
/** Leapfrog of coupled pendulums under a force from outside. */
const pendulums =
  (coupling: Traced, force: Traced) =>
  ({ x, v }: Pair, k: Traced): Pair => {
    const a = np
      .matmul(coupling, np.sin(x))
      .neg()
      .add(force.mul(np.cos(k.astype(x.dtype).mul(0.1))));
    const faster = v.add(a.mul(0.05));
    return { x: x.add(faster.mul(0.05)), v: faster };
  };

describe.each([
  ['float32', 1e-5],
  ['float64', 1e-10],
] as const)('unroll in %s', (dtype, tolerance) => {
  const specs = [spec(dtype, 4, 4), spec(dtype, 4, 3), { x: spec(dtype, 4, 3), v: spec(dtype, 4, 3) }] as const;
  const inputs = [
    given(specs[0], 1),
    given(specs[1], 2),
    { x: given(specs[2].x, 3), v: given(specs[2].v, 4) },
  ] as const;
  const solve =
    (loop: typeof unroll, steps: number) =>
    (coupling: Traced, force: Traced, start: Pair): Pair =>
      loop(pendulums(coupling, force), steps)(start);

  it('gives what the steps written out give', async () => {
    const [loop, plain] = await Promise.all([
      compileNative(solve(unroll, 30), [...specs]),
      compileNative(solve(byHand, 30), [...specs]),
    ]);
    const [got, wanted] = [await loop.run(...inputs), await plain.run(...inputs)];
    expect(relativeDifference(numbers(got.x), numbers(wanted.x))).toBeLessThan(tolerance);
    expect(relativeDifference(numbers(got.v), numbers(wanted.v))).toBeLessThan(tolerance);
    expect(loop.report.byOperator.Loop).toBe(1);
    expect(plain.report.nodes).toBeGreaterThan(5 * loop.report.nodes);
  });

  it('has a graph that does not grow with the steps', () => {
    const bytes = (steps: number) => lower(trace(solve(unroll, steps), [...specs])).bytes.length;
    expect(bytes(100_000)).toBeLessThan(bytes(100) + 16);
  });
});

describe('a loop', () => {
  const vector = spec('float32', 3);
  const start = tensor('float32', [3], [1, 2, 3]);

  it('collects what each step puts out', async () => {
    const fn = (x: Traced) => {
      const [last, { mean, twice }] = trajectory(
        (s: Traced, k: Traced) => [s.add(1), { mean: s.sum(), twice: s.mul(2).add(k.astype(np.float32)) }] as const,
        4,
      )(x);
      return { last, mean, twice };
    };
    const program = await compileNative(fn, [vector]);
    const { last, mean, twice } = await program.run(start);
    expect(numbers(last)).toEqual([5, 6, 7]);
    expect(numbers(mean)).toEqual([6, 9, 12, 15]);
    expect([twice.shape, numbers(twice)]).toEqual([
      [4, 3],
      [2, 4, 6, 5, 7, 9, 8, 10, 12, 11, 13, 15],
    ]);
  });

  it('computes what does not change once, outside of its body', () => {
    const fn = (w: Traced, x: Traced): Traced => unroll((s: Traced) => np.matmul(np.exp(w), s), 5)(x);
    const { byOperator } = lower(trace(fn, [spec('float32', 3, 3), vector])).report;
    expect(byOperator.Exp).toBe(1);
    expect(byOperator.MatMul ?? 0).toBe(0);
  });

  it('holds loops, inner functions, constants, whole numbers and truth values', async () => {
    const table = np.array([1, 2, 4]);
    const step = ({ s, n, even }: { s: Traced; n: Traced; even: Traced }, k: Traced) => {
      const inner = unroll((y: Traced, j: Traced) => y.add(table.mul(k.add(j).astype(np.float32))), 3)(s);
      return {
        s: jit((y: Traced) => y.mul(0.5).add(y.mul(0.5)))(inner),
        n: n.add(k),
        even: even.notEqual(np.array(true)),
      };
    };
    const fn = (s: Traced, n: Traced, even: Traced) => unroll(step, 4)({ s, n, even });
    const program = await compileNative(fn, [vector, { shape: [], dtype: 'int32' }, { shape: [], dtype: 'bool' }]);
    const result = await program.run(start, tensor('int32', [], [10]), tensor('bool', [], [1]));
    expect(numbers(result.s)).toEqual([31, 62, 123]);
    expect([numbers(result.n), numbers(result.even)]).toEqual([[16], [1]]);
    expect(table.refCount).toBe(1);
  });

  it('may begin with constants, keep a part of its state, exchange parts, and give them twice', async () => {
    const fn = (x: Traced) => {
      const end = unroll(
        ({ a, b, c }: { a: Traced; b: Traced; c: Traced }) => ({ a: b, b: a, c }),
        3,
      )({ a: x, b: np.zeros([3]), c: np.ones([2, 3]) });
      return [end, trajectory((s: Traced) => [s, [s, x, np.zeros([2])]] as const, 2)(x)] as const;
    };
    const program = await compileNative(fn, [vector]);
    const [end, [same, [first, second, zeros]]] = await program.run(start);
    expect([end.a, end.b, end.c, same, first, second, zeros].map(numbers)).toEqual([
      [0, 0, 0],
      [1, 2, 3],
      [1, 1, 1, 1, 1, 1],
      [1, 2, 3],
      [1, 2, 3, 1, 2, 3],
      [1, 2, 3, 1, 2, 3],
      [0, 0, 0, 0],
    ]);
  });

  it('serves every batch size', async () => {
    const fn = (w: Traced, x: Traced) =>
      trajectory((s: Traced) => [np.tanh(np.matmul(s, w)), s.sum(-1)] as const, 6)(x);
    const program = await compileNative(fn, [spec('float32', 5, 5), spec('float32', 'batch', 5)]);
    for (const batch of [1, 2, 7]) {
      const [w, x] = [given(spec('float32', 5, 5), 1), given(spec('float32', 'batch', 5), 2, batch)];
      const fixed = await compileNative(fn, [spec('float32', 5, 5), spec('float32', batch, 5)]);
      const [[got, sums], [wanted, truth]] = [await program.run(w, x), await fixed.run(w, x)];
      expect([got.shape, sums.shape]).toEqual([
        [batch, 5],
        [6, batch],
      ]);
      expect(relativeDifference(numbers(got), numbers(wanted))).toBeLessThan(1e-6);
      expect(relativeDifference(numbers(sums), numbers(truth))).toBeLessThan(1e-6);
    }
  });
});

describe('where a loop cannot stand, its steps are written out', () => {
  const step = (s: Traced): Traced => np.sin(s).add(s);
  const wanted = (x: number): number => {
    let s = x;
    for (let k = 0; k < 5; k++) s += Math.sin(s);
    return s;
  };
  const slope = (x: number): number => (wanted(x + 1e-4) - wanted(x - 1e-4)) / 2e-4;
  it.each<[string, (x: Traced) => Traced, (x: number) => number]>([
    ['in grad', x => grad((y: Traced) => unroll(step, 5)(y).sum())(x), slope],
    [
      'in grad, through what the step captures',
      x => grad((y: Traced) => unroll((s: Traced) => np.sin(s).add(s).add(y.sub(x)), 5)(x).sum())(x),
      x => {
        const f = (y: number) => {
          let s = x;
          for (let k = 0; k < 5; k++) s += Math.sin(s) + y - x;
          return s;
        };
        return (f(x + 1e-4) - f(x - 1e-4)) / 2e-4;
      },
    ],
    ['in vmap', x => vmap(unroll(step, 5))(x), wanted],
    ['in jit', x => jit(unroll(step, 5))(x), wanted],
  ])('%s', async (_name, fn, truth) => {
    const program = await compileNative(fn, [{ shape: [3], dtype: 'float64' }]);
    expect(program.report.byOperator.Loop).toBeUndefined();
    const x = [0.1, 0.5, 1.2];
    const got = numbers(await program.run(tensor('float64', [3], x)));
    expect(relativeDifference(got, x.map(truth))).toBeLessThan(1e-6);
  });

  it('on the tracer itself', () => {
    const fn = traced((x: Traced) =>
      trajectory((s: Traced, k: Traced) => [s.add(k.astype(np.float32)), s.mul(s)] as const, 4)(x),
    );
    const [last, squares] = fn(np.array([1, 2]));
    expect([last.js(), squares.js()]).toEqual([
      [7, 8],
      [
        [1, 4],
        [1, 4],
        [4, 9],
        [16, 25],
      ],
    ]);
  });
});

describe('unroll refuses', () => {
  const x3 = [{ shape: [3], dtype: 'float32' }] as const;
  it.each([0, -1, 1.5, Number.NaN])('%s steps', steps => {
    expect(() => trace((x: Traced) => unroll((s: Traced) => s, steps)(x), [...x3])).toThrow(
      expect.objectContaining({ code: 'SPEC_INVALID' }),
    );
  });
  it.each<[string, (s: Traced) => unknown]>([
    ['another shape', s => s.reshape([3, 1])],
    ['another element type', s => s.astype(np.int32)],
    ['another form', s => [s]],
    ['no array', () => 'text'],
  ])('a state that becomes %s', (_name, step) => {
    const fn = (x: Traced): Traced => unroll(step as (s: Traced) => Traced, 3)(x);
    expect(() => trace(fn, [...x3])).toThrow(
      expect.objectContaining({ code: 'TRACE_FAILED', message: expect.stringContaining('unroll') }),
    );
  });
  it('with the line of source, what cannot be lowered in a step', () => {
    const fn = (x: Traced): Traced => unroll((s: Traced) => np.linalg.eigvalsh(np.outer(s, s)), 3)(x);
    const failing = (): unknown => lower(trace(fn, [...x3]));
    expect(failing).toThrow(expect.objectContaining({ code: 'PRIMITIVE_UNSUPPORTED' }));
    expect(failing).toThrow('unroll.test.ts');
  });
});
