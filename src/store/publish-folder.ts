// A folder that appears under its name only when all of it is on the disk.
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GalerkinError, makeFolders } from '../base/index.js';
import { systemCode, writeFailure } from './failures.js';
import { syncFolder, syncTree } from './sync.js';
import { sweepTemporaries, temporaryBeside } from './temporary.js';

export interface PublishOptions {
  /** Put the new folder in the place of one that exists. Without it, an existing target is an error. */
  readonly replace?: boolean;
}

const asideOf = (target: string): string => join(dirname(target), `.${basename(target)}.replaced`);
const asidePattern = /^\.(.+)\.replaced$/;

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Undoes replacements in `parent` that stopped between their two renames: where the old folder waits under its hidden
 * name and nothing stands in its place, puts it back. Does nothing on a disk that it may not write. Call it before reading.
 */
export async function restoreFolders(parent: string): Promise<void> {
  for (const aside of await readdir(parent).catch(() => [])) {
    const name = asidePattern.exec(aside)?.[1];
    if (name === undefined || (await exists(join(parent, name)))) continue;
    await rename(join(parent, aside), join(parent, name)).catch(() => undefined);
  }
}

async function moveIntoPlace(temporary: string, target: string): Promise<void> {
  try {
    await rename(temporary, target);
  } catch (cause) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(systemCode(cause)) && (await exists(target))) {
      throw new GalerkinError('FOLDER_EXISTS', { path: target }, { cause });
    }
    throw writeFailure(target, cause);
  }
}

/** Two renames: the old one aside, the new one in. A stop between them is mended by `restoreFolders`, maybe a reader's: then again. */
async function replaceInPlace(temporary: string, target: string): Promise<void> {
  const aside = asideOf(target);
  for (let attemptsLeft = 3; ; attemptsLeft--) {
    await restoreFolders(dirname(target));
    await rm(aside, { recursive: true, force: true });
    if (await exists(target)) await rename(target, aside);
    try {
      await moveIntoPlace(temporary, target);
      break;
    } catch (cause) {
      await restoreFolders(dirname(target));
      if (attemptsLeft === 1) throw cause;
    }
  }
  await rm(aside, { recursive: true, force: true });
}

/**
 * Publishes a folder, all or nothing: `write` fills a temporary folder beside `target`, everything in it is pushed to the
 * disk, and one rename gives it its name. A process killed at any moment leaves no part of it under `target`.
 * Temporaries of processes that died are swept. What `write` throws comes through, unless the file system threw it.
 * @throws FOLDER_EXISTS when `target` exists and `replace` is not set; FILE_WRITE_FAILED.
 */
export async function publishFolder(
  target: string,
  write: (temporaryFolder: string) => Promise<void>,
  { replace = false }: PublishOptions = {},
): Promise<void> {
  const temporary = temporaryBeside(target);
  const parent = dirname(target);
  try {
    await makeFolders(parent);
    await sweepTemporaries(parent);
    await restoreFolders(dirname(target));
    if (!replace && (await readdir(parent)).includes(basename(target))) {
      throw new GalerkinError('FOLDER_EXISTS', { path: target });
    }
    await mkdir(temporary);
    await write(temporary);
    await syncTree(temporary);
    await (replace ? replaceInPlace : moveIntoPlace)(temporary, target);
    await syncFolder(parent);
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw systemCode(cause) !== '' && cause instanceof Error && 'syscall' in cause
      ? writeFailure(target, cause)
      : cause;
  }
}
