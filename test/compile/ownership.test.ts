// Model code without reference counts: while a function is traced, arrays may be used any number of times or not at all.
import {
  compileNative,
  grad,
  jit,
  jvp,
  linearize,
  np,
  ready,
  type Traced,
  trace,
  traced,
  tree,
  valueAndGrad,
  vjp,
  vmap,
} from 'galerkin/compile';
import { beforeAll, describe, expect, it } from 'vitest';
import { f32, sample } from './parity.js';

beforeAll(ready);

const cube = (x: Traced): Traced => x.mul(x).mul(x).add(x);
const x3 = { shape: [3], dtype: 'float32' } as const;
const tensor = (...values: number[]) => ({
  dtype: 'FP32' as const,
  shape: [values.length],
  data: Float32Array.from(values),
});

async function values(fn: (...args: Traced[]) => Traced, ...inputs: number[][]): Promise<number[]> {
  const program = await compileNative(
    fn,
    inputs.map(list => ({ shape: [list.length], dtype: 'float32' as const })),
  );
  const result = await program.run(...inputs.map(list => tensor(...list)));
  await program.close();
  return Array.from(result.data, Number).map(value => Math.round(value * 1e4) / 1e4);
}

describe('an array in a traced function', () => {
  it('may be used several times', async () => {
    expect(await values(cube, [1, 2, 3])).toEqual([2, 10, 30]);
  });

  it('may go unused', async () => {
    expect(await values((a, _b) => a.add(1), [1], [9])).toEqual([2]);
  });

  it('may still be counted by hand', async () => {
    expect(await values(a => a.ref.mul(a.ref).add(a), [2])).toEqual([6]);
    const byHand = (a: Traced, b: Traced): Traced => {
      b.dispose();
      tree.dispose({ b });
      return tree.ref([a])[0]?.mul(a) ?? a;
    };
    expect(await values(byHand, [2], [1])).toEqual([4]);
  });
});

describe('the same inside a transformation', () => {
  const sum = (x: Traced): Traced => cube(x).sum();
  it.each<[string, (x: Traced) => Traced, number[]]>([
    ['grad', x => grad(sum)(x).add(x), [5, 15, 31]],
    ['grad of grad', x => grad((y: Traced) => grad(sum)(y).mul(y).sum())(x), [10, 37, 82]],
    ['valueAndGrad', x => valueAndGrad(sum)(x).reduce((a, b) => a.add(b)), [46, 55, 70]],
    [
      'vjp',
      x => {
        const [y, pull] = vjp(cube, [x]);
        return pull(y)[0]?.add(x).add(y) ?? y;
      },
      [11, 142, 873],
    ],
    [
      'jvp',
      x => {
        const [y, dy] = jvp(cube, [x], [x]);
        return y.add(dy).add(x);
      },
      [7, 38, 117],
    ],
    [
      'linearize',
      x => {
        const [y, push] = linearize(cube, [x]);
        return push(x).add(push(y)).add(x);
      },
      [13, 158, 927],
    ],
    ['vmap', x => vmap((a: Traced) => a.mul(a).add(x.sum()).add(a))(x), [8, 12, 18]],
    ['jit', x => jit(cube)(x).add(jit(cube)(x)).add(x), [5, 22, 63]],
    ['jit in grad in vmap', x => vmap(grad((a: Traced) => jit(cube)(a).mul(a)))(x), [6, 36, 114]],
  ])('%s', async (_name, fn, wanted) => {
    expect(await values(fn, [1, 2, 3])).toEqual(wanted);
  });
});

describe('results that are made from each other', () => {
  type Chain = { once: Traced; twice: Traced; again: Traced };
  const chain = (x: Traced): Chain => {
    const once = np.sin(x);
    return { once, twice: once.mul(once), again: once };
  };
  const at = [0.3, -1, 2];
  const slopes = at.map(x => expect.closeTo(Math.cos(x) * (2 + 2 * Math.sin(x)), 3));
  it('are taken back by vjp', async () => {
    const pulled = (x: Traced): Traced => {
      const [y, pull] = vjp(chain, [x]);
      return pull(tree.map((leaf: Traced) => np.onesLike(leaf), y))[0] ?? x;
    };
    expect(await values(pulled, at)).toEqual(slopes);
    expect(await values(jit(pulled), at)).toEqual(slopes);
  });
  it('are pushed by linearize, beside what is only carried along', async () => {
    const pushed = (x: Traced): Traced => {
      const [, push, carried] = linearize((a: Traced): [Chain, { a: Traced }] => [chain(a), { a }], [x], {
        hasAux: true,
      });
      const { once, twice, again } = push(np.onesLike(x));
      return once.add(twice).add(again).add(carried.a.mul(0));
    };
    expect(await values(pushed, at)).toEqual(slopes);
  });
});

