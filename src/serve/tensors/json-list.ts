// A tensor out of the bytes of a JSON list: scanned where they are numbers, parsed where they are anything else.
import { type DType, dtypeBytes, elementCount, type Tensor } from '../../base/index.js';
import { tensorOver } from './bytes.js';
import { toHalf } from './half.js';
import { isInIntegerRange, type JsonFault, readJsonTensor } from './json-read.js';
import { scanNumbers } from './number-scan.js';

/** Beyond this, a whole number in JSON may have lost digits on its way through a double. */
const maxExact = Number.MAX_SAFE_INTEGER;

/** A whole number of more digits than a double holds: as text, it keeps them. */
const wideInteger = /(?<![\d.eE+-])-?\d{16,20}(?![\d.eE])/g;

/** Fills the tensor with whole or rounded numbers; false if one of them is not of its datatype. */
function fillFrom(tensor: Tensor, numbers: Float64Array): boolean {
  switch (tensor.dtype) {
    case 'FP32':
    case 'FP64':
      return false;
    case 'FP16':
    case 'BF16':
      for (let k = 0; k < numbers.length; k++) tensor.data[k] = toHalf(numbers[k] ?? 0, tensor.dtype);
      return true;
    case 'INT64':
    case 'UINT64':
      for (let k = 0; k < numbers.length; k++) {
        const number = numbers[k] ?? 0;
        if (!Number.isInteger(number) || Math.abs(number) > maxExact || (number < 0 && tensor.dtype === 'UINT64'))
          return false;
        tensor.data[k] = BigInt(number);
      }
      return true;
    case 'BOOL':
    case 'BYTES':
      return false;
    default:
      for (let k = 0; k < numbers.length; k++) {
        const number = numbers[k] ?? 0;
        if (!isInIntegerRange(tensor.dtype, number)) return false;
        tensor.data[k] = number;
      }
      return true;
  }
}

/** The scanned tensor; undefined where the list holds anything but numbers of its datatype. */
function scan(
  dtype: Exclude<DType, 'BYTES' | 'BOOL'>,
  shape: readonly number[],
  bytes: Uint8Array,
): Tensor | JsonFault | undefined {
  const expected = elementCount(shape);
  const tensor = tensorOver(dtype, shape, new ArrayBuffer(expected * dtypeBytes[dtype]));
  const isFloat = tensor.dtype === 'FP32' || tensor.dtype === 'FP64';
  const numbers = isFloat ? tensor.data : new Float64Array(expected);
  const got = scanNumbers(bytes, numbers);
  if (got < 0) return undefined;
  if (got !== expected) return { kind: 'count', expected, got };
  if (isFloat) return tensor;
  return numbers instanceof Float64Array && fillFrom(tensor, numbers) ? tensor : undefined;
}

/**
 * Reads a list, nested or flat, into a tensor of the given shape. The caller bounds its nesting and the number of elements first.
 * Python's NaN, Infinity and -Infinity are read as numbers and as strings. Costs about 50 ns a number, 200 ns anything else.
 * @returns the tensor, or its first fault; undefined if `bytes` are not JSON
 */
export function readJsonList(
  dtype: DType,
  shape: readonly number[],
  bytes: Uint8Array,
): Tensor | JsonFault | undefined {
  if (dtype !== 'BYTES' && dtype !== 'BOOL') {
    const scanned = scan(dtype, shape, bytes);
    if (scanned !== undefined) return scanned;
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const isWide = (dtype === 'INT64' || dtype === 'UINT64') && !text.includes('"');
  let data: unknown;
  try {
    data = JSON.parse(isWide ? text.replace(wideInteger, '"$&"') : text);
  } catch {
    return undefined;
  }
  return readJsonTensor(dtype, shape, data);
}
