// The form of one call: which arguments are arrays, their shapes and types, and the values of the static ones.
import { type DType, GalerkinError, type Tensor } from '../../base/index.js';
import type { Spec } from '../spec.js';
import { describeValue, type FlatTree, flattenTree } from '../tree.js';
import { canonicalText } from './program-digest.js';

export interface CallForm {
  /** Arguments that are trees of tensors, in order. */
  readonly arrays: FlatTree<Tensor>;
  /** Values of the static arguments, in order. */
  readonly statics: readonly unknown[];
  /** All but the first sizes: calls of one family differ in nothing else. */
  readonly family: string;
  readonly specs: readonly Spec[];
}

interface DtypeRow {
  readonly dtype: Spec['dtype'];
  readonly holds: (data: unknown) => boolean;
}

/** What programs take; a foreign array would be read as other numbers. */
const dtypes: Partial<Record<DType, DtypeRow>> = {
  FP16: { dtype: 'float16', holds: data => data instanceof Uint16Array },
  FP32: { dtype: 'float32', holds: data => data instanceof Float32Array },
  FP64: { dtype: 'float64', holds: data => data instanceof Float64Array },
  INT32: { dtype: 'int32', holds: data => data instanceof Int32Array },
  UINT32: { dtype: 'uint32', holds: data => data instanceof Uint32Array },
  BOOL: { dtype: 'bool', holds: data => data instanceof Uint8Array },
};

export function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'dtype' in value && 'shape' in value && 'data' in value;
}

function fail(name: string, wanted: string, got: string): never {
  throw new GalerkinError('SESSION_INPUT_INVALID', { name, wanted, got });
}

/** A tensor must hold as many values as its shape says, or the tracer would read beyond it. */
function specOf({ dtype, shape, data }: Tensor, path: string): Spec {
  const known = dtypes[dtype];
  if (known === undefined) return fail(path, `a datatype of [${Object.keys(dtypes).join(', ')}]`, String(dtype));
  const proper = Array.isArray(shape) && shape.every(size => Number.isSafeInteger(size) && size >= 0);
  if (!proper) return fail(path, 'a shape of whole numbers', describeValue(shape));
  const count = shape.reduce((product, size) => product * size, 1);
  if (!known.holds(data)) return fail(path, `the array of ${dtype}`, describeValue(data));
  if (data.length !== count) return fail(path, `${count} values for shape [${shape}]`, `${data.length} values`);
  return { dtype: known.dtype, shape };
}

/** Static values are plain data: their text is a part of the program's name. */
function checkStatic(value: unknown, path: string): void {
  if (value === null || ['number', 'string', 'boolean', 'bigint', 'undefined'].includes(typeof value)) return;
  const prototype: unknown = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  const plain = typeof value === 'object' && (Array.isArray(value) || prototype === Object.prototype);
  if (!plain || isTensor(value)) fail(path, 'plain data for a static argument', describeValue(value));
  for (const [key, item] of Object.entries(value)) checkStatic(item, `${path}.${key}`);
}

function flattenArrays(args: readonly unknown[]): FlatTree<Tensor> {
  try {
    return flattenTree(args, isTensor, (path, value) =>
      fail(path, 'a tensor, or a tree of tensors', describeValue(value)),
    );
  } catch (error) {
    if (error instanceof RangeError)
      return fail('arguments', 'a tree that ends', 'one that holds itself, or is too deep');
    throw error;
  }
}

/**
 * Reads a call.
 * @param staticPositions positions of the arguments whose values the program is made for.
 * @throws SESSION_INPUT_INVALID for what is neither a tree of tensors nor a plain static value.
 */
export function readCall(args: readonly unknown[], staticPositions: readonly number[]): CallForm {
  const statics = staticPositions.map(position => args[position]);
  statics.forEach((value, k) => {
    checkStatic(value, `static argument ${staticPositions[k]}`);
  });
  const dynamic = args.filter((_, position) => !staticPositions.includes(position));
  const arrays = flattenArrays(dynamic);
  const specs = arrays.leaves.map((leaf, k) => specOf(leaf, arrays.paths[k] ?? ''));
  const forms = specs.map(
    ({ dtype, shape }, k) => `${arrays.paths[k]}:${dtype}[${['*', ...shape.slice(1)]}]${shape.length}`,
  );
  return { arrays, statics, specs, family: `${forms.join(' ')} | ${canonicalText(statics)}` };
}

/** The shapes and types of a call in one text. */
export function keyOf(specs: readonly Spec[]): string {
  return specs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(' ');
}

/**
 * What stays open when two calls of a family differ in one first size only.
 * @returns the specs with 'batch' where they differ, or undefined if they differ in more than one size.
 */
export function openBatch(one: readonly Spec[], other: readonly Spec[]): Spec[] | undefined {
  const pairs = one.flatMap(({ shape: [a] }, k) => {
    const b = other[k]?.shape[0];
    return a === undefined || a === b ? [] : [`${a} ${b}`];
  });
  if (pairs.length === 0 || new Set(pairs).size > 1) return undefined;
  return one.map((spec, k) => {
    const [first, ...rest] = spec.shape;
    return first === undefined || first === other[k]?.shape[0] ? spec : { ...spec, shape: ['batch', ...rest] };
  });
}

/** True where `specs` is one of the shapes that `open` stands for: all its open sizes are one number. */
export function fits(open: readonly Spec[], specs: readonly Spec[]): boolean {
  const sizes = new Set<number | 'batch' | undefined>();
  const same = open.every(({ dtype, shape }, k) => {
    const other = specs[k];
    if (other === undefined || other.dtype !== dtype || other.shape.length !== shape.length) return false;
    return shape.every((size, axis) => {
      if (size === 'batch') sizes.add(other.shape[axis]);
      return size === 'batch' || size === other.shape[axis];
    });
  });
  return same && open.length === specs.length && sizes.size <= 1;
}
