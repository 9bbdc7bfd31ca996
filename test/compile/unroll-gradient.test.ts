// Gradients through time loops: those of the steps written out, in a graph that does not grow with the steps.
import type { Tensor } from 'galerkin/base';
import {
  compileNative,
  lower,
  np,
  ready,
  type Spec,
  type Traced,
  trace,
  traced,
  unrolledValueAndGrad,
  valueAndGrad,
} from 'galerkin/compile';
import { beforeAll, describe, expect, it } from 'vitest';
import { relativeDifference, sample, tensor } from './parity.js';

beforeAll(ready);

interface Params {
  coupling: Traced;
  drag: Traced;
}
interface State {
  x: Traced;
  v: Traced;
  work: Traced;
}
type Dtype = 'float32' | 'float64';

/** Pendulums with drag under a force that changes in time; the state gathers what it has cost. */
const step = ({ coupling, drag }: Params, { x, v, work }: State, k: Traced): State => {
  const force = np.cos(k.astype(x.dtype).mul(0.3));
  const a = np.matmul(coupling, np.sin(x)).neg().add(force).sub(v.mul(drag));
  const faster = v.add(a.mul(0.05));
  return { x: x.add(faster.mul(0.05)), v: faster, work: work.add(v.mul(v).sum().mul(0.01)) };
};
const loss = ({ x, work }: State, { drag }: Params): Traced => x.mul(x).sum().add(work).add(drag.mul(drag));

const written = (steps: number) => (params: Params, state: State) => {
  const total = (p: Params, s: State): Traced => {
    let now = s;
    for (let k = 0; k < steps; k++) now = step(p, now, np.array(k, { dtype: np.int32 }));
    return loss(now, p);
  };
  const [value, [forParams, forState]] = valueAndGrad((both: [Params, State]) => total(...both))([params, state]);
  return { value, params: forParams, state: forState };
};
const looped = (steps: number, segment?: number) =>
  unrolledValueAndGrad({ step, loss, steps, ...(segment === undefined ? {} : { segment }) });

const specsOf = (dtype: Dtype, batch: number | 'batch' = 3) => {
  const one = (...shape: (number | 'batch')[]): Spec => ({ shape, dtype });
  return [
    { coupling: one(4, 4), drag: one() },
    { x: one(4, batch === 'batch' ? 3 : batch), v: one(4, 3), work: one() },
  ] as const;
};
const numbersAt = (one: Spec, seed: number): Tensor => {
  const { shape, values } = sample(one, seed);
  return tensor(
    one.dtype,
    shape,
    values.map(value => value / 3),
  );
};
const inputsOf = (dtype: Dtype) => {
  const [{ coupling, drag }, { x, v, work }] = specsOf(dtype);
  return [
    { coupling: numbersAt(coupling, 1), drag: numbersAt(drag, 2) },
    { x: numbersAt(x, 3), v: numbersAt(v, 4), work: numbersAt(work, 5) },
  ] as const;
};
const list = ({ data }: Tensor): number[] => Array.from(data as ArrayLike<number>);

describe.each([
  ['float32', 1e-5],
  ['float64', 1e-10],
] as const)('value and gradient in %s', (dtype, tolerance) => {
  it.each<[number, number | undefined]>([
    [1, undefined],
    [2, undefined],
    [5, undefined],
    [9, undefined],
    [8, 3],
    [5, 1],
    [3, 99],
  ])('of %i steps in segments of %s are those of the steps written out', async (steps, segment) => {
    const [loop, plain] = [
      await compileNative(looped(steps, segment), [...specsOf(dtype)]),
      await compileNative(written(steps), [...specsOf(dtype)]),
    ];
    const [got, wanted] = [await loop.run(...inputsOf(dtype)), await plain.run(...inputsOf(dtype))];
    const pairs = [
      [got.value, wanted.value],
      [got.params.coupling, wanted.params.coupling],
      [got.params.drag, wanted.params.drag],
      [got.state.x, wanted.state.x],
      [got.state.v, wanted.state.v],
      [got.state.work, wanted.state.work],
    ] as const;
    for (const [a, b] of pairs) expect(relativeDifference(list(a), list(b))).toBeLessThan(tolerance);
  });
});

