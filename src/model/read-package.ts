// A version of a model, read and checked: nothing of it is used before every digest, name and shape has been compared.
import { type DType, GalerkinError } from '../base/index.js';
import { sha256 } from '../store/index.js';
import { assertAgreement } from './agreement.js';
import type { ModelConfig, TensorConfig } from './config/model-config.js';
import { type ConfigReading, readConfig } from './config/parse-config.js';
import { configToJson } from './config/print-config.js';
import { dtypeOf } from './data-types.js';
import { diskShelf } from './disk-shelf.js';
import type { Manifest, TensorManifest } from './manifest.js';
import type { ModelPackage, TensorSpec } from './model-package.js';
import { configFile, isRelativePath, manifestFile } from './names.js';
import { type Place, pathOf, readManifest, readText, verifyFile } from './read-manifest.js';
import { resolveVersion } from './repository.js';
import { withRuntime } from './runtime-settings.js';
import { assertConfined, graphOf, type Settled, settleConfig } from './settle-config.js';
import type { Shelf } from './shelf.js';

export interface ReadOptions {
  /** The version; the newest when it is undefined. */
  readonly version?: number | undefined;
  /** Instead of config.pbtxt. */
  readonly config?: ConfigReading | undefined;
  /** Largest batch of a graph with free first sizes whose configuration does not say; 0: none. */
  readonly defaultMaxBatchSize: number;
}

/** Triton's, too. */
export const defaultMaxBatchSize = 4;
const maxSharedBytes = 2 ** 28;
/** The digest of an agent's parameter key, 'MD5:path'. */
const checksumPrefix = 'MD5:';

const emptyReading = (): ConfigReading => readConfig('');

const described = ({ name, dtype, shape, unit, description, range, finite }: TensorManifest): TensorSpec => ({
  name,
  dtype,
  dims: shape,
  unit,
  description,
  ...(range === undefined ? {} : { range }),
  finite,
});

function declared({ name, data_type, dims }: TensorConfig): TensorSpec {
  const dtype: DType = dtypeOf(data_type) ?? 'BYTES';
  return { name, dtype, dims, unit: '1', description: '', finite: false };
}

/** The digests of a version's files, by path within it; of the configuration too, where there is one. */
async function digestsOf(place: Place, manifest: Manifest | undefined): Promise<Map<string, string>> {
  if (manifest !== undefined) return new Map(Object.entries(manifest.digests));
  const digests = new Map<string, string>();
  for (const file of [configFile, ...(await place.shelf.files(place.name, String(place.version)))]) {
    const digest = await place.shelf.digest(place.name, pathOf(place, file));
    if (digest !== undefined) digests.set(file, digest);
  }
  return digests;
}

async function verifyManifest(
  place: Place,
  digests: ReadonlyMap<string, string>,
  isOverridden: boolean,
): Promise<void> {
  for (const [file, digest] of digests) {
    if (file !== configFile || !isOverridden) await verifyFile(place, file, digest);
  }
}

/** Triton's checksum agent: MD5 sums of files below the model's folder. @throws PACKAGE_CORRUPT */
async function verifyChecksums({ shelf, name }: Place, config: ModelConfig): Promise<void> {
  for (const { parameters } of config.model_repository_agents?.agents ?? []) {
    for (const [key, sum] of Object.entries(parameters)) {
      const path = key.slice(checksumPrefix.length);
      const wanted = `md5:${sum.toLowerCase()}`;
      const got = (await shelf.digest(name, path, 'md5')) ?? 'no file';
      if (got !== wanted) throw new GalerkinError('PACKAGE_CORRUPT', { file: `${name}/${path}`, wanted, got });
    }
  }
}

/** The graph of the guard is a program too: its weights stay inside. */
async function verifyGuard(place: Place, guard: string | undefined): Promise<void> {
  if (guard !== undefined) await assertConfined(place, guard, await graphOf(place, guard));
}

async function sharedFile({ shelf, name }: Place, path: string): Promise<Uint8Array> {
  const bytes = isRelativePath(path) ? await shelf.read(name, path, maxSharedBytes) : undefined;
  if (bytes !== undefined) return bytes;
  const got = JSON.stringify(path.slice(0, 160));
  throw new GalerkinError('PACKAGE_INVALID', { path: name, wanted: "a file below the model's folder", got });
}

