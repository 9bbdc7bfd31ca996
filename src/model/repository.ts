// The folder of models as it lies on disk: which models, which versions; nothing that a symbolic link leads out of it.
import { readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { GalerkinError, isGalerkinError } from '../base/index.js';
import { readFailure, restoreFolders, systemCode } from '../store/index.js';
import type { ModelConfig } from './config/model-config.js';
import { assertModelName, isModelName, versionOf } from './names.js';
import type { ModelListing, Shelf } from './shelf.js';

/**
 * The real path of something in the repository; undefined when it does not exist.
 * @throws PACKAGE_INVALID when a symbolic link leads out of the repository.
 */
export async function pathInside(repository: string, ...parts: readonly string[]): Promise<string | undefined> {
  const path = join(repository, ...parts);
  try {
    const [root, real] = await Promise.all([realpath(repository), realpath(path)]);
    if (real.startsWith(root.endsWith(sep) ? root : root + sep)) return real;
    throw new GalerkinError('PACKAGE_INVALID', {
      path,
      wanted: 'a path inside the repository',
      got: `a link to ${real}`,
    });
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(cause))) return undefined;
    throw isGalerkinError(cause) ? cause : readFailure(path, 'a path', cause);
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  const items = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') return [];
    throw readFailure(folder, 'a folder of models', cause);
  });
  return items.filter(item => item.isDirectory() || item.isSymbolicLink()).map(({ name }) => name);
}

/** Versions of a model, newest first. Other folders, links to nowhere and links out of the repository are passed over. */
export async function versionsOf(repository: string, name: string): Promise<number[]> {
  const folder = join(repository, name);
  await restoreFolders(folder);
  const found: number[] = [];
  for (const item of await foldersIn(folder)) {
    const version = versionOf(item);
    const inside = await pathInside(repository, name, item).catch(() => undefined);
    if (version !== undefined && inside !== undefined) found.push(version);
  }
  return found.sort((a, b) => b - a);
}

/**
 * The models of a repository by name, each with its versions, newest first. Folders without a version, hidden folders
 * and links out of the repository are no models. A repository that does not exist has none.
 * @throws FILE_READ_FAILED when the repository is no folder or may not be read.
 */
export async function listModels(repository: string): Promise<ModelListing[]> {
  await restoreFolders(repository);
  const models: ModelListing[] = [];
  for (const name of (await foldersIn(repository)).filter(isModelName).sort()) {
    const inside = await pathInside(repository, name).catch(() => undefined);
    const versions = inside === undefined ? [] : await versionsOf(repository, name).catch(() => []);
    if (versions.length > 0) models.push({ name, versions });
  }
  return models;
}

/**
 * The version that is asked for, or the newest.
 * @throws MODEL_NAME_INVALID, PACKAGE_UNKNOWN, PACKAGE_VERSION_UNKNOWN, PACKAGE_INVALID
 */
export async function resolveVersion(shelf: Shelf, name: string, version?: number): Promise<number> {
  assertModelName(name);
  const versions = await shelf.versions(name);
  const [newest] = versions;
  if (newest === undefined) {
    const known = (await shelf.list()).map(model => model.name);
    throw new GalerkinError('PACKAGE_UNKNOWN', { name, known });
  }
  if (version === undefined || versions.includes(version)) return version ?? newest;
  throw new GalerkinError('PACKAGE_VERSION_UNKNOWN', { name, version, known: versions });
}

/** The versions that the configuration's policy lets in, newest first. Without a policy: the newest. */
export function servedVersions({ version_policy: policy }: ModelConfig, versions: readonly number[]): number[] {
  const ordered = [...versions].sort((a, b) => b - a);
  if (policy?.all !== undefined) return ordered;
  const { specific } = policy ?? {};
  if (specific !== undefined) return ordered.filter(version => specific.versions.includes(version));
  return ordered.slice(0, policy?.latest?.num_versions ?? 1);
}
