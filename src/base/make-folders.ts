// A folder with those above it, made one by one from the first that is missing: Node's own never ends below /proc.
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    facts => facts.isDirectory(),
    () => false,
  );

/**
 * Makes `path` and the folders above it that are missing; one that is there already is fine, also where another process
 * makes it at the same time.
 * @throws the system's error: EEXIST or ENOTDIR where a file is in the way, ENOENT where the system lets nothing be made.
 */
export async function makeFolders(path: string): Promise<void> {
  if (await isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) await makeFolders(parent);
  try {
    await mkdir(path);
  } catch (cause) {
    if (!(await isFolder(path))) throw cause;
  }
}
