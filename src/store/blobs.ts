// Objects in a bucket: named bytes without folders, listed by the beginning of their names.

export interface BlobEntry {
  readonly key: string;
  readonly bytes: number;
  /** Changes with the content: the store's entity tag and time. */
  readonly stamp: string;
}

export interface Blobs {
  /** What the bucket is called in errors. */
  readonly place: string;
  /** Every object whose key begins so, by key. @throws BLOBS_FAILED, for more than the bound too */
  list(prefix: string): Promise<BlobEntry[]>;
  /** The content of an object, piece by piece; fails over the budget. @throws BLOBS_FAILED */
  read(key: string, budgetBytes: number): AsyncIterable<Uint8Array>;
}
