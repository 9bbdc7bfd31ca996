// Weights in blocks along the sum: every block of a column has its own scale and zero point, and 4 or 8 bits a weight.
import { roundEven } from './integer-weights.js';
import type { Weights } from './product.js';

export interface BlockFormat {
  readonly bits: 4 | 8;
  readonly blockSize: number;
  /** A zero point for each block; otherwise numbers lie about the middle. */
  readonly hasZeroPoints: boolean;
}

/** As MatMulNBits of com.microsoft wants them: column by column, the last block of each filled up with zero points. */
export interface BlockWeights {
  /** [columns, blocks, blockSize * bits / 8]; of two weights in a byte the first has the low bits. */
  readonly packed: Uint8Array;
  /** [columns, blocks] */
  readonly scales: Float32Array;
  /** [columns, ceil(blocks * bits / 8)], every column beginning a byte; undefined without zero points. */
  readonly zeros: Uint8Array | undefined;
  readonly blocks: number;
}

interface Affine {
  readonly scale: number;
  readonly zero: number;
}

/**
 * The step and zero point of one block. Symmetric: the value of largest magnitude falls on the outermost number of the longer,
 * negative side, so that 4 bits reach it with 8 steps. With a zero point: the whole range from least to largest, zero included.
 */
function affineOf(least: number, largest: number, { bits, hasZeroPoints }: BlockFormat): Affine {
  const middle = 2 ** (bits - 1);
  const top = 2 ** bits - 1;
  if (hasZeroPoints) {
    const scale = Math.fround((Math.max(largest, 0) - Math.min(least, 0)) / top);
    if (scale === 0) return { scale: 1, zero: middle };
    return { scale, zero: Math.max(0, Math.min(top, roundEven(-Math.min(least, 0) / scale))) };
  }
  const extreme = Math.abs(least) > Math.abs(largest) ? least : largest;
  const scale = Math.fround(-extreme / middle);
  return { scale: scale === 0 ? 1 : scale, zero: middle };
}

/** Puts `number` at place `k` of packed numbers. */
function pack(bytes: Uint8Array, k: number, { number, bits }: { readonly number: number; readonly bits: 4 | 8 }): void {
  if (bits === 8) bytes[k] = number;
  else bytes[k >> 1] = (bytes[k >> 1] ?? 0) | (number << (4 * (k & 1)));
}

/** Quantizes [rows, columns] weights. The error of a weight is at most half its block's scale, but for the one end that is clipped. */
export function blockWeights({ values, rows, columns }: Weights, format: BlockFormat): BlockWeights {
  const { bits, blockSize, hasZeroPoints } = format;
  const blocks = Math.ceil(rows / blockSize);
  const top = 2 ** bits - 1;
  const packed = new Uint8Array((columns * blocks * blockSize * bits) / 8);
  const scales = new Float32Array(columns * blocks);
  const zeroBytes = Math.ceil((blocks * bits) / 8);
  const zeros = hasZeroPoints ? new Uint8Array(columns * zeroBytes) : undefined;
  for (let j = 0; j < columns; j++) {
    for (let b = 0; b < blocks; b++) {
      const start = b * blockSize;
      const end = Math.min(rows, start + blockSize);
      let [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let i = start; i < end; i++) {
        const value = values[i * columns + j] ?? 0;
        least = Math.min(least, value);
        largest = Math.max(largest, value);
      }
      const { scale, zero } = affineOf(least, largest, format);
      const at = j * blocks + b;
      scales[at] = scale;
      if (zeros !== undefined) pack(zeros.subarray(j * zeroBytes), b, { number: zero, bits });
      for (let i = 0; i < blockSize; i++) {
        const value = start + i < end ? (values[(start + i) * columns + j] ?? 0) : 0;
        const number = Math.max(0, Math.min(top, roundEven(value / scale) + zero));
        pack(packed, at * blockSize + i, { number, bits });
      }
    }
  }
  return { packed, scales, zeros, blocks };
}
