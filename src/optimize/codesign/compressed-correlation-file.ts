// Compressed correlations on disk: an .npz that numpy reads, with an index that says how each matrix is stored and how far it is off.
import { z } from 'zod';
import { GalerkinError } from '../../base/index.js';
import { decodeNpz, encodeNpz, type NpzArray } from '../../store/index.js';
import type { CompressedCorrelation } from './compress-correlations.js';
import { numbersIn, textIn } from './correlation-file.js';

const methods = ['low rank', '8 bits', '4 bits'] as const;
const fileSchema = z.object({
  format: z.literal('galerkin compressed correlations 1'),
  streams: z.array(
    z.object({
      stream: z.string(),
      method: z.enum(methods),
      size: z.int().min(1).max(65_536),
      rank: z.int().min(0).max(65_536),
      relativeError: z.number().min(0),
      worstEntry: z.number().min(0),
    }),
  ),
});

export type NamedCompressedCorrelation = CompressedCorrelation & { readonly stream: string };

/** The bytes of an .npz of compressed correlations: 'index' (JSON), 'factors_k' [rank, n] and 'codes_k' of each stream. */
export function encodeCompressedCorrelations(all: readonly NamedCompressedCorrelation[]): Uint8Array {
  const streams = all.map(({ stream, method, size, rank, relativeError, worstEntry }) => ({
    stream,
    method,
    size,
    rank,
    relativeError,
    worstEntry,
  }));
  const text = new TextEncoder().encode(JSON.stringify({ format: 'galerkin compressed correlations 1', streams }));
  const arrays: Record<string, NpzArray> = { index: { dtype: 'uint8', shape: [text.length], data: text } };
  for (const [k, { rank, size, factors, codes }] of all.entries()) {
    if (rank > 0) arrays[`factors_${k}`] = { dtype: 'float32', shape: [rank, size], data: factors };
    else arrays[`codes_${k}`] = { dtype: 'uint8', shape: [codes.length], data: codes };
  }
  return encodeNpz(arrays);
}

/** Reads them back. @throws NPZ_INVALID */
export function decodeCompressedCorrelations(bytes: Uint8Array, name = 'correlations'): NamedCompressedCorrelation[] {
  const arrays = decodeNpz(bytes, { name });
  const parsed = fileSchema.safeParse(textIn(arrays.index));
  if (!parsed.success)
    throw new GalerkinError('NPZ_INVALID', {
      name,
      wanted: "an array 'index' that describes compressed correlations",
      got: 'none, or another format',
    });
  return parsed.data.streams.map((entry, k): NamedCompressedCorrelation => {
    const { method, size, rank } = entry;
    const bits = method === '8 bits' ? 8 : 4;
    const bytesOfCodes = Math.ceil((((size * (size - 1)) / 2) * bits) / 8);
    const isLowRank = method === 'low rank';
    const factors = isLowRank
      ? Float32Array.from(numbersIn(arrays[`factors_${k}`], rank * size, `${name}: factors_${k}`))
      : new Float32Array();
    const codes = isLowRank
      ? new Uint8Array()
      : Uint8Array.from(numbersIn(arrays[`codes_${k}`], bytesOfCodes, `${name}: codes_${k}`));
    return { ...entry, factors, codes, ratio: (factors.byteLength + codes.byteLength) / (4 * size * size) };
  });
}
