// A whole file into memory, with our errors; never more than was asked for, never a device or a pipe.
import { readFile, stat } from 'node:fs/promises';
import { GalerkinError } from '../base/index.js';
import { readFailure } from './failures.js';

export interface ReadOptions {
  /** Largest size that is read, in bytes. Default: what one array can hold. */
  readonly budgetBytes?: number;
}

async function read(path: string, wanted: string): Promise<Uint8Array> {
  try {
    const { buffer, byteOffset, byteLength } = await readFile(path);
    return new Uint8Array(buffer, byteOffset, byteLength); // a Buffer would slice and print in its own way
  } catch (cause) {
    throw readFailure(path, wanted, cause);
  }
}

/**
 * Reads a file.
 * @throws FILE_READ_FAILED when it is missing, no plain file, not readable, or larger than the budget.
 */
export async function readBytes(
  path: string,
  { budgetBytes = Number.POSITIVE_INFINITY }: ReadOptions = {},
): Promise<Uint8Array> {
  const wanted = budgetBytes < Number.POSITIVE_INFINITY ? `a file of at most ${budgetBytes} bytes` : 'a readable file';
  const found = await stat(path).catch((cause: unknown) => {
    throw readFailure(path, wanted, cause);
  });
  const kind = found.isDirectory() ? 'a folder' : found.isFile() ? '' : 'a device, socket or pipe';
  const reason = kind === '' && found.size > budgetBytes ? `${found.size} bytes` : kind;
  if (reason !== '') throw new GalerkinError('FILE_READ_FAILED', { path, wanted, reason });
  return read(path, wanted);
}
