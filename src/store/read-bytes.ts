// A whole file into memory, with our errors.
import { readFile } from 'node:fs/promises';
import { readFailure } from './failures.js';

/**
 * Reads a file.
 * @throws FILE_READ_FAILED when it is missing, a folder, or not readable.
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const { buffer, byteOffset, byteLength } = await readFile(path);
    return new Uint8Array(buffer, byteOffset, byteLength); // a Buffer would slice and print in its own way
  } catch (cause) {
    throw readFailure(path, 'a readable file', cause);
  }
}
