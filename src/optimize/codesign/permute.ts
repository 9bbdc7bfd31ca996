// Permutations of streams applied to a model: the elements of its constants change places, nothing else does.
import { GalerkinError, invariant } from '../../base/index.js';
import { type Constant, lengthOf, type Model } from '../../graph/index.js';
import type { Touch } from './streams.js';

/** Channel order: the k-th place takes what was channel order[k]. */
export type Permutation = readonly number[];

export interface PermutedStream {
  readonly touches: readonly Touch[];
  readonly permutation: Permutation;
}

export const identity = (size: number): number[] => Array.from({ length: size }, (_, k) => k);

export const isIdentity = (permutation: Permutation): boolean => permutation.every((from, to) => from === to);

/** The order that undoes another. */
export function inverseOf(permutation: Permutation): number[] {
  const inverse = identity(permutation.length);
  permutation.forEach((from, to) => {
    inverse[from] = to;
  });
  return inverse;
}

/** First `first`, then `next` of what came out. */
export const composed = (first: Permutation, next: Permutation): number[] => next.map(k => first[k]);

export function isPermutation(order: Permutation): boolean {
  const seen = new Set(order);
  return seen.size === order.length && order.every(k => Number.isInteger(k) && k >= 0 && k < order.length);
}

/** The constant with one axis reordered. */
export function permuteConstant(
  constant: Constant,
  touch: Omit<Touch, 'constant'>,
  permutation: Permutation,
): Constant {
  const { axis, outer, inner } = touch;
  const { shape, bytes } = constant;
  const size = permutation.length;
  invariant(
    shape[axis] === outer * size * inner,
    `axis ${axis} of '${constant.name}' has ${outer}·${size}·${inner} elements`,
  );
  const blocks = shape.slice(0, axis).reduce((product, each) => product * each, 1) * outer;
  const rowBytes = bytes.byteLength / (blocks * size);
  invariant(Number.isInteger(rowBytes), `elements of '${constant.name}' are whole bytes`);
  const moved = new Uint8Array(bytes.byteLength);
  for (let block = 0; block < blocks; block++) {
    const start = block * size * rowBytes;
    for (let k = 0; k < size; k++) {
      const from = start + permutation[k] * rowBytes;
      moved.set(bytes.subarray(from, from + rowBytes), start + k * rowBytes);
    }
  }
  return { ...constant, bytes: moved };
}

function checked({ touches, permutation }: PermutedStream, constants: ReadonlyMap<string, Constant>): void {
  const fail = (wanted: string, got: string): never => {
    throw new GalerkinError('OPTIMIZE_INPUT_INVALID', { what: 'permutation', wanted, got });
  };
  if (!isPermutation(permutation))
    fail(`each of 0 to ${permutation.length - 1} once`, `[${permutation.slice(0, 8)}, ...]`);
  for (const { constant, axis, outer, inner } of touches) {
    const found = constants.get(constant);
    if (found === undefined) fail(`a constant '${constant}' in the model`, 'none');
    else if (
      found.shape[axis] !== outer * permutation.length * inner ||
      (lengthOf(found) > 0 && found.bytes.length === 0)
    )
      fail(`${outer * permutation.length * inner} elements along axis ${axis} of '${constant}'`, `[${found.shape}]`);
  }
}

/**
 * The model with every stream in a new order. Its answers are those of the old model up to the rounding of sums in
 * another order (about 1e-7 relative in float32), if the streams are those that findStreams found in it.
 * Cost: one copy of the constants that change. @throws OPTIMIZE_INPUT_INVALID
 */
export function applyPermutations(model: Model, streams: readonly PermutedStream[]): Model {
  const constants = new Map(model.graph.constants);
  for (const stream of streams) {
    checked(stream, constants);
    if (isIdentity(stream.permutation)) continue;
    for (const { constant: name, ...touch } of stream.touches) {
      const constant = constants.get(name);
      if (constant !== undefined) constants.set(name, permuteConstant(constant, touch, stream.permutation));
    }
  }
  return { ...model, graph: { ...model.graph, constants } };
}
