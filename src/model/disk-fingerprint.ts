// Whether a model's folder changed: names, sizes, times and inodes of all that is below it, without reading a byte.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../store/index.js';

const maxEntries = 10_000;
const maxDepth = 8;

/** One line per file and folder, sorted; undefined when the model is not there. What vanishes meanwhile is left out. */
export async function diskFingerprint(repository: string, name: string): Promise<string | undefined> {
  const lines: string[] = [];
  const into = async (path: string, depth: number): Promise<void> => {
    const found = await stat(join(repository, path), { bigint: true }).catch((cause: unknown) => {
      if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'].includes(systemCode(cause))) return undefined;
      throw cause;
    });
    if (found === undefined || lines.length >= maxEntries) return;
    // A folder's own time changes with temporary files in it, which are hidden: its members say what is there.
    if (!found.isDirectory()) {
      lines.push(`${path}\0${found.size}\0${found.mtimeNs}\0${found.ino}`);
      return;
    }
    lines.push(`${path}/`);
    if (depth >= maxDepth) return;
    const members = await readdir(join(repository, path)).catch((): string[] => []);
    for (const member of members.filter(each => !each.startsWith('.')).sort()) {
      await into(`${path}/${member}`, depth + 1);
    }
  };
  await into(name, 0);
  return lines.length === 0 ? undefined : lines.join('\n');
}
