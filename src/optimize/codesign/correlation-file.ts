// correlation_matrix.npz: the correlations of all streams, readable by numpy, with an index of what they are.
import { z } from 'zod';
import { GalerkinError } from '../../base/index.js';
import { decodeNpz, encodeNpz, type NpzArray } from '../../store/index.js';
import type { Correlation } from './correlation.js';

const indexSchema = z.object({
  format: z.literal('galerkin correlations 1'),
  streams: z.array(z.object({ stream: z.string(), size: z.int().min(1), rows: z.int().min(1) })),
});

const index = (streams: readonly Correlation[]): string =>
  JSON.stringify({
    format: 'galerkin correlations 1',
    streams: streams.map(({ stream, size, rows }) => ({ stream, size, rows })),
  });

/** The arrays of the file: 'index' (JSON, UTF-8), and 'matrix_k' [n, n] (float32) and 'energy_k' [n] of each stream. */
export function encodeCorrelations(correlations: readonly Correlation[]): Uint8Array {
  const text = new TextEncoder().encode(index(correlations));
  const arrays: Record<string, NpzArray> = { index: { dtype: 'uint8', shape: [text.length], data: text } };
  for (const [k, { size, matrix, energy }] of correlations.entries()) {
    arrays[`matrix_${k}`] = { dtype: 'float32', shape: [size, size], data: Float32Array.from(matrix) };
    arrays[`energy_${k}`] = { dtype: 'float64', shape: [size], data: energy };
  }
  return encodeNpz(arrays);
}

const fail = (name: string, wanted: string, got: string): never => {
  throw new GalerkinError('NPZ_INVALID', { name, wanted, got });
};

/** The JSON text that an array holds, or undefined. */
export function textIn(array: NpzArray | undefined): unknown {
  if (array?.dtype !== 'uint8') return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(array.data));
  } catch {
    return undefined;
  }
}

/** Numbers of an array with so many elements. @throws NPZ_INVALID */
export function numbersIn(array: NpzArray | undefined, count: number, name: string): Float64Array {
  if (array === undefined || array.dtype === 'int64' || array.data.length !== count)
    return fail(name, `${count} numbers`, array === undefined ? 'no such array' : `${array.dtype} [${array.shape}]`);
  return Float64Array.from(array.data);
}

/** @throws NPZ_INVALID for a file of another kind, or values that are no correlations. */
export function decodeCorrelations(bytes: Uint8Array, name = 'correlation_matrix.npz'): Correlation[] {
  const arrays = decodeNpz(bytes, { name });
  const parsed = indexSchema.safeParse(textIn(arrays.index));
  if (!parsed.success) return fail(name, "an array 'index' that describes correlations", 'none, or another format');
  return parsed.data.streams.map(({ stream, size, rows }, k) => {
    const matrix = numbersIn(arrays[`matrix_${k}`], size * size, `${name}: matrix_${k}`);
    const energy = numbersIn(arrays[`energy_${k}`], size, `${name}: energy_${k}`);
    if (!matrix.every(value => Math.abs(value) <= 1.0001))
      fail(`${name}: matrix_${k}`, 'numbers from -1 to 1', 'others');
    return { stream, size, rows, matrix, energy };
  });
}
