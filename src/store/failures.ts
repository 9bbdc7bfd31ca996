// Failures of the file system, turned into our errors with a reason that a person can act on.
import { GalerkinError } from '../base/index.js';

const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'nothing of that name'],
  ['EACCES', 'no permission'],
  ['EPERM', 'no permission'],
  ['EISDIR', 'a folder'],
  ['ENOTDIR', 'a file where a folder should be'],
  ['ENOSPC', 'no space left on the disk'],
  ['EDQUOT', 'no quota left on the disk'],
  ['EROFS', 'a read-only file system'],
  ['EEXIST', 'something that exists already'],
  ['ENOTEMPTY', 'a folder that is not empty'],
  ['ENAMETOOLONG', 'a name that is too long'],
  ['ELOOP', 'symbolic links in a circle'],
  ['ERR_FS_FILE_TOO_LARGE', 'a file larger than can be read at once'],
  ['ERR_INVALID_ARG_VALUE', 'a path with a NUL byte'],
]);

/** The system's code of a failure ('ENOENT'), or '' when it has none. */
export function systemCode(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}

function reasonOf(cause: unknown): string {
  const known = reasons.get(systemCode(cause));
  return known ?? (cause instanceof Error ? cause.message : String(cause));
}

export function readFailure(path: string, wanted: string, cause: unknown): GalerkinError<'FILE_READ_FAILED'> {
  return new GalerkinError('FILE_READ_FAILED', { path, wanted, reason: reasonOf(cause) }, { cause });
}

export function writeFailure(path: string, cause: unknown): GalerkinError<'FILE_WRITE_FAILED'> {
  return new GalerkinError('FILE_WRITE_FAILED', { path, reason: reasonOf(cause) }, { cause });
}
