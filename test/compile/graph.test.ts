// What graphs are made of: no dead nodes, no repeats written out, each equal node once; and every odd form of inputs and outputs.
import { compileNative, grad, jit, lower, np, ready, type Traced, trace } from 'galerkin/compile';
import { openSession } from 'galerkin/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { f32, parity, sample, tensor } from './parity.js';

beforeAll(ready);

const operators = (fn: (...args: Traced[]) => unknown, specs: ReturnType<typeof f32>[]) =>
  lower(trace(fn, specs)).report.byOperator;

describe('a graph', () => {
  it('holds nothing that no output needs', () => {
    const fn = (a: Traced, b: Traced): Traced => {
      np.sin(a.ref).dispose();
      np.exp(b).dispose();
      return a.add(1);
    };
    expect(operators(fn, [f32(3), f32(3)])).toEqual({ Add: 1 });
  });

  it('computes equal values once', () => {
    const twice = operators((a: Traced) => np.sin(a.ref).add(np.sin(a).mul(2)), [f32(3)]);
    expect(twice.Sin).toBe(1);
  });

  it('never writes out repeats for a product with a bias and its gradient', () => {
    const fn = (x: Traced, w: Traced, b: Traced) =>
      grad((weight: Traced, bias: Traced) => np.sin(np.matmul(x, weight).add(bias)).sum(), { argnums: [0, 1] })(w, b);
    const made = operators(fn, [f32(4, 6, 5), f32(5, 7), f32(7)]);
    expect(made.Expand ?? 0).toBe(0);
    expect((made.MatMul ?? 0) + (made.FusedMatMul ?? 0)).toBe(2);
    expect(made.Transpose ?? 0).toBe(0);
  });

  it('contracts by one product where letters are shared', () => {
    const made = operators((a: Traced, b: Traced) => np.einsum('bchw,cd->bdhw', a, b), [f32(2, 3, 8, 8), f32(3, 4)]);
    expect((made.MatMul ?? 0) + (made.FusedMatMul ?? 0)).toBe(1);
    expect(made.Mul ?? 0).toBe(0);
  });

  it('turns a subtraction and a division into one node each', () => {
    expect(operators((a: Traced, b: Traced) => a.sub(b), [f32(3), f32(3)])).toEqual({ Sub: 1 });
    expect(operators((a: Traced, b: Traced) => a.div(b), [f32(3), f32(3)])).toEqual({ Div: 1 });
  });

  it('is the same bytes each time', () => {
    const bytes = () => lower(trace((a: Traced) => np.tanh(a).sum(), [f32(3, 4)])).bytes;
    expect(Buffer.from(bytes()).equals(bytes())).toBe(true);
  });

  it('keeps constants of equal values as one number', () => {
    const { report } = lower(trace((a: Traced) => a.add(np.ones([100, 100])), [f32(100, 100)]));
    expect(report.constantBytes).toBeLessThan(100);
  });
});

describe('inputs and outputs', () => {
  const run = async (fn: (...args: Traced[]) => Traced[], specs: ReturnType<typeof f32>[]) =>
    (await parity(fn, specs)).difference;

  it('unused inputs are allowed', async () => {
    const fn = (a: Traced, b: Traced): Traced[] => {
      b.dispose();
      return [a.add(1)];
    };
    expect(await run(fn, [f32(3), f32(2)])).toBeLessThan(1e-6);
  });
  it('outputs may be inputs', async () => {
    expect(await run((a, b) => [b, a], [f32(3), f32(2)])).toBe(0);
  });
  it('outputs may be given twice', async () => {
    const fn = (a: Traced): Traced[] => {
      const y = np.sin(a);
      return [y.ref, y.ref, y];
    };
    expect(await run(fn, [f32(3)])).toBeLessThan(1e-5);
  });
  it('outputs may be used by other outputs', async () => {
    const fn = (a: Traced): Traced[] => {
      const y = np.sin(a);
      return [y.ref, np.cos(y.ref), y.sum()];
    };
    expect(await run(fn, [f32(3)])).toBeLessThan(1e-5);
  });
  it('outputs may be scalars, constants, repeats and transposes', async () => {
    const fn = (a: Traced): Traced[] => [
      a.ref.sum(),
      np.ones([2, 2]),
      np.array([1, 2, 3]),
      np.broadcastTo(a.ref, [2, 3]),
      a.reshape([3, 1]).transpose(),
    ];
    expect(await run(fn, [f32(3)])).toBeLessThan(1e-5);
  });
  it('inner compiled functions are walked', async () => {
    const inner = jit((x: Traced, y: Traced) => [x.ref.mul(y), x]);
    expect(await run((a, b) => inner(a, b), [f32(3), f32(3)])).toBeLessThan(1e-6);
  });
  it('trees keep their form', async () => {
    const fn = (args: { a: Traced; list: [Traced, { b: Traced }] }) => ({
      sum: args.a.add(args.list[0]),
      nested: [{ b: args.list[1].b }],
    });
    const native = await compileNative(fn, [{ a: f32(2), list: [f32(2), { b: f32(1) }] }]);
    const two = (...values: number[]) => tensor('float32', [values.length], values);
    const result = await native.run({ a: two(1, 2), list: [two(3, 4), { b: two(5) }] });
    expect(result.sum.data).toEqual(Float32Array.of(4, 6));
    expect(result.nested[0]?.b.data).toEqual(Float32Array.of(5));
    expect(native.program.inputs.map(({ path }) => path)).toEqual(['0.a', '0.list.0', '0.list.1.b']);
    await native.close();
  });
  it('names can be given', async () => {
    const model = lower(
      trace((a: Traced) => a.add(1), [f32(2)]),
      { inputNames: ['a'], outputNames: ['u'] },
    );
    const session = await openSession(model.bytes);
    expect(session.inputs).toEqual([{ name: 'a', dtype: 'FP32', shape: [2] }]);
    expect((await session.run({ a: tensor('float32', [2], [1, 2]) })).u?.data).toEqual(Float32Array.of(2, 3));
    await session.close();
  });
  it('names that do not fit are refused', () => {
    const program = trace((a: Traced, b: Traced) => a.add(b), [f32(2), f32(2)]);
    const refused: readonly (readonly string[])[] = [
      ['a', 'a'],
      ['a'],
      ['a', 'b', 'c'],
      ['a', ''],
      ['a', '#t0'],
      ['a', 'out'],
    ];
    for (const inputNames of refused) expect(() => lower(program, { inputNames })).toThrow('2 and 1 different names');
  });
});

it('forty unrolled layers and their gradient compile', async () => {
  const layers = Array.from({ length: 40 }, (_, k) => sample(f32(8, 8), 100 + k));
  const net = (x: Traced): Traced =>
    layers.reduce(
      (h, { values }) => np.tanh(np.matmul(h, np.array(Float32Array.from(values)).reshape([8, 8]).mul(0.3))),
      x,
    );
  const { difference } = await parity(x => [grad((y: Traced) => net(y).sum())(x)], [f32(4, 8)]);
  expect(difference).toBeLessThan(1e-5);
}, 60_000);

it('constants of the function survive tracing, and nothing of the tracer is kept', () => {
  const weights = np.array(Float32Array.from({ length: 2000 }, (_, k) => k)).reshape([20, 100]);
  const before = weights.refCount;
  trace((a: Traced) => np.matmul(a, weights.ref), [f32(3, 20)]);
  expect(weights.refCount).toBe(before);
  weights.dispose();
});
