// Reading ahead: a unit and its gradient cost the fewest passes over memory, and give what the tracer gives.
import { compileNative, grad, lax, lower, np, ready, type Traced, trace } from 'galerkin/compile';
import { beforeAll, describe, expect, it } from 'vitest';
import { f32, parity, tensor } from './parity.js';

beforeAll(ready);

const operators = (fn: (...args: Traced[]) => unknown, ...specs: ReturnType<typeof f32>[]) =>
  lower(trace(fn, specs)).report.byOperator;

const gelu = (x: Traced): Traced => x.ref.mul(0.5).mul(lax.erf(x.mul(Math.SQRT1_2)).add(1));

describe('the Gaussian error linear unit', () => {
  const layer = (x: Traced, w: Traced, v: Traced): Traced => np.matmul(gelu(np.matmul(x, w)), v).sum();

  it('is one operator in a forward pass, in any order of its factors', () => {
    const forms: ((x: Traced) => Traced)[] = [
      gelu,
      x => x.ref.mul(lax.erf(x.mul(Math.SQRT1_2)).add(1).mul(0.5)),
      x => x.ref.mul(lax.erf(x.mul(Math.SQRT1_2)).add(1)).mul(0.5),
    ];
    for (const form of forms) expect(operators(form, f32(4, 5))).toEqual({ Gelu: 1 });
  });

  it('is not taken for one with other numbers', () => {
    expect(operators(x => x.ref.mul(0.4).mul(lax.erf(x.mul(Math.SQRT1_2)).add(1)), f32(4, 5)).Gelu).toBeUndefined();
    expect(operators(x => x.ref.mul(0.5).mul(lax.erf(x.mul(0.7)).add(1)), f32(4, 5)).Gelu).toBeUndefined();
    expect(operators(x => x.ref.mul(0.5).mul(lax.erf(x.mul(Math.SQRT1_2)).add(2)), f32(4, 5)).Gelu).toBeUndefined();
  });

  it('costs nine passes with its gradient: numbers go to the weights and into the exponent, da is multiplied once', () => {
    const fn = (x: Traced, w: Traced, v: Traced) => grad(layer, { argnums: [0] })(x, w, v);
    const made = operators(fn, f32(512, 8), f32(8, 64), f32(64, 4));
    const large = operators(
      (x, w, v) => grad(layer, { argnums: [0, 1, 2] })(x, w, v),
      f32(512, 8),
      f32(8, 64),
      f32(64, 4),
    );
    // Erf, +1, the unit itself; the square, Sub, Exp, two products and a sum; and numbers on small arrays.
    expect(large).toMatchObject({ Erf: 1, Exp: 1, Sub: 1, Add: 2 });
    expect(large.Neg).toBeUndefined();
    expect(made.Neg).toBeUndefined();
  });

  it('and its gradients are what the tracer gives', async () => {
    const fn = (x: Traced, w: Traced, v: Traced) => [...grad(layer, { argnums: [0, 1, 2] })(x, w, v)];
    const { difference } = await parity(fn, [f32(512, 8), f32(8, 64), f32(64, 4)]);
    expect(difference).toBeLessThan(1e-5);
  });
});

describe('numbers wanted later', () => {
  const cases: readonly [string, (x: Traced, w: Traced) => Traced[]][] = [
    ['by one function', (x, w) => [np.sin(np.matmul(x, w).mul(3))]],
    [
      'by functions that disagree',
      (x, w) => {
        const y = np.matmul(x, w);
        return [np.sin(y.ref.mul(3)), np.cos(y.ref.mul(-2)), y];
      },
    ],
    [
      'by a function and a result',
      (x, w) => {
        const y = np.matmul(x, w);
        return [np.sin(y.ref.mul(0.3)), y.mul(2)];
      },
    ],
    [
      'through sums and shapes',
      (x, w) => {
        const y = np.matmul(x.ref, w.ref).add(w.sum(0)).transpose();
        return [np.sin(y.ref.mul(1.5).reshape([-1])), y.mul(y.ref), x.sum()];
      },
    ],
    [
      'that are huge, tiny and negative',
      (x, w) => {
        const y = np.matmul(x, w);
        return [np.sin(y.ref.mul(1e9).mul(1e-9)), np.sin(y.ref.mul(-1e-8)).mul(1e8), lax.erf(y.mul(-0.5))];
      },
    ],
    [
      'of exponentials',
      (x, w) => {
        const y = np.matmul(x, w);
        const bell = (scale: number): Traced => np.exp(y.ref.mul(y.ref).neg()).mul(scale);
        const all = [bell(2), bell(1e-3), bell(-3), np.exp(y.ref).mul(5), np.exp(y.ref.neg()).mul(2).add(1)];
        y.dispose();
        return all;
      },
    ],
  ];
  it.each(cases)('%s', async (_name, fn) => {
    const { difference } = await parity((x, w) => fn(x, w), [f32(64, 3), f32(3, 5)]);
    expect(difference).toBeLessThan(1e-5);
  });

  it('go onto the weights', () => {
    const made = operators((x: Traced, w: Traced) => np.sin(np.matmul(x, w).mul(3)), f32(64, 3), f32(3, 5));
    expect(made).toEqual({ Mul: 1, MatMul: 1, Sin: 1 });
  });

  it('leave whole numbers alone', async () => {
    const native = await compileNative(
      (x: Traced, w: Traced) => np.matmul(x, w).mul(3).less(10),
      [
        { shape: [64, 3], dtype: 'int32' },
        { shape: [3, 5], dtype: 'int32' },
      ],
    );
    const result = await native.run(
      tensor(
        'int32',
        [64, 3],
        Array.from({ length: 192 }, (_, k) => k % 5),
      ),
      tensor(
        'int32',
        [3, 5],
        Array.from({ length: 15 }, (_, k) => k % 3),
      ),
    );
    const expected = Array.from({ length: 320 }, (_, at) => {
      const [row, column] = [Math.floor(at / 5), at % 5];
      let sum = 0;
      for (let k = 0; k < 3; k++) sum += ((row * 3 + k) % 5) * ((k * 5 + column) % 3);
      return Number(3 * sum < 10);
    });
    expect(Array.from(result.data, Number)).toEqual(expected);
    await native.close();
  });
});

describe('sums of products', () => {
  it('with a common factor multiply by it once', () => {
    const fn = (a: Traced, b: Traced, c: Traced): Traced => a.ref.mul(b).add(a.mul(c));
    expect(operators(fn, f32(4), f32(4), f32(4))).toEqual({ Mul: 1, Add: 1 });
  });

  it('give what the tracer gives: with numbers, signs, longer products, other readers and repeats', async () => {
    const fn = (a: Traced, b: Traced, c: Traced): Traced[] => {
      const product = a.ref.mul(b.ref);
      return [
        a.ref.mul(b.ref).mul(3).sub(a.ref.mul(c.ref).mul(0.5)),
        a.ref.mul(b.ref).mul(c.ref).add(c.ref.mul(a.ref)),
        product.ref.add(a.ref.mul(c.ref)),
        product,
        a.ref.mul(a.ref).add(a.ref.mul(b.ref)),
        a.ref.mul(b.ref.sum(0)).add(a.ref.mul(c.ref)),
        a.ref.mul(b).transpose().add(a.mul(c).transpose()),
      ];
    };
    const { difference } = await parity(fn, [f32(4, 5), f32(4, 5), f32(4, 5)]);
    expect(difference).toBeLessThan(1e-5);
  });
});
