// Models in a folder on disk. Nothing that a symbolic link leads out of the repository is ever read.
import { createHash } from 'node:crypto';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GalerkinError } from '../base/index.js';
import { readBytes, readFailure, restoreFolders, systemCode } from '../store/index.js';
import { type ByteSource, fileSource } from './onnx/byte-source.js';
import { listModels, pathInside, versionsOf } from './repository.js';
import type { Shelf } from './shelf.js';

const maxFiles = 10_000;
const maxDepth = 8;

/** Calls `visit` with each file below a folder, as a path from there; follows links only inside the repository. */
async function walk(repository: string, folder: string, visit: (path: string) => void): Promise<void> {
  let count = 0;
  const into = async (below: string, depth: number): Promise<void> => {
    const items = await readdir(join(repository, folder, below), { withFileTypes: true }).catch((cause: unknown) => {
      if (['ENOENT', 'ENOTDIR'].includes(systemCode(cause))) return [];
      throw readFailure(join(repository, folder, below), 'a folder', cause);
    });
    for (const item of items) {
      if (item.name.startsWith('.')) continue;
      count += 1;
      if (count > maxFiles || depth > maxDepth) {
        const wanted = `at most ${maxFiles} files, ${maxDepth} folders deep`;
        throw new GalerkinError('PACKAGE_INVALID', { path: folder, wanted, got: 'more' });
      }
      const path = below === '' ? item.name : `${below}/${item.name}`;
      const isFolder = item.isSymbolicLink() ? await leadsToFolder(repository, folder, path) : item.isDirectory();
      if (isFolder) await into(path, depth + 1);
      else visit(path);
    }
  };
  await into('', 0);
}

async function leadsToFolder(repository: string, folder: string, path: string): Promise<boolean> {
  const real = await pathInside(repository, folder, path).catch(() => undefined);
  return real !== undefined && (await stat(real)).isDirectory();
}

/** Opens a file that is inside the repository, for as long as `use` runs; undefined when there is none. */
async function withFile<T>(path: string, use: (file: FileHandle, size: number) => Promise<T> | T): Promise<T> {
  const wanted = 'a readable file';
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw readFailure(path, wanted, cause);
  });
  try {
    const found = await handle.stat();
    if (!found.isFile()) {
      const reason = found.isDirectory() ? 'a folder' : 'a device, socket or pipe';
      throw new GalerkinError('FILE_READ_FAILED', { path, wanted, reason });
    }
    return await use(handle, found.size);
  } finally {
    await handle.close();
  }
}
type FileHandle = Awaited<ReturnType<typeof open>>;

async function digestOf(path: string, algorithm: string): Promise<string> {
  return withFile(path, async handle => {
    const hash = createHash(algorithm);
    const buffer = new Uint8Array(2 ** 18);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return `${algorithm}:${hash.digest('hex')}`;
      hash.update(buffer.subarray(0, bytesRead));
    }
  });
}

/** The models of a repository folder; one that does not exist has none. */
export function diskShelf(repository: string): Shelf {
  const pathOf = (model: string, path: string): Promise<string | undefined> =>
    pathInside(repository, model, ...path.split('/'));
  return {
    place: repository,
    list: () => listModels(repository),
    async versions(model) {
      await restoreFolders(repository);
      const folder = await pathInside(repository, model);
      return folder === undefined ? [] : versionsOf(repository, model);
    },
    async files(model, folder) {
      const found: string[] = [];
      await walk(repository, join(model, folder), path => found.push(path));
      return found.sort();
    },
    async read(model, path, budgetBytes) {
      const real = await pathOf(model, path);
      if (real === undefined) return undefined;
      return readBytes(real, budgetBytes === undefined ? {} : { budgetBytes });
    },
    async digest(model, path, algorithm = 'sha256') {
      const real = await pathOf(model, path);
      return real === undefined ? undefined : digestOf(real, algorithm);
    },
    async look<T>(model: string, path: string, use: (source: ByteSource) => T): Promise<T> {
      const real = (await pathOf(model, path)) ?? join(repository, model, path);
      return withFile(real, ({ fd }, size) => use(fileSource(fd, size)));
    },
    async isInside(model, folder, path) {
      const real = await pathInside(join(repository, model, folder), ...path.split('/')).catch(() => undefined);
      return real !== undefined && (await stat(await realpath(real))).isFile();
    },
    folderOf: (model, version) => join(repository, model, String(version)),
  };
}
