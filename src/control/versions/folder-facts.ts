// What a folder of files is on disk, without reading a byte: its size, whether it changed, and which links lead into it.
import { lstat, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { systemCode } from '../../store/index.js';

const maxEntries = 200_000;

/** Calls `visit` with everything below a folder; links are not followed. What vanishes meanwhile is passed over. */
async function walk(
  folder: string,
  visit: (path: string, entry: { isLink: boolean; isFolder: boolean }) => Promise<void> | void,
): Promise<void> {
  const waiting = [folder];
  let count = 0;
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const from = at;
    const items = await readdir(from, { withFileTypes: true }).catch((cause: unknown) => {
      if (['ENOENT', 'ENOTDIR'].includes(systemCode(cause))) return [];
      throw cause;
    });
    for (const item of items) {
      count += 1;
      if (count > maxEntries) throw new Error(`${folder} holds more than ${maxEntries} files and folders`);
      const path = join(from, item.name);
      await visit(path, { isLink: item.isSymbolicLink(), isFolder: item.isDirectory() });
      if (item.isDirectory()) waiting.push(path);
    }
  }
}

/** Of all files in a folder, in bytes; links count as themselves. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  await walk(folder, async (path, { isFolder }) => {
    const found = isFolder ? undefined : await lstat(path).catch(() => undefined);
    bytes += found?.size ?? 0;
  });
  return bytes;
}

/** Names, sizes, times and inodes of the folder and all that is in it: another text if anything was replaced or written. */
export async function folderTrace(folder: string): Promise<string> {
  const lineOf = async (path: string, name: string): Promise<string> => {
    const found = await lstat(path, { bigint: true });
    return `${name}\0${found.ino}\0${found.isDirectory() ? '' : `${found.size}\0${found.mtimeNs}`}`;
  };
  const lines = [await lineOf(folder, '')];
  await walk(folder, async path => {
    lines.push(await lineOf(path, path.slice(folder.length)));
  });
  return lines.sort().join('\n');
}

/** Links anywhere below `root`, outside of `folder`, that lead into `folder`, as paths from the root. */
export async function linksInto(root: string, folder: string): Promise<string[]> {
  const inside = `${await realpath(folder)}${sep}`;
  const own = `${folder}${sep}`;
  const found: string[] = [];
  await walk(root, async (path, { isLink }) => {
    if (!isLink || path.startsWith(own)) return;
    const target = await realpath(path).catch(() => undefined);
    if (target !== undefined && `${target}${sep}`.startsWith(inside)) found.push(path.slice(root.length + 1));
  });
  return found;
}
