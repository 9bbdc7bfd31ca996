// Models in an S3 bucket: a version is fetched to a folder of its own on this machine, whole, and read from there.
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GalerkinError, makeFolders } from '../base/index.js';
import { type BlobEntry, type Blobs, openS3Blobs, publishFolder, type S3Options, sha256 } from '../store/index.js';
import { diskShelf } from './disk-shelf.js';
import { assertModelName, isModelName, isRelativePath, versionOf } from './names.js';
import type { ModelListing, Shelf } from './shelf.js';

export interface S3RepositoryOptions extends S3Options {
  /** Where versions are fetched to; a folder of its own is made there. @default the system's temporary folder */
  readonly cacheFolder?: string;
  /** Largest size of one version, in bytes. @default 16 GiB */
  readonly budgetBytes?: number;
}

export interface S3Repository {
  list(): Promise<ModelListing[]>;
  /** A shelf that holds the version, the newest when none is named. @throws PACKAGE_UNKNOWN, PACKAGE_VERSION_UNKNOWN, BLOBS_FAILED */
  fetch(name: string, version: number | undefined): Promise<Shelf>;
  fingerprint(name: string): Promise<string>;
  /** Removes what was fetched. */
  close(): Promise<void>;
}

/** Copies of a version that are kept: the one that runs, and the one that takes its place. */
const keptCopies = 2;
const maxFiles = 10_000;

/** An object by its path below the model's folder. */
interface ModelFile {
  readonly path: string;
  readonly entry: BlobEntry;
}

function parseLocation(location: string): { bucket: string; prefix: string } {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(location) ?? [];
  const prefix = path.replace(/\/+$/, '');
  if (bucket !== '' && (prefix === '' || isRelativePath(prefix))) {
    return { bucket, prefix: prefix === '' ? '' : `${prefix}/` };
  }
  const fault = `repository: wanted s3://bucket/prefix, got '${location.slice(0, 160)}'`;
  throw new GalerkinError('OPTIONS_INVALID', { of: 's3', faults: [fault] });
}

/** The version of a path '3/model.onnx', or of the marker '3/' of an empty folder. */
const versionIn = (path: string): number | undefined =>
  path.includes('/') ? versionOf(path.slice(0, path.indexOf('/'))) : undefined;

const versionsIn = (files: readonly ModelFile[]): number[] =>
  [...new Set(files.map(({ path }) => versionIn(path)))].filter(each => each !== undefined).sort((a, b) => b - a);

const fingerprintOf = (files: readonly ModelFile[]): string =>
  files.length === 0
    ? ''
    : sha256(files.map(({ path, entry }) => `${path}\0${entry.bytes}\0${entry.stamp}`).join('\n'));

/** Objects by model. Keys that could not be files, and hidden ones, are passed over. */
function byModel(entries: readonly BlobEntry[], prefix: string): Map<string, ModelFile[]> {
  const models = new Map<string, ModelFile[]>();
  for (const entry of entries) {
    const [name = '', ...rest] = entry.key.slice(prefix.length).split('/');
    const path = rest.join('/');
    if (!isModelName(name) || !isRelativePath(path.replace(/\/$/, ''))) continue;
    // The file that holds an empty folder open, '1/.keep', stands for the folder.
    const isHidden = rest.some(segment => segment.startsWith('.'));
    const seen = isHidden ? path.slice(0, path.search(/(^|\/)\./) + 1) : path;
    if (seen === '' || seen === '/') continue;
    const files = models.get(name) ?? [];
    files.push({ path: seen, entry });
    models.set(name, files);
  }
  return models;
}

async function download(blobs: Blobs, { entry, path }: ModelFile, folder: string): Promise<void> {
  const target = join(folder, ...path.split('/'));
  if (path.endsWith('/')) {
    await mkdir(target, { recursive: true });
    return;
  }
  await mkdir(dirname(target), { recursive: true });
  const file = await open(target, 'wx');
  try {
    let bytes = 0;
    for await (const piece of blobs.read(entry.key, entry.bytes)) {
      await file.writeFile(piece);
      bytes += piece.length;
    }
    if (bytes === entry.bytes) return;
    const wanted = `${entry.bytes} bytes as listed`;
    throw new GalerkinError('BLOBS_FAILED', { place: `${blobs.place}/${entry.key}`, wanted, got: `${bytes}` });
  } finally {
    await file.close();
  }
}

