// The steps that random programs are made of: each takes arrays from a pool, and parameters from a stream of random numbers.
import type { Random } from 'galerkin/base';
import { jit, lax, nn, np, type Traced, vmap } from 'galerkin/compile';

/** One step on a float array and others of the pool; undefined where it does not fit. */
export type Step = (draw: Draw) => Traced | undefined;

/** What a step may draw from. Arrays are borrowed: every use takes a reference of its own. */
export interface Draw {
  readonly random: Random;
  /** A float array. */
  readonly x: Traced;
  /** Another one, perhaps the same. */
  readonly y: Traced;
  /** A mask made of arguments, which no rounding can turn. */
  readonly mask: Traced;
}

const most = 256;
const sizeOf = (shape: readonly number[]): number => shape.reduce((total, size) => total * size, 1);
export const pick = <T>(random: Random, from: readonly [T, ...T[]]): T => from[random.integer(from.length)] ?? from[0];
const axisOf = (random: Random, { shape }: Traced): number => random.integer(Math.max(shape.length, 1));

/** A random order of `count` axes. */
function order(random: Random, count: number): number[] {
  const left = Array.from({ length: count }, (_, axis) => axis);
  return Array.from({ length: count }, () => left.splice(random.integer(left.length), 1)[0] ?? 0);
}

/** The second array in a shape that broadcasts against the first: axes summed away from the front, or kept as 1. */
function fitting(x: Traced, y: Traced): Traced {
  let other = y.ref;
  while (other.ndim > x.ndim) other = np.mean(other, 0);
  const offset = x.ndim - other.ndim;
  other.shape.forEach((size, axis) => {
    if (size !== 1 && size !== x.shape[axis + offset] && x.shape[axis + offset] !== 1) {
      other = np.mean(other, axis, { keepdims: true });
    }
  });
  const result = other.shape.map((size, axis) => Math.max(size, x.shape[axis + offset] ?? 1));
  return sizeOf(result) * sizeOf(x.shape.slice(0, offset)) > most ? np.mean(other) : other;
}

const binary =
  (combine: (a: Traced, b: Traced) => Traced): Step =>
  ({ x, y }) =>
    combine(x.ref, fitting(x, y));
const unary =
  (apply: (a: Traced) => Traced): Step =>
  ({ x }) =>
    apply(x.ref);
/** Only for arrays with axes. */
const onAxis =
  (apply: (a: Traced, axis: number, random: Random) => Traced): Step =>
  ({ x, random }) =>
    x.ndim === 0 ? undefined : apply(x.ref, axisOf(random, x), random);

export const elementSteps: Readonly<Record<string, Step>> = {
  add: binary((a, b) => a.add(b)),
  sub: binary((a, b) => a.sub(b)),
  mul: binary((a, b) => a.mul(b).mul(0.5)),
  div: binary((a, b) => a.div(b.ref.mul(b).add(2))),
  maximum: binary((a, b) => np.maximum(a, b)),
  minimum: binary((a, b) => np.minimum(a, b)),
  hypot: binary((a, b) => np.sqrt(a.ref.mul(a).add(b.ref.mul(b)).add(1))),
  neg: unary(a => a.neg()),
  scale: ({ x, random }) => x.ref.mul(pick(random, [0.5, -1.5, 1e-3, 2])),
  shift: ({ x, random }) => x.ref.add(random.normal()),
  sin: unary(a => np.sin(a)),
  cos: unary(a => np.cos(a)),
  tanh: unary(a => np.tanh(a)),
  exp: unary(a => np.exp(np.tanh(a))),
  log: unary(a => np.log(a.ref.mul(a).add(1.5))),
  sqrt: unary(a => np.sqrt(a.ref.mul(a).add(0.5))),
  reciprocal: unary(a => np.reciprocal(np.square(a).add(1.5))),
  atan: unary(a => np.atan(a)),
  erf: unary(a => lax.erf(a)),
  erfc: unary(a => lax.erfc(a)),
  sigmoid: unary(a => nn.sigmoid(a)),
  silu: unary(a => nn.silu(a)),
  gelu: unary(a => nn.gelu(a)),
  exactGelu: unary(a => nn.gelu(a, { approximate: false })),
  relu: unary(a => nn.relu(a)),
  leakyRelu: unary(a => nn.leakyRelu(a)),
  softplus: unary(a => nn.softplus(a)),
  elu: unary(a => nn.elu(a)),
  where: ({ x, y, mask }) => {
    const other = fitting(x, y);
    const chosen = fitting(x, mask.astype(np.float32)).greater(0.5);
    return np.where(chosen, x.ref, other);
  },
  stop: unary(a => lax.stopGradient(a.ref).add(a)),
};

