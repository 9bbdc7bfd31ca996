// One model whose files came with a request: they are in memory and nowhere else.
import { createHash } from 'node:crypto';
import { GalerkinError } from '../base/index.js';
import { assertModelName, isRelativePath, versionOf } from './names.js';
import { sourceOf } from './onnx/byte-source.js';
import type { Shelf } from './shelf.js';

const maxFiles = 1000;

function assertPaths(model: string, paths: readonly string[]): void {
  const wanted = `at most ${maxFiles} files, each with a path such as '1/model.onnx' below the model's folder`;
  const wrong = paths.find(path => !isRelativePath(path) || path.split('/').some(segment => segment.startsWith('.')));
  if (wrong === undefined && paths.length <= maxFiles) return;
  const got = wrong === undefined ? `${paths.length} files` : JSON.stringify(wrong.slice(0, 160));
  throw new GalerkinError('PACKAGE_INVALID', { path: model, wanted, got });
}

/**
 * The model alone, as these files.
 * @throws MODEL_NAME_INVALID, and PACKAGE_INVALID for a path that is absolute, has '..', or is hidden.
 */
export function memoryShelf(name: string, files: ReadonlyMap<string, Uint8Array>): Shelf {
  assertModelName(name);
  assertPaths(name, [...files.keys()]);
  const folders = new Set(
    [...files.keys()].map(path => path.split('/')).map(([first = '', ...rest]) => (rest.length > 0 ? first : '')),
  );
  const found = [...folders].map(versionOf).filter(version => version !== undefined);
  const versions = found.sort((a, b) => b - a);
  const get = (model: string, path: string): Uint8Array | undefined => (model === name ? files.get(path) : undefined);
  return {
    place: 'the files of the request',
    list: async () => (versions.length > 0 ? [{ name, versions }] : []),
    versions: async model => (model === name ? versions : []),
    async files(model, folder) {
      const prefix = folder === '' ? '' : `${folder}/`;
      const paths = model === name ? [...files.keys()] : [];
      return paths.flatMap(path => (path.startsWith(prefix) ? [path.slice(prefix.length)] : [])).sort();
    },
    async read(model, path, budgetBytes = Number.POSITIVE_INFINITY) {
      const content = get(model, path);
      if (content === undefined || content.length <= budgetBytes) return content;
      const wanted = `a file of at most ${budgetBytes} bytes`;
      throw new GalerkinError('FILE_READ_FAILED', { path, wanted, reason: `${content.length} bytes` });
    },
    async digest(model, path, algorithm = 'sha256') {
      const content = get(model, path);
      return content && `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`;
    },
    look: async (model, path, use) => use(sourceOf(get(model, path) ?? new Uint8Array())),
    isInside: async (model, folder, path) => get(model, `${folder}/${path}`) !== undefined,
    folderOf: () => undefined,
  };
}
