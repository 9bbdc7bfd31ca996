// Correlations are kept by what they were taken from: the model, the samples and the rows; in memory, and in a folder if one is given.
import { join } from 'node:path';
import { type Clock, isGalerkinError, systemClock } from '../../base/index.js';
import type { Model } from '../../graph/index.js';
import { memoryTier, readBytes, sha256, writeFileAtomic } from '../../store/index.js';
import type { Feeds } from '../feeds.js';
import type { Correlation } from './correlation.js';
import { decodeCorrelations, encodeCorrelations } from './correlation-file.js';
import { modelDigest } from './permutation-file.js';
import type { Stream } from './streams.js';

export interface CorrelationCacheOptions {
  /** Bytes in memory. @default 256 MiB */
  readonly budgetBytes?: number;
  /** Time to live in memory; 0 for ever. @default 0 */
  readonly ttlMs?: number;
  /** Folder of files that other processes, and later ones, read too. @default none */
  readonly folder?: string;
  readonly clock?: Clock;
}

export interface CorrelationCache {
  /** The correlations under `key`, computed where they are not kept yet. Matrices come back as float32 keeps them. */
  get(key: string, compute: () => Promise<readonly Correlation[]>): Promise<readonly Correlation[]>;
  readonly lookups: number;
  readonly hits: number;
  /** Bytes held in memory. */
  readonly bytes: number;
}

/** A digest of samples: names, datatypes, shapes and values. */
export function samplesDigest(samples: readonly Feeds[]): string {
  const parts = samples.map(feeds =>
    Object.entries(feeds)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { dtype, shape, data }]) => {
        const content = ArrayBuffer.isView(data)
          ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
          : JSON.stringify(data);
        return [name, dtype, shape, sha256(content)];
      }),
  );
  return sha256(JSON.stringify(parts));
}

/** What correlations depend on: the model, which of its streams, the samples, and how many rows of them. */
export function correlationKey(
  model: Model,
  streams: readonly Stream[],
  { samples, rows }: { readonly samples: readonly Feeds[]; readonly rows: number },
): string {
  const names = streams.map(({ name }) => name);
  return sha256(JSON.stringify([modelDigest(model), samplesDigest(samples), rows, names]));
}

/** A missing or damaged file is a miss; it is written anew. */
async function readKept(path: string): Promise<Uint8Array | undefined> {
  try {
    const bytes = await readBytes(path);
    decodeCorrelations(bytes, path);
    return bytes;
  } catch (error) {
    if (isGalerkinError(error)) return undefined;
    throw error;
  }
}

/**
 * A cache of correlation matrices. Entries are what correlation_matrix.npz holds; the least recently used go first.
 * @throws FILE_WRITE_FAILED where a folder is given and cannot be written to.
 */
export function correlationCache(options: CorrelationCacheOptions = {}): CorrelationCache {
  const { budgetBytes = 256 * 2 ** 20, ttlMs = 0, folder, clock = systemClock } = options;
  const memory = memoryTier({ budgetBytes, maxEntryBytes: budgetBytes, ttlMs, clock });
  let [lookups, hits] = [0, 0];
  const pathOf = (key: string): string | undefined =>
    folder === undefined ? undefined : join(folder, `${key.replace('sha256:', '')}.npz`);
  async function kept(key: string): Promise<Uint8Array | undefined> {
    const path = pathOf(key);
    return memory.get(key) ?? (path === undefined ? undefined : await readKept(path));
  }
  return {
    async get(key, compute) {
      lookups++;
      const found = await kept(key);
      if (found !== undefined) hits++;
      const bytes = found ?? encodeCorrelations(await compute());
      memory.set(key, bytes, { tags: [] });
      const path = pathOf(key);
      if (found === undefined && path !== undefined) await writeFileAtomic(path, bytes);
      return decodeCorrelations(bytes);
    },
    get lookups() {
      return lookups;
    },
    get hits() {
      return hits;
    },
    get bytes() {
      return memory.size.bytes;
    },
  };
}