export const shapeSteps: Readonly<Record<string, Step>> = {
  transpose: ({ x, random }) => x.ref.transpose(order(random, x.ndim)),
  flatten: unary(a => a.reshape([a.size])),
  split: onAxis((a, axis) => {
    const size = a.shape[axis] ?? 1;
    const factor = [2, 3, 5].find(one => size % one === 0 && size > one) ?? 1;
    return a.reshape(a.shape.toSpliced(axis, 1, factor, size / factor));
  }),
  merge: ({ x }) => (x.ndim < 2 ? undefined : x.ref.reshape([x.shape[0] * x.shape[1], ...x.shape.slice(2)])),
  slice: onAxis((a, axis, random) => {
    const size = a.shape[axis] ?? 1;
    const start = random.integer(size);
    const range: [number, number] = [start, start + 1 + random.integer(size - start)];
    return a.slice(...a.shape.map((_, at): [] | [number, number] => (at === axis ? range : [])));
  }),
  take: onAxis((a, axis, random) => {
    const size = a.shape[axis] ?? 1;
    const positions = Int32Array.from({ length: 1 + random.integer(4) }, () => random.integer(size));
    return np.take(a, np.array(positions), axis);
  }),
  pad: onAxis((a, axis, random) => {
    const width: [number, number] = [random.integer(3), random.integer(2)];
    return np.pad(a, { [axis]: width });
  }),
  flip: onAxis((a, axis) => np.flip(a, axis)),
  concatenate: onAxis((a, axis, random) => np.concatenate([a.ref, a.mul(random.normal())], axis)),
  stack: ({ x, random }) => np.stack([x.ref, np.sin(x.ref)], random.integer(x.ndim + 1)),
  expand: ({ x, random }) => np.broadcastTo(x.ref, [1 + random.integer(3), ...x.shape]),
  roll: onAxis((a, axis) => np.roll(a, 1, axis)),
  sort: onAxis((a, axis) => np.sort(a, axis)),
};

export const sumSteps: Readonly<Record<string, Step>> = {
  sum: onAxis((a, axis, random) => np.sum(a, axis, { keepdims: random.integer(2) === 1 })),
  mean: onAxis((a, axis) => np.mean(a, axis)),
  max: onAxis((a, axis) => np.max(a, axis)),
  min: onAxis((a, axis) => np.min(a, axis)),
  prod: onAxis((a, axis) => np.prod(np.tanh(a), axis)),
  variance: onAxis((a, axis) => np.var_(a, axis)),
  softmax: onAxis((a, axis) => nn.softmax(a, axis)),
  logSoftmax: onAxis((a, axis) => nn.logSoftmax(a, axis)),
  logsumexp: onAxis((a, axis) => nn.logsumexp(a, axis)),
  cumsum: onAxis((a, axis) => np.cumsum(a, axis).mul(0.5)),
  gram: ({ x }) => (x.ndim < 2 ? undefined : np.einsum('...ij,...kj->...ik', x.ref, x.ref).mul(0.2)),
  outer: ({ x, y }) => {
    const [a, b] = [np.mean(x.ref.reshape([x.size])), y.ref.reshape([y.size])];
    return np.outer(a.reshape([1]), b);
  },
  matmul: ({ x, random }) => {
    if (x.ndim < 1) return undefined;
    const inner = x.shape[x.ndim - 1] ?? 1;
    const columns = 1 + random.integer(4);
    const weights = Float32Array.from({ length: inner * columns }, () => random.normal() / inner);
    return np.matmul(x.ref, np.array(weights).reshape([inner, columns]).astype(x.dtype));
  },
  convolve: ({ x, random }) => {
    const size = x.shape[x.ndim - 1] ?? 1;
    if (x.ndim < 1 || size < 3) return undefined;
    const weights = np.array(Float32Array.from({ length: 6 }, () => random.normal() / 2)).reshape([2, 1, 3]);
    return lax.conv(x.ref.reshape([x.size / size, 1, size]), weights.astype(x.dtype), [1], 'SAME');
  },
  jit: ({ x }) => jit((a: Traced) => np.sin(a.ref).mul(np.cos(a)))(x.ref),
  vmap: ({ x }) => (x.ndim < 2 ? undefined : vmap((row: Traced) => np.tanh(row).sum())(x.ref)),
};
