// Smaller values on a cache server: bytes of equal significance side by side, then Brotli's fastest. It costs more time than it saves on a fast network.
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import type { CacheTier } from './tier.js';

export interface CompressedOptions {
  /** Values from this size on are compressed. */
  readonly fromBytes: number;
  /** Largest value that one may grow to again. */
  readonly maxValueBytes: number;
}

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);
const fastest = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

/** Most fields are of 4-byte numbers. */
const stride = 4;
/** Compression that saves less is not worth undoing. */
const worthwhile = 0.9;
const plainMark = Uint8Array.of(0);
const smallMark = Uint8Array.of(1);

/** Byte 0 of every group of four, then byte 1 of every group, and so on; what is left over stands at the end. */
export function shuffle(bytes: Uint8Array): Uint8Array {
  const groups = Math.floor(bytes.length / stride);
  const out = new Uint8Array(bytes.length);
  for (let place = 0; place < stride; place++) {
    const base = place * groups;
    for (let group = 0, from = place; group < groups; group++, from += stride) out[base + group] = bytes[from] ?? 0;
  }
  out.set(bytes.subarray(groups * stride), groups * stride);
  return out;
}

/** Undoes `shuffle`. */
export function unshuffle(bytes: Uint8Array): Uint8Array {
  const groups = Math.floor(bytes.length / stride);
  const out = new Uint8Array(bytes.length);
  for (let place = 0; place < stride; place++) {
    const base = place * groups;
    for (let group = 0, to = place; group < groups; group++, to += stride) out[to] = bytes[base + group] ?? 0;
  }
  out.set(bytes.subarray(groups * stride), groups * stride);
  return out;
}

/**
 * Compresses what goes into `tier`, on Node's thread pool. A field of 128 x 128 FP32 shrinks by a fifth, for about 0.4 ms each way
 * (docs/cache.md has the figures): worth it where the network is slower than some 300 Mbit/s, or the server's memory is short.
 */
export function compressedTier(tier: CacheTier, { fromBytes, maxValueBytes }: CompressedOptions): CacheTier {
  return {
    ...tier,
    async get(key, tags) {
      const stored = await tier.get(key, tags);
      if (stored === undefined) return undefined;
      const body = stored.subarray(1);
      if (stored[0] === plainMark[0]) return body;
      if (stored[0] !== smallMark[0]) return undefined;
      try {
        return unshuffle(await decompress(body, { maxOutputLength: maxValueBytes }));
      } catch {
        return undefined;
      }
    },
    async set(key, bytes, terms) {
      const isLong = bytes.length >= fromBytes;
      const small = isLong ? await compress(shuffle(bytes), fastest) : bytes;
      const pays = isLong && small.length <= bytes.length * worthwhile;
      return tier.set(key, Buffer.concat(pays ? [smallMark, small] : [plainMark, bytes]), terms);
    },
  };
}
