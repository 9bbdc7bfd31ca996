// A file that is either the old one or the new one, whole, whenever the process or the power stops.
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolders } from '../base/index.js';
import { writeFailure } from './failures.js';
import { syncFolder } from './sync.js';
import { temporaryBeside } from './temporary.js';

async function writeDurably(path: string, content: Uint8Array | string): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file through a temporary beside it: write, fsync, rename, fsync of the folder. Makes missing folders.
 * A string is written as UTF-8. Cost: two fsyncs.
 * @throws FILE_WRITE_FAILED; then the old file, if any, is untouched.
 */
export async function writeFileAtomic(path: string, content: Uint8Array | string): Promise<void> {
  const folder = dirname(path);
  const temporary = temporaryBeside(path);
  try {
    await makeFolders(folder);
    await writeDurably(temporary, content);
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeFailure(path, cause);
  }
}
