// A version of a model from disk: nothing of it is used before every digest has been checked.
import { join } from 'node:path';
import { GalerkinError } from '../base/index.js';
import { readBytes, sha256 } from '../store/index.js';
import { assertAgreement, completeConfig } from './agreement.js';
import type { ModelConfig } from './config/model-config.js';
import { parseConfig } from './config/parse-config.js';
import { type Manifest, parseManifest } from './manifest.js';
import { configFile, manifestFile } from './names.js';
import { pathInside, resolveVersion } from './repository.js';

export interface ModelPackage {
  readonly name: string;
  readonly version: number;
  /** Complete: name, backend and version policy are filled in. */
  readonly config: ModelConfig;
  readonly manifest: Manifest;
  /** The version's folder. */
  readonly folder: string;
  /**
   * The bytes of a file that the manifest lists, checked against its digest again.
   * @throws PACKAGE_INVALID for a file that is not listed, PACKAGE_CORRUPT when it changed.
   */
  file(name: string): Promise<Uint8Array>;
}

const maxTextBytes = 4 * 2 ** 20;

interface Place {
  readonly repository: string;
  readonly name: string;
  readonly version: number;
}

/** Where a file lies: the configuration beside the versions, all else within the version. */
const partsOf = ({ name, version }: Place, file: string): string[] =>
  file === configFile ? [name, file] : [name, String(version), file];

async function readText(place: Place, file: string): Promise<{ path: string; text: string; bytes: Uint8Array }> {
  const parts = partsOf(place, file);
  const path = await pathInside(place.repository, ...parts);
  if (path === undefined) {
    throw new GalerkinError('PACKAGE_INVALID', { path: join(...parts), wanted: `a ${file}`, got: 'none' });
  }
  const bytes = await readBytes(path, { budgetBytes: maxTextBytes });
  try {
    return { path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), bytes };
  } catch (cause) {
    throw new GalerkinError('PACKAGE_INVALID', { path, wanted: 'text in UTF-8', got: 'other bytes' }, { cause });
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const fault = cause instanceof Error ? cause.message : 'not JSON';
    throw new GalerkinError('MANIFEST_INVALID', { path, faults: [`wanted JSON: ${fault}`] }, { cause });
  }
}

async function readManifest(place: Place): Promise<Manifest> {
  const { path, text } = await readText(place, manifestFile);
  const manifest = parseManifest(parseJson(path, text), path);
  const faults = [
    ...(manifest.name === place.name ? [] : [`name: wanted '${place.name}' as its folder, got '${manifest.name}'`]),
    ...(manifest.version === place.version ? [] : [`version: wanted ${place.version}, got ${manifest.version}`]),
    ...(Object.hasOwn(manifest.digests, configFile) ? [] : [`digests: wanted one of ${configFile}`]),
  ];
  if (faults.length > 0) throw new GalerkinError('MANIFEST_INVALID', { path, faults });
  return manifest;
}

async function readVerified(place: Place, file: string, wanted: string): Promise<Uint8Array> {
  const parts = partsOf(place, file);
  const path = await pathInside(place.repository, ...parts);
  const bytes = path === undefined ? undefined : await readBytes(path);
  const got = bytes === undefined ? 'no file' : sha256(bytes);
  if (bytes !== undefined && got === wanted) return bytes;
  throw new GalerkinError('PACKAGE_CORRUPT', { file: join(...parts), wanted, got });
}

/**
 * Reads a version of a model, the newest when none is named. Every file that the manifest lists, and config.pbtxt, is
 * hashed and compared: cost one read of the package. The manifest itself is covered by no digest (signatures will do that).
 * @throws MODEL_NAME_INVALID, PACKAGE_UNKNOWN, PACKAGE_VERSION_UNKNOWN, PACKAGE_CORRUPT (file, wanted and got digest),
 * PACKAGE_INVALID, MANIFEST_INVALID, MODEL_CONFIG_INVALID, FILE_READ_FAILED
 */
export async function readPackage(repository: string, name: string, wantedVersion?: number): Promise<ModelPackage> {
  const version = await resolveVersion(repository, name, wantedVersion);
  const place = { repository, name, version };
  const manifest = await readManifest(place);
  const { digests } = manifest;
  for (const [file, digest] of Object.entries(digests)) await readVerified(place, file, digest);
  const { path, text } = await readText(place, configFile);
  const config = completeConfig(parseConfig(text, path), name, path);
  assertAgreement(config, manifest, join(name, String(version), manifestFile));
  return Object.freeze({
    name,
    version,
    config,
    manifest,
    folder: join(repository, name, String(version)),
    async file(file: string): Promise<Uint8Array> {
      const digest = Object.hasOwn(digests, file) ? digests[file] : undefined;
      if (digest !== undefined) return readVerified(place, file, digest);
      const wanted = `one of ${Object.keys(digests).join(', ')}`;
      throw new GalerkinError('PACKAGE_INVALID', {
        path: `${name}/${version}`,
        wanted,
        got: `'${file.slice(0, 160)}'`,
      });
    },
  });
}
