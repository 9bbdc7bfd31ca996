// Tensors out of JSON: nested or flat lists of numbers, checked value by value against the datatype.
import { type DType, dtypeBytes, elementCount, type Tensor } from '../../base/index.js';
import { tensorOver } from './bytes.js';
import { type HalfDType, toHalf } from './half.js';

/** What is wrong with JSON data: a bad value, or too many or too few of them. */
export type JsonFault =
  | { readonly kind: 'value'; readonly wanted: string; readonly got: string; readonly index: number }
  | { readonly kind: 'count'; readonly expected: number; readonly got: number };

const integerRange = {
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 4_294_967_295],
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-2_147_483_648, 2_147_483_647],
} as const;

/** True for a whole number that an integer of at most 32 bits can hold. */
export function isInIntegerRange(dtype: keyof typeof integerRange, value: number): boolean {
  const [min, max] = integerRange[dtype];
  return Number.isInteger(value) && value >= min && value <= max;
}

const bigRange = {
  UINT64: [0n, 2n ** 64n - 1n],
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

const nonFinite = new Set(['NaN', 'Infinity', '-Infinity']);

/** A bounded description of a JSON value for messages. */
export function describeJson(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'null';
  if (typeof value === 'object') return 'an object';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** Visits the leaves of nested lists in order until `visit` refuses one; returns how many there are, or the refused index as -1 - index. */
function walk(node: unknown, visit: (leaf: unknown, index: number) => boolean): number {
  let index = 0;
  const step = (item: unknown): boolean => {
    if (!Array.isArray(item)) return visit(item, index++);
    for (const child of item) if (!step(child)) return false;
    return true;
  };
  return step(node) ? index : -index;
}

interface Reader<T> {
  readonly wanted: string;
  read(leaf: unknown): T | undefined;
}

const floatReader: Reader<number> = {
  wanted: 'a number',
  read: leaf =>
    typeof leaf === 'number' ? leaf : typeof leaf === 'string' && nonFinite.has(leaf) ? Number(leaf) : undefined,
};

function halfReader(dtype: HalfDType): Reader<number> {
  return {
    wanted: floatReader.wanted,
    read: leaf => {
      const value = floatReader.read(leaf);
      return value === undefined ? undefined : toHalf(value, dtype);
    },
  };
}

const booleanReader: Reader<number> = {
  wanted: 'true or false',
  read: leaf => (leaf === true || leaf === 1 ? 1 : leaf === false || leaf === 0 ? 0 : undefined),
};

const stringReader: Reader<string> = {
  wanted: 'a string',
  read: leaf => (typeof leaf === 'string' ? leaf : undefined),
};

function integerReader(dtype: keyof typeof integerRange): Reader<number> {
  const [min, max] = integerRange[dtype];
  return {
    wanted: `a whole number from ${min} to ${max}`,
    read: leaf => (typeof leaf === 'number' && isInIntegerRange(dtype, leaf) ? leaf : undefined),
  };
}

function bigReader(dtype: keyof typeof bigRange): Reader<bigint> {
  const [min, max] = bigRange[dtype];
  return {
    wanted: `a whole number from ${min} to ${max}, as text or binary if beyond 2^53`,
    read: leaf => {
      const exact =
        typeof leaf === 'number' ? Number.isSafeInteger(leaf) : typeof leaf === 'string' && /^-?\d{1,20}$/.test(leaf);
      if (!exact || (typeof leaf !== 'number' && typeof leaf !== 'string')) return undefined;
      const value = BigInt(leaf);
      return value >= min && value <= max ? value : undefined;
    },
  };
}

function fill<T>(
  target: { [index: number]: T; readonly length: number },
  data: unknown,
  reader: Reader<T>,
): JsonFault | undefined {
  let bad: unknown;
  const count = walk(data, (leaf, index) => {
    const value = reader.read(leaf);
    if (value === undefined) {
      bad = leaf;
      return false;
    }
    if (index < target.length) target[index] = value;
    return true;
  });
  if (count < 0) return { kind: 'value', wanted: reader.wanted, got: describeJson(bad), index: -count - 1 };
  return count === target.length ? undefined : { kind: 'count', expected: target.length, got: count };
}

/**
 * Reads `data` (nested or flat) into a tensor of the given shape.
 * Costs about 20 ns a value. The caller bounds the nesting and the number of elements first.
 */
export function readJsonTensor(dtype: DType, shape: readonly number[], data: unknown): Tensor | JsonFault {
  const count = elementCount(shape);
  if (dtype === 'BYTES') {
    const elements = new Array<string>(count).fill('');
    return fill(elements, data, stringReader) ?? { dtype, shape, data: elements };
  }
  const tensor = tensorOver(dtype, shape, new ArrayBuffer(count * dtypeBytes[dtype]));
  const fault = fillTensor(tensor, data);
  return fault ?? tensor;
}

function fillTensor(tensor: Tensor, data: unknown): JsonFault | undefined {
  switch (tensor.dtype) {
    case 'FP32':
    case 'FP64':
      return fill(tensor.data, data, floatReader);
    case 'BOOL':
      return fill(tensor.data, data, booleanReader);
    case 'INT64':
    case 'UINT64':
      return fill(tensor.data, data, bigReader(tensor.dtype));
    case 'FP16':
    case 'BF16':
      return fill(tensor.data, data, halfReader(tensor.dtype));
    case 'BYTES':
      return { kind: 'value', wanted: 'binary data', got: 'JSON', index: 0 };
    default:
      return fill(tensor.data, data, integerReader(tensor.dtype));
  }
}

/** The shape of nested lists, read off their first elements; a fault of regularity shows as a wrong count later. */
export function nestedShape(data: unknown, maxRank = 16): number[] {
  const shape: number[] = [];
  let node = data;
  while (Array.isArray(node) && shape.length < maxRank) {
    shape.push(node.length);
    node = node[0];
  }
  return shape;
}
