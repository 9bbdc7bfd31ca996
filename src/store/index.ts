// Bytes that survive: atomic files and folders, digests, arrays as numpy's .npz, checkpoints; and bytes that need not: caches.

export type { BlobEntry, Blobs } from './blobs.js';
export { openS3Blobs, type S3Options } from './blobs-s3.js';
export { compressedTier } from './cache/compressed.js';
export { type CacheConnectionEvent, cacheConnections } from './cache/connections.js';
export { type GuardedOptions, type GuardedTier, guardedTier, type TierCounters } from './cache/guarded.js';
export { type MemcachedTierOptions, memcachedTier } from './cache/memcached.js';
export { type MemoryTierOptions, memoryTier } from './cache/memory.js';
export { type RedisTierOptions, redisTier } from './cache/redis.js';
export type { CacheTier, MemorySize, MemoryTier, StoreTerms } from './cache/tier.js';
export {
  type Checkpoint,
  type CheckpointContent,
  type Checkpoints,
  type CheckpointsOptions,
  checkpointsSchema,
  openCheckpoints,
} from './checkpoints.js';
export { readFailure, systemCode, writeFailure } from './failures.js';
export { type DecodeNpzOptions, decodeNpz, type EncodeNpzOptions, encodeNpz, readNpz, writeNpz } from './npz.js';
export type { NpzArray, NpzArrays, NpzDType } from './npz-array.js';
export { type PublishOptions, publishFolder, restoreFolders } from './publish-folder.js';
export { type ReadOptions, readBytes } from './read-bytes.js';
export { sha256 } from './sha256.js';
export type { Office, SqlDatabase, SqlEngine, SqlMigration } from './sql/database.js';
export { isDuplicate } from './sql/faults.js';
export { type OpenSqlOptions, openSql, type SqlOptions, sqlOptions } from './sql/open-sql.js';
export { type Series, type SeriesTable, type SeriesWindow, seriesTable } from './sql/series.js';
export type { SeriesColumn, SeriesColumns, SeriesRow, SeriesShape } from './sql/series-shape.js';
export { type StoreWarning, storeWarnings } from './warnings.js';
export { writeFileAtomic } from './write-file-atomic.js';
