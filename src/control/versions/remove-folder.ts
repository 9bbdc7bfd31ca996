// A version's folder deleted so that it is there whole, or not at all: renamed aside, looked at once more, and only then removed.
import { randomBytes } from 'node:crypto';
import { lstat, readdir, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../reason.js';
import { folderTrace, linksInto } from './folder-facts.js';
import type { VersionKey } from './rows.js';

const asidePattern = /^\.([1-9]\d*)\.removed-[0-9a-f]{12}$/;

/** Why a folder is not simply a folder of this repository; undefined if it is. */
export async function strangeness(root: string, { model, version }: VersionKey): Promise<string | undefined> {
  const folder = join(root, model, String(version));
  try {
    const found = await lstat(folder);
    if (found.isSymbolicLink()) return 'its folder is a symbolic link';
    if (!found.isDirectory()) return 'it is no folder';
    if ((await realpath(folder)) !== join(await realpath(root), model, String(version)))
      return "its model's folder is a symbolic link";
    const links = await linksInto(root, folder);
    return links.length === 0 ? undefined : `symbolic links lead into it, such as ${links[0]}`;
  } catch (cause) {
    return `its folder could not be looked at: ${reasonOf(cause)}`;
  }
}

export interface Removal {
  readonly root: string;
  readonly key: VersionKey;
  /** Of the folder, from before its digest was compared. */
  readonly trace: string;
  /** Asked while nobody can see the folder any more: why it must come back; undefined if it need not. */
  lastWord(): Promise<string | undefined>;
  /** Writes down that it has gone. */
  gone(): Promise<void>;
}

/** @returns why it was left; undefined once it is gone */
export async function removeFolder({ root, key, trace, lastWord, gone }: Removal): Promise<string | undefined> {
  const parent = join(root, key.model);
  const folder = join(parent, String(key.version));
  const aside = join(parent, `.${key.version}.removed-${randomBytes(6).toString('hex')}`);
  try {
    await rename(folder, aside);
  } catch (cause) {
    return `its folder could not be moved: ${reasonOf(cause)}`;
  }
  let why: string | undefined;
  try {
    why = (await folderTrace(aside)) === trace ? await lastWord() : 'it was changed meanwhile';
    if (why === undefined) await gone();
  } catch (cause) {
    why = reasonOf(cause);
  }
  if (why === undefined) {
    // From here on it is gone; what cannot be removed now is swept by the next collection.
    await rm(aside, { recursive: true, force: true }).catch(() => undefined);
    return undefined;
  }
  return rename(aside, folder).then(
    () => why,
    (cause: unknown) => `${why}; and its folder is left at ${aside}: ${reasonOf(cause)}`,
  );
}

/** What removals that were killed left of a model: folders aside, by version. */
export async function leftAside(root: string, model: string): Promise<readonly { version: number; path: string }[]> {
  const names = await readdir(join(root, model)).catch((): string[] => []);
  return names.flatMap(name => {
    const version = Number(asidePattern.exec(name)?.[1] ?? Number.NaN);
    return Number.isSafeInteger(version) ? [{ version, path: join(root, model, name) }] : [];
  });
}

/** Brings back a folder that a killed removal left aside, unless something stands in its place. */
export async function bringBack(root: string, { model, version }: VersionKey, aside: string): Promise<void> {
  const folder = join(root, model, String(version));
  const isFree = await lstat(folder).then(
    () => false,
    () => true,
  );
  if (isFree) await rename(aside, folder).catch(() => undefined);
}
