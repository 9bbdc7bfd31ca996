// The tier in this process: least recently used entries go when the byte budget is spent.
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../base/index.js';
import type { MemoryTier } from './tier.js';

export interface MemoryTierOptions {
  /** Bytes that values, keys and bookkeeping may take together; 0 keeps nothing. */
  readonly budgetBytes: number;
  /** Largest value; by default a sixteenth of the budget, so that one value never empties the cache. */
  readonly maxEntryBytes?: number;
  /** Time to live of an entry; 0, the default: until it is evicted. */
  readonly ttlMs?: number;
  readonly clock: Clock;
}

interface Entry {
  readonly bytes: Uint8Array;
  readonly tags: readonly string[];
}

/** 100,000 entries of 64 bytes took 550 bytes of resident memory each: map, key, objects and two tags' sets; larger values add their own buffer. */
const overheadBytes = 640;

/** Bytes that an entry counts against the budget. */
export const entryBytes = (key: string, bytes: Uint8Array): number =>
  bytes.buffer.byteLength + key.length + overheadBytes;

/** Which keys carry a tag. */
function tagIndex() {
  const keysByTag = new Map<string, Set<string>>();
  return {
    add(key: string, tags: readonly string[]): void {
      for (const tag of tags) {
        const keys = keysByTag.get(tag);
        if (keys === undefined) keysByTag.set(tag, new Set([key]));
        else keys.add(key);
      }
    },
    remove(key: string, tags: readonly string[]): void {
      for (const tag of tags) {
        const keys = keysByTag.get(tag);
        keys?.delete(key);
        if (keys?.size === 0) keysByTag.delete(tag);
      }
    },
    keysOf: (tag: string): readonly string[] => [...(keysByTag.get(tag) ?? [])],
  };
}

/**
 * Opens an empty tier. Cost of a hit: one look-up, below 1 µs whatever the size of the value.
 * A value counts with the whole of the buffer that it lies in.
 */
export function memoryTier(options: MemoryTierOptions): MemoryTier {
  const { budgetBytes, ttlMs = 0, clock } = options;
  const maxEntryBytes = Math.min(budgetBytes, options.maxEntryBytes ?? Math.floor(budgetBytes / 16));
  const index = tagIndex();
  let evictions = 0;
  const kept = new LRUCache<string, Entry>({
    maxSize: Math.max(1, budgetBytes),
    sizeCalculation: ({ bytes }, key) => entryBytes(key, bytes),
    ttl: ttlMs,
    ttlResolution: 0,
    perf: { now: () => clock.monotonic() + 1 },
    dispose({ tags }, key, reason) {
      index.remove(key, tags);
      if (reason === 'evict') evictions += 1;
    },
  });
  return {
    get: key => kept.get(key)?.bytes,
    set(key, bytes, terms) {
      kept.delete(key);
      if (bytes.buffer.byteLength > maxEntryBytes || entryBytes(key, bytes) > budgetBytes) return false;
      kept.set(key, { bytes, tags: terms.tags }, terms.ttlMs === undefined ? {} : { ttl: terms.ttlMs });
      index.add(key, terms.tags);
      return true;
    },
    delete(key) {
      kept.delete(key);
    },
    invalidate(tag) {
      const keys = index.keysOf(tag);
      for (const key of keys) kept.delete(key);
      return keys.length;
    },
    clear: () => kept.clear(),
    get size() {
      return { entries: kept.size, bytes: kept.calculatedSize, evictions };
    },
  };
}
