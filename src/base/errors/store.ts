// Error codes of the room 'store'.
import { entry } from './entry.js';

export const storeErrors = {
  FILE_READ_FAILED: entry<{ path: string; wanted: string; reason: string }>({
    http: 500,
    exit: 66,
    message: ({ path, wanted, reason }) =>
      `Cannot read '${path}': wanted ${wanted}, got ${reason}. Check the path and its permissions.`,
    doc: 'A file or folder is missing, is of another kind than wanted, or may not be read by this user.',
  }),
  FILE_WRITE_FAILED: entry<{ path: string; reason: string }>({
    http: 500,
    exit: 74,
    message: ({ path, reason }) =>
      `Cannot write '${path}': ${reason}. What stood there before is untouched; check permissions and free space.`,
    doc: 'A file or folder could not be written: no permission, no space, or a file of another kind in the way. Nothing half-written is left under the wanted name.',
  }),
  BLOBS_FAILED: entry<{ place: string; wanted: string; got: string }>({
    http: 503,
    exit: 69,
    message: ({ place, wanted, got }) =>
      `Cannot read '${place}': wanted ${wanted}, got ${got}. Check endpoint, bucket, region and keys.`,
    doc: 'An S3-compatible store did not answer as it must: not reachable, not allowed, a redirection (never followed), an answer that is too large or not understood.',
  }),
  FOLDER_EXISTS: entry<{ path: string }>({
    http: 409,
    exit: 2,
    message: ({ path }) =>
      `Wanted to publish '${path}', but it exists already. Choose another name, or ask to replace.`,
    doc: 'A folder is published once, as a whole. To put another in its place, ask for replacement explicitly.',
  }),
  NPZ_INVALID: entry<{ name: string; wanted: string; got: string }>({
    http: 400,
    exit: 65,
    message: ({ name, wanted, got }) =>
      `Arrays in '${name}': wanted ${wanted}, got ${got}. Write the file again, e.g. with numpy.savez.`,
    doc: 'An .npz archive or one of its arrays is damaged, too large, or of a kind that is not read here (object arrays, Fortran order, big-endian, encrypted or zip64 archives).',
  }),
  CHECKPOINT_INVALID: entry<{ path: string; wanted: string; got: string }>({
    http: 500,
    exit: 65,
    message: ({ path, wanted, got }) =>
      `Checkpoint '${path}': wanted ${wanted}, got ${got}. Remove the file to go on from the one before.`,
    doc: 'A checkpoint cannot be stored or read back: its digest does not match, its metadata is not JSON, or its step is no whole number.',
  }),
  CACHE_UNAVAILABLE: entry<{ tier: string; reason: string }>({
    http: 503,
    exit: 69,
    message: ({ tier, reason }) =>
      `The cache server (${tier}): wanted an answer, got ${reason}. Requests go on without it; check its address and that it runs.`,
    doc: 'A Redis or Memcached server that serves as a cache is down, slow or refuses a command. The server counts this and computes the answer instead.',
  }),
};
