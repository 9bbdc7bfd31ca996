// The element types that docs/primitives.md states are those in which each primitive compiles and runs, no more and no fewer.
import { compileNative, grad, lax, np, random, ready, type Spec, type Traced } from 'galerkin/compile';
import { beforeAll, expect, it } from 'vitest';
import { tensor } from './parity.js';
import { rows } from './rows/page.js';

beforeAll(ready);

const dtypes: readonly Spec['dtype'][] = ['float32', 'float64', 'float16', 'int32', 'uint32', 'bool'];
const shape = [4, 4];
const first = np.array(new Int32Array([0, 2]));

/** A small use of each primitive on a square matrix. */
const uses: Readonly<Record<string, (x: Traced) => Traced | readonly Traced[]>> = {
  add: x => x.add(x.transpose()),
  mul: x => x.mul(x.transpose()),
  idiv: x => np.floorDivide(x, x.transpose()),
  mod: x => x.mod(x.transpose()),
  min: x => np.minimum(x, x.transpose()),
  max: x => np.maximum(x, x.transpose()),
  bit_combine: x => np.bitwiseAnd(x, x.transpose()),
  bit_shift: x => np.leftShift(x, x.transpose()),
  bit_count: x => np.bitwiseCount(x),
  neg: x => x.neg(),
  reciprocal: x => np.reciprocal(x),
  floor: x => np.floor(x),
  ceil: x => np.ceil(x),
  stop_gradient: x => lax.stopGradient(x).add(x),
  cast: x => [x.astype(np.float32), x.astype(np.int32), x.astype(np.bool), x.astype(np.float64)],
  bitcast: x => [lax.bitcastConvertType(x, np.uint32), lax.bitcastConvertType(x, np.float32)],
  sin: x => np.sin(x),
  cos: x => np.cos(x),
  asin: x => np.asin(x),
  atan: x => np.atan(x),
  exp: x => np.exp(x),
  log: x => np.log(x),
  erf: x => lax.erf(x),
  erfc: x => lax.erfc(x),
  sqrt: x => np.sqrt(x),
  reduce: x => [np.sum(x, 0), np.prod(x, 1), np.max(x, 0), np.min(x, 1)],
  dot: x => np.matmul(x, x),
  conv: x => lax.conv(x.reshape([1, 1, 4, 4]), x.reshape([1, 1, 4, 4]), [1, 1], 'SAME'),
  pool: x => lax.reduceWindow(x, window => window.max(), [2, 2], [1, 1]),
  pool_transpose: x => grad((y: Traced) => lax.reduceWindow(y, window => window.sum(), [2, 2], [1, 1]).sum())(x),
  compare: x => [x.less(x.transpose()), x.equal(x.transpose())],
  where: x => np.where(x.equal(x.transpose()), x, x.transpose()),
  concatenate: x => np.concatenate([x, x.transpose()], 0),
  split: x => np.split(x, 2, 0),
  random_bits: x => random.bits(x.slice(0, [0, 2]), [3]),
  gather: x => np.take(x, first, 0),
  transpose: x => x.transpose(),
  broadcast: x => np.broadcastTo(x, [2, 4, 4]),
  reshape: x => x.transpose().reshape([2, 8]),
  flip: x => np.flip(x, 0),
  shrink: x => x.slice([0, 2]),
  pad: x => np.pad(x, 1),
  sort: x => np.sort(x, 0),
  argsort: x => np.argsort(x, 0),
  scatter: x => grad((y: Traced) => np.take(y, first, 0).sum())(x),
  triangular_solve: x => lax.linalg.triangularSolve(x, x, { leftSide: true, lower: true }),
  cholesky: x => lax.linalg.cholesky(x),
  lu: x => lax.linalg.lu(x),
  jacobi_eigh: x => lax.linalg.eigh(x)[0],
  fft: x => np.fft.fft({ real: x, imag: x }).real,
};

/** Whether the tracer and we compile it, and the runtime opens and runs it. */
async function runs(use: (x: Traced) => unknown, dtype: Spec['dtype']): Promise<boolean> {
  try {
    const program = await compileNative((x: Traced) => use(x), [{ shape, dtype }], { threads: 1 });
    await program.run(
      tensor(
        dtype,
        shape,
        Array.from({ length: 16 }, (_, k) => (k % 5 === 0 ? 4 : 1)),
      ),
    );
    await program.close();
    return true;
  } catch {
    return false;
  }
}

it.each(Object.entries(uses))('%s', async (primitive, use) => {
  const stated = rows.find(row => row.primitive === primitive)?.dtypes ?? [];
  const found: Spec['dtype'][] = [];
  for (const dtype of dtypes) if (await runs(use, dtype)) found.push(dtype);
  expect(found).toEqual(dtypes.filter(dtype => stated.includes(dtype)));
});

it('covers every primitive but calls', () => {
  expect(Object.keys(uses)).toEqual(rows.map(({ primitive }) => primitive).filter(primitive => primitive !== 'jit'));
});
