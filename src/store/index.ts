// Bytes that survive: atomic files and folders, digests, arrays as numpy's .npz, checkpoints.
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
export { type StoreWarning, storeWarnings } from './warnings.js';
export { writeFileAtomic } from './write-file-atomic.js';
