// manifest.json of a version, and the proof that every file it lists is the one that was published.
import { GalerkinError } from '../base/index.js';
import { type Manifest, parseManifest } from './manifest.js';
import { configFile, manifestFile } from './names.js';
import type { Shelf } from './shelf.js';

const maxTextBytes = 4 * 2 ** 20;

/** A version of a model in a place. */
export interface Place {
  readonly shelf: Shelf;
  readonly name: string;
  readonly version: number;
}

/** Path of a file from the model's folder: the configuration lies beside the versions, all else within the version. */
export const pathOf = ({ version }: Place, file: string): string => (file === configFile ? file : `${version}/${file}`);

/** The text of a file; undefined when there is none. @throws PACKAGE_INVALID unless it is UTF-8 */
export async function readText({ shelf, name }: Place, path: string): Promise<string | undefined> {
  const bytes = await shelf.read(name, path, maxTextBytes);
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const faulty = { path: `${name}/${path}`, wanted: 'text in UTF-8', got: 'other bytes' };
    throw new GalerkinError('PACKAGE_INVALID', faulty, { cause });
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

/** The manifest of a version; undefined when it has none. @throws MANIFEST_INVALID, PACKAGE_INVALID */
export async function readManifest(place: Place): Promise<Manifest | undefined> {
  const path = `${place.name}/${place.version}/${manifestFile}`;
  const text = await readText(place, pathOf(place, manifestFile));
  if (text === undefined) return undefined;
  const manifest = parseManifest(parseJson(path, text), path);
  const faults = [
    ...(manifest.name === place.name ? [] : [`name: wanted '${place.name}' as its folder, got '${manifest.name}'`]),
    ...(manifest.version === place.version ? [] : [`version: wanted ${place.version}, got ${manifest.version}`]),
    ...(Object.hasOwn(manifest.digests, configFile) ? [] : [`digests: wanted one of ${configFile}`]),
  ];
  if (faults.length > 0) throw new GalerkinError('MANIFEST_INVALID', { path, faults });
  return manifest;
}

/** @throws PACKAGE_CORRUPT unless the file has the digest. */
export async function verifyFile(place: Place, file: string, wanted: string): Promise<void> {
  const path = pathOf(place, file);
  const got = (await place.shelf.digest(place.name, path)) ?? 'no file';
  if (got !== wanted) throw new GalerkinError('PACKAGE_CORRUPT', { file: `${place.name}/${path}`, wanted, got });
}