/** Folders of fetched versions, each in one of its own by its fingerprint; the oldest copies of a version go. */
class Copies {
  readonly #blobs: Blobs;
  readonly #parent: string;
  #root: Promise<string> | undefined;
  readonly #fetching = new Map<string, Promise<string>>();
  readonly #kept = new Map<string, string[]>();

  constructor(blobs: Blobs, parent: string) {
    this.#blobs = blobs;
    this.#parent = parent;
  }

  /** The repository folder that holds these files as one version of one model. */
  folderFor(name: string, version: number, files: readonly ModelFile[]): Promise<string> {
    const key = sha256(`${name}/${version}\n${fingerprintOf(files)}`).slice('sha256:'.length, 'sha256:'.length + 32);
    const known = this.#fetching.get(key);
    if (known !== undefined) return known;
    const fetching = this.#fetch(key, name, files);
    this.#fetching.set(key, fetching);
    fetching.then(
      () => this.#forgetOlder(`${name}/${version}`, key),
      () => this.#fetching.delete(key),
    );
    return fetching;
  }

  async #fetch(key: string, name: string, files: readonly ModelFile[]): Promise<string> {
    this.#root ??= makeFolders(this.#parent).then(() => mkdtemp(join(this.#parent, 'galerkin-s3-')));
    const folder = join(await this.#root, key);
    await publishFolder(join(folder, name), async temporary => {
      for (const file of files) await download(this.#blobs, file, temporary);
    });
    return folder;
  }

  #forgetOlder(version: string, key: string): void {
    const keys = [...(this.#kept.get(version) ?? []), key];
    this.#kept.set(version, keys.slice(-keptCopies));
    for (const old of keys.slice(0, -keptCopies)) {
      const folder = this.#fetching.get(old);
      this.#fetching.delete(old);
      void folder?.then(path => rm(path, { recursive: true, force: true })).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    const root = await this.#root?.catch(() => undefined);
    await Promise.allSettled(this.#fetching.values());
    if (root !== undefined) await rm(root, { recursive: true, force: true });
  }
}

function assertBudget(place: string, files: readonly ModelFile[], budgetBytes: number): void {
  const bytes = files.reduce((sum, { entry }) => sum + entry.bytes, 0);
  if (files.length <= maxFiles && bytes <= budgetBytes) return;
  const wanted = `at most ${maxFiles} files and ${budgetBytes} bytes`;
  throw new GalerkinError('BLOBS_FAILED', { place, wanted, got: `${files.length} files, ${bytes} bytes` });
}

/**
 * Opens `s3://bucket/prefix`; sends nothing yet.
 * @throws OPTIONS_INVALID
 */
export function openS3Repository(location: string, options: S3RepositoryOptions): S3Repository {
  const { bucket, prefix } = parseLocation(location);
  const blobs = openS3Blobs(bucket, options);
  const budgetBytes = options.budgetBytes ?? 16 * 2 ** 30;
  const copies = new Copies(blobs, options.cacheFolder ?? tmpdir());
  const filesOf = async (name: string): Promise<ModelFile[]> => {
    assertModelName(name);
    return byModel(await blobs.list(`${prefix}${name}/`), prefix).get(name) ?? [];
  };
  const list = async (): Promise<ModelListing[]> =>
    [...byModel(await blobs.list(prefix), prefix)]
      .map(([name, files]) => ({ name, versions: versionsIn(files) }))
      .filter(({ versions }) => versions.length > 0)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    list,
    async fetch(name, wanted) {
      const files = await filesOf(name);
      const known = versionsIn(files);
      const version = wanted ?? known[0];
      if (known.length === 0 || version === undefined) {
        throw new GalerkinError('PACKAGE_UNKNOWN', { name, known: (await list()).map(model => model.name) });
      }
      if (!known.includes(version)) throw new GalerkinError('PACKAGE_VERSION_UNKNOWN', { name, version, known });
      const needed = files.filter(({ path }) => [undefined, version].includes(versionIn(path)));
      assertBudget(`${location}/${name}`, needed, budgetBytes);
      return diskShelf(await copies.folderFor(name, version, needed));
    },
    fingerprint: async name => fingerprintOf(await filesOf(name)),
    close: () => copies.close(),
  };
}
