// What a cache server must offer: bytes under short keys, many read in one round trip. Redis and Memcached fill it in.

/** Keys are at most 200 characters of [A-Za-z0-9_:.-]. Every promise may reject. */
export interface RemoteStore {
  readonly name: string;
  /** Values in the order of the keys, in one round trip. */
  getMany(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Stores the concatenation of `parts`. @param ttlMs 0: without end */
  put(key: string, parts: readonly Uint8Array[], ttlMs: number): Promise<void>;
  /** Stores unless there is a value already. */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
  /** Tells the other clients of the server, where it can; `listen` hears them, and `rejoined` when messages may have been missed. */
  readonly announce?: (message: string) => Promise<void>;
  readonly listen?: (heard: (message: string) => void, rejoined: () => void) => void;
  close(): Promise<void>;
}