interface Parts {
  readonly manifest: Manifest | undefined;
  readonly settled: Settled;
  readonly digests: ReadonlyMap<string, string>;
  readonly manifestDigest: string;
}

function assemble(place: Place, { manifest, settled, digests, manifestDigest }: Parts): ModelPackage {
  const { shelf, name, version } = place;
  const { config, modelFile, externalData } = settled;
  const files = [...digests.keys()].filter(file => file !== configFile).sort();
  const contents = [...digests, [manifestFile, manifestDigest]].sort();
  const identity = JSON.stringify([configToJson(config), contents]);
  return Object.freeze({
    name,
    version,
    config,
    manifest,
    inputs: manifest?.inputs.map(described) ?? config.input.map(declared),
    outputs: manifest?.outputs.map(described) ?? config.output.map(declared),
    modelFile,
    files,
    externalData,
    digest: sha256(identity),
    folder: shelf.folderOf(name, version),
    async file(file: string): Promise<Uint8Array> {
      const wanted = digests.get(file);
      if (wanted === undefined) {
        const got = `'${file.slice(0, 160)}'`;
        const known = [...digests.keys()].slice(0, 100).join(', ');
        throw new GalerkinError('PACKAGE_INVALID', { path: `${name}/${version}`, wanted: `one of ${known}`, got });
      }
      const bytes = await shelf.read(name, pathOf(place, file));
      const got = bytes === undefined ? 'no file' : sha256(bytes);
      if (bytes !== undefined && got === wanted) return bytes;
      throw new GalerkinError('PACKAGE_CORRUPT', { file: `${name}/${pathOf(place, file)}`, wanted, got });
    },
    sharedFile: path => sharedFile(place, path),
  } satisfies ModelPackage);
}

/** Reads a version of a model from a shelf. See `readPackage`. */
export async function readFromShelf(shelf: Shelf, name: string, options: ReadOptions): Promise<ModelPackage> {
  const version = await resolveVersion(shelf, name, options.version);
  const place: Place = { shelf, name, version };
  const manifest = await readManifest(place);
  const digests = await digestsOf(place, manifest);
  if (manifest !== undefined) await verifyManifest(place, digests, options.config !== undefined);
  const text = options.config === undefined ? await readText(place, configFile) : undefined;
  const reading = options.config ?? (text === undefined ? emptyReading() : readConfig(text));
  const settled = await settleConfig(place, reading, {
    path: options.config === undefined ? `${name}/${configFile}` : `${name}: the configuration of the request`,
    program: manifest?.onnx?.model,
    files: [...digests.keys()],
    defaultMaxBatchSize: options.defaultMaxBatchSize,
  });
  if (manifest !== undefined) assertAgreement(settled.config, manifest, `${name}/${version}/${manifestFile}`);
  await verifyGuard(place, manifest?.onnx?.guard);
  await verifyChecksums(place, settled.config);
  const manifestDigest = (await shelf.digest(name, pathOf(place, manifestFile))) ?? '';
  // A configuration that comes with the request is meant as it stands.
  const config = options.config === undefined ? withRuntime(settled.config, manifest?.runtime) : settled.config;
  return assemble(place, { manifest, settled: { ...settled, config }, digests, manifestDigest });
}

/**
 * Reads a version of a model from a repository folder, the newest when none is named. A package with a manifest is refused
 * unless every file has the digest that was published; a plain one, as other tools write them, is completed from its graph.
 * Cost: one read of the package, in pieces. The manifest itself is covered by no digest (signatures will do that).
 * @throws MODEL_NAME_INVALID, PACKAGE_UNKNOWN, PACKAGE_VERSION_UNKNOWN, PACKAGE_CORRUPT (file, wanted and got digest),
 * PACKAGE_INVALID, MANIFEST_INVALID, MODEL_CONFIG_INVALID, FILE_READ_FAILED
 */
export function readPackage(repository: string, name: string, version?: number): Promise<ModelPackage> {
  return readFromShelf(diskShelf(repository), name, { version, defaultMaxBatchSize });
}