describe('an array from outside', () => {
  it('is not consumed, however often the function uses it', async () => {
    const table = np.array([1, 2, 4]);
    const scale = np.array(3);
    const fn = (x: Traced): Traced =>
      x
        .mul(table)
        .add(table)
        .mul(scale)
        .add(grad((y: Traced) => y.mul(table).mul(scale).sum())(x));
    expect(await values(fn, [1, 1, 1])).toEqual([9, 18, 36]);
    expect([table.refCount, scale.refCount]).toEqual([1, 1]);
    expect(await values(x => x.mul(table.ref), [1, 1, 1])).toEqual([1, 2, 4]);
    expect(table.js()).toEqual([1, 2, 4]);
  });

  it('may be read while the function is traced', async () => {
    const table = np.array([1, 2, 4]);
    expect(await values(x => x.add(Number((table.js() as number[])[2])).mul(table), [1, 1, 1])).toEqual([5, 10, 20]);
    expect(table.refCount).toBe(1);
  });

  it('keeps its count when the function throws', () => {
    const table = np.array([1, 2, 4]);
    const fn = (x: Traced): Traced => {
      jit((y: Traced) => y.mul(table))(x);
      throw new Error('no more');
    };
    expect(() => trace(fn, [x3])).toThrow('no more');
    expect(table.refCount).toBe(1);
  });

  it('is refused when it has been freed', () => {
    const table = np.array([1, 2, 4]);
    table.dispose();
    expect(() => trace((x: Traced) => x.mul(table), [x3])).toThrow(expect.objectContaining({ code: 'TRACE_FAILED' }));
  });

  it('may be made and kept by the function itself', async () => {
    let kept: Traced | undefined;
    const fn = (x: Traced): Traced => {
      kept ??= np.array([1, 2, 4]);
      return x
        .mul(kept)
        .add(kept)
        .add(np.array([5, 6, 7]));
    };
    const program = trace(fn, [{ shape: ['batch', 3], dtype: 'float32' }]);
    expect(program.recordings).toHaveLength(3);
    expect(kept?.refCount).toBe(1);
  });
});

describe('outside of a trace', () => {
  it('the tracer counts as ever, also after a failure', () => {
    expect(() =>
      trace(
        (_: Traced): Traced => {
          throw new Error('no');
        },
        [x3],
      ),
    ).toThrow('no');
    const x = np.array([1, 2]);
    x.ref.mul(x).dispose();
    expect(() => x.add(1)).toThrow(/freed/);
    expect(() => jit((y: Traced) => y.mul(y))(np.array([1, 2]))).toThrow(/freed/);
  });

  it('traced() runs such a function on the tracer itself, and compiles it once', () => {
    const table = np.array([1, 2, 4]);
    let calls = 0;
    const fn = traced((x: Traced, weights: { a: Traced }) => {
      calls++;
      return { y: x.mul(table).add(x).add(weights.a), slope: grad((z: Traced) => cube(z).sum())(x) };
    });
    for (const shift of [0, 1]) {
      const { y, slope } = fn(np.array([1, 2, 3]), { a: np.array(shift) });
      expect(y.js()).toEqual([2 + shift, 6 + shift, 15 + shift]);
      expect(slope.js()).toEqual([4, 13, 28]);
    }
    expect(calls).toBe(1);
    fn.dispose();
    expect(table.refCount).toBe(1);
  });
});

it('random numbers of programs are the same, counted or not', async () => {
  const counted = (x: Traced): Traced => np.sin(x.ref).mul(x.ref).add(np.exp(x.ref).mul(x));
  const plain = (x: Traced): Traced => np.sin(x).mul(x).add(np.exp(x).mul(x));
  const list = [...sample(f32(8), 3).values];
  expect(await values(plain, list)).toEqual(await values(counted, list));
});

it('numbers in the text of a function keep their digits', async () => {
  const fn = (x: Traced): Traced =>
    grad((y: Traced) =>
      jit((z: Traced) => z.mul(0.1))(y)
        .mul(0.7)
        .add(y.mul(y).mul(1 / 3))
        .sum(),
    )(x).add(0.2);
  const program = await compileNative(fn, [{ shape: [1], dtype: 'float64' }]);
  const { data } = await program.run({ dtype: 'FP64', shape: [1], data: Float64Array.of(3) });
  expect(Number(data[0])).toBeCloseTo(0.1 * 0.7 + 2 + 0.2, 14);
  expect(traced(fn)(np.array([3], { dtype: np.float64 })).js()).toEqual([Number(data[0])]);
});
