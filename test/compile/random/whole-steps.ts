// Steps on whole numbers: exact, so that results must agree to the last bit.
import { np, type Traced } from 'galerkin/compile';
import type { Step } from './steps.js';
import { pick } from './steps.js';

/** The second array, or its largest number where it has another shape. */
const beside = (x: Traced, y: Traced): Traced => (`${x.shape}` === `${y.shape}` ? y.ref : np.max(y.ref));

const binary =
  (combine: (a: Traced, b: Traced) => Traced): Step =>
  ({ x, y }) =>
    combine(x.ref, beside(x, y));
const onAxis =
  (apply: (a: Traced, axis: number) => Traced): Step =>
  ({ x, random }) =>
    x.ndim === 0 ? undefined : apply(x.ref, random.integer(x.ndim));
/** Between 1 and 8: divisors and amounts of shifts. */
const positive = (y: Traced): Traced => np.bitwiseAnd(y, np.array(7, { dtype: np.int32 })).add(1);

export const wholeSteps: Readonly<Record<string, Step>> = {
  add: binary((a, b) => a.add(b)),
  sub: binary((a, b) => a.sub(b)),
  mul: binary((a, b) => a.mul(b)),
  floorDivide: binary((a, b) => np.floorDivide(a, positive(b))),
  mod: binary((a, b) => a.mod(positive(b))),
  minimum: binary((a, b) => np.minimum(a, b)),
  maximum: binary((a, b) => np.maximum(a, b)),
  and: binary((a, b) => np.bitwiseAnd(a, b)),
  or: binary((a, b) => np.bitwiseOr(a, b)),
  xor: binary((a, b) => np.bitwiseXor(a, b)),
  left: binary((a, b) => np.leftShift(a, positive(b))),
  right: binary((a, b) => np.rightShift(a, positive(b))),
  count: ({ x }) => np.bitwiseCount(x.ref),
  words: ({ x, y }) => np.maximum(x.ref.astype(np.uint32), beside(x, y).astype(np.uint32)).astype(np.int32),
  where: binary((a, b) => np.where(a.ref.less(b.ref), a, b.mul(3))),
  masks: binary((a, b) => a.ref.greaterEqual(b.ref).mul(a.notEqual(b)).astype(np.int32)),
  choose: binary((a, b) => np.where(a.ref.less(b.ref), a.ref.equal(3), a.greater(b)).astype(np.int32)),
  sort: onAxis((a, axis) => np.sort(a, axis)),
  argsort: onAxis((a, axis) => np.argsort(a, axis)),
  sum: onAxis((a, axis) => np.sum(a, axis)),
  prod: onAxis((a, axis) => np.prod(a, axis)),
  max: onAxis((a, axis) => np.max(a, axis)),
  all: onAxis((a, axis) => np.all(a.notEqual(0), axis).astype(np.int32)),
  any: onAxis((a, axis) => np.any(a.greater(1), axis).astype(np.int32)),
  cumsum: onAxis((a, axis) => np.cumsum(a, axis)),
  argmax: onAxis((a, axis) => np.argmax(a, axis)),
  flip: onAxis((a, axis) => np.flip(a, axis)),
  gram: ({ x }) => (x.ndim < 2 ? undefined : np.einsum('...ij,...kj->...ik', x.ref, x.ref)),
  flatten: ({ x }) => x.ref.reshape([x.size]),
  concatenate: onAxis((a, axis) => np.concatenate([a.ref, a.neg()], axis)),
  take: ({ x, random }) => {
    if (x.ndim === 0) return undefined;
    const axis = random.integer(x.ndim);
    const size = x.shape[axis] ?? 1;
    const positions = Int32Array.from({ length: pick(random, [1, 2, 5]) }, () => random.integer(size));
    return np.take(x.ref, np.array(positions), axis);
  },
};