it('agrees with finite differences', async () => {
  const program = await compileNative(looped(20), [...specsOf('float64')]);
  const [params, state] = inputsOf('float64');
  const { params: slopes, state: first } = await program.run(params, state);
  const valueAt = async (coupling: number[], x: number[]): Promise<number> => {
    const changed = [
      { ...params, coupling: tensor('float64', [4, 4], coupling) },
      { ...state, x: tensor('float64', [4, 3], x) },
    ] as const;
    return list((await program.run(...changed)).value)[0] ?? Number.NaN;
  };
  const [coupling, x] = [list(params.coupling), list(state.x)];
  const h = 1e-5;
  for (const k of [0, 5, 11]) {
    const moved = (values: number[], by: number): number[] => values.with(k, (values[k] ?? 0) + by);
    const forCoupling = ((await valueAt(moved(coupling, h), x)) - (await valueAt(moved(coupling, -h), x))) / (2 * h);
    const forState = ((await valueAt(coupling, moved(x, h))) - (await valueAt(coupling, moved(x, -h)))) / (2 * h);
    expect(list(slopes.coupling)[k]).toBeCloseTo(forCoupling, 7);
    expect(list(first.x)[k]).toBeCloseTo(forState, 7);
  }
});

it('is one graph, no larger for a million steps than for a hundred', () => {
  const made = (steps: number) => lower(trace(looped(steps), [...specsOf('float32')]));
  const [hundred, million] = [made(100), made(1_000_000)];
  expect(hundred.report.nodes).toBe(million.report.nodes);
  expect(million.bytes.length).toBeLessThan(hundred.bytes.length + 100);
  expect(million.report.byOperator.Loop).toBe(2);
});

it('runs two thousand steps', async () => {
  const program = await compileNative(looped(2000), [...specsOf('float64')], { threads: 1 });
  const { value, params } = await program.run(...inputsOf('float64'));
  expect([...list(value), ...list(params.coupling)].every(Number.isFinite)).toBe(true);
});

it('serves every batch size', async () => {
  const problem = unrolledValueAndGrad({
    step: (w: Traced, s: Traced) => np.tanh(np.matmul(s, w)),
    loss: (s: Traced) => s.mul(s).sum(),
    steps: 9,
  });
  const spec = (...shape: (number | 'batch')[]): Spec => ({ shape, dtype: 'float64' });
  const program = await compileNative(problem, [spec(5, 5), spec('batch', 5)]);
  for (const batch of [1, 4]) {
    const fixed = await compileNative(problem, [spec(5, 5), spec(batch, 5)]);
    const inputs = [numbersAt(spec(5, 5), 1), numbersAt(spec(batch, 5), 2)] as const;
    const [got, wanted] = [await program.run(...inputs), await fixed.run(...inputs)];
    expect(got.state.shape).toEqual([batch, 5]);
    expect(relativeDifference(list(got.params), list(wanted.params))).toBeLessThan(1e-10);
    expect(relativeDifference(list(got.state), list(wanted.state))).toBeLessThan(1e-10);
  }
});

it('gives the same on the tracer itself', () => {
  const problem = unrolledValueAndGrad({
    step: (a: Traced, s: Traced) => s.mul(a),
    loss: (s: Traced) => s.sum(),
    steps: 5,
  });
  const { value, params, state } = traced(problem)(np.array(2), np.array([1, 3]));
  expect([value.js(), params.js(), state.js()]).toEqual([128, 4 * 80, [32, 32]]);
});

describe('is refused', () => {
  const scalar: Spec = { shape: [], dtype: 'float32' };
  const simple = { step: (a: Traced, s: Traced) => s.mul(a), loss: (s: Traced) => s };
  it.each([{ steps: 0 }, { steps: 2.5 }, { steps: 4, segment: 0 }])('%o', counts => {
    expect(() => unrolledValueAndGrad({ ...simple, ...counts })).toThrow(
      expect.objectContaining({ code: 'SPEC_INVALID' }),
    );
  });
  it('a state of whole numbers', () => {
    const fn = unrolledValueAndGrad({ ...simple, steps: 3 });
    expect(() => trace(fn, [scalar, { shape: [], dtype: 'int32' }])).toThrow('the state');
  });
});
