// One tier of a cache: bytes under keys, with tags by which many entries are dropped at once.

/** How an entry is stored. */
export interface StoreTerms {
  /** Entries that carry a tag go when the tag is invalidated; the same tags must be given when the entry is read. */
  readonly tags: readonly string[];
  /** Time to live; without it, the tier's own. */
  readonly ttlMs?: number;
}

/** A tier behind the network. Every promise may reject with CACHE_UNAVAILABLE; ./guarded.ts turns that into misses. */
export interface CacheTier {
  /** As counters and messages call it. */
  readonly name: string;
  /** The bytes stored under `key` since the last invalidation of any of `tags`. */
  get(key: string, tags: readonly string[]): Promise<Uint8Array | undefined>;
  /** True once stored. False: left out, because it is larger than the tier takes or a tag has not been read yet. */
  set(key: string, bytes: Uint8Array, terms: StoreTerms): Promise<boolean>;
  delete(key: string): Promise<void>;
  /** Drops every entry that carries the tag, for everyone who uses the tier. */
  invalidate(tag: string): Promise<void>;
  /** Calls `listener` with each tag that somebody else is seen to have invalidated; the function returned stops that. */
  onInvalidated(listener: (tag: string) => void): () => void;
  close(): Promise<void>;
}

/** A tier in this process: the same, without promises, so that a hit costs no turn of the event loop. */
export interface MemoryTier {
  /** The bytes stored, not copied: they must not be written to. */
  get(key: string): Uint8Array | undefined;
  /** Keeps `bytes` themselves, which must not be written to afterwards. False if they are larger than an entry may be. */
  set(key: string, bytes: Uint8Array, terms: StoreTerms): boolean;
  delete(key: string): void;
  /** Drops every entry that carries the tag; returns how many. */
  invalidate(tag: string): number;
  clear(): void;
  readonly size: MemorySize;
}

/** What a memory tier holds. */
export interface MemorySize {
  readonly entries: number;
  /** Values, keys and bookkeeping; never more than the budget. */
  readonly bytes: number;
  /** Entries that went to make room, since the start. */
  readonly evictions: number;
}
