// A repository of models, wherever it lies: what is there, a version of it read, and whether it changed.
import { sha256 } from '../store/index.js';
import type { ModelConfig } from './config/model-config.js';
import type { ConfigReading } from './config/parse-config.js';
import { readConfigJson } from './config/parse-config-json.js';
import { diskFingerprint } from './disk-fingerprint.js';
import { diskShelf } from './disk-shelf.js';
import { memoryShelf } from './memory-shelf.js';
import type { ModelPackage } from './model-package.js';
import { assertModelName } from './names.js';
import { defaultMaxBatchSize, readFromShelf } from './read-package.js';
import { openS3Repository, type S3RepositoryOptions } from './s3-repository.js';
import type { ModelListing } from './shelf.js';

/** What a load request brings instead of what lies in the repository. */
export interface PackageOverride {
  /** Instead of config.pbtxt: typed, or as JSON text. */
  readonly config?: ModelConfig | string | undefined;
  /** Instead of the model's whole folder: contents by path, such as '1/model.onnx'. */
  readonly files?: ReadonlyMap<string, Uint8Array> | undefined;
}

export interface Repository {
  /** What it was opened with. */
  readonly location: string;
  /** Models by name, each with its versions, newest first. */
  list(): Promise<ModelListing[]>;
  /** A version, the newest when none is named. @throws what `readPackage` throws */
  read(name: string, version?: number, override?: PackageOverride): Promise<ModelPackage>;
  /** Changes when anything of the model's folder changes; '' when there is none. Reads no content. */
  fingerprint(name: string): Promise<string>;
  /** Lets go of what was fetched: packages that were read give their files no more. */
  close(): Promise<void>;
}

export interface RepositoryOptions {
  /** Largest batch of a graph with free first sizes whose configuration does not say; 0: none. @default 4 */
  readonly defaultMaxBatchSize?: number;
  /** For s3:// locations. */
  readonly s3?: S3RepositoryOptions;
}

/** The reading of a configuration that was given as data: it says what differs from the defaults. */
const typedReading = (config: ModelConfig): ConfigReading => ({
  config,
  salvage: () => config,
  faults: [],
  more: 0,
  says: field => field === 'max_batch_size' && config.max_batch_size > 0,
  placeOf: () => undefined,
});

const readingOf = (config: PackageOverride['config']): ConfigReading | undefined =>
  typeof config === 'string' ? readConfigJson(config) : config && typedReading(config);

function openDiskRepository(folder: string, max: number): Repository {
  const shelf = diskShelf(folder);
  return {
    location: folder,
    list: () => shelf.list(),
    async read(name, version, { config, files } = {}) {
      const place = files === undefined ? shelf : memoryShelf(name, files);
      return readFromShelf(place, name, { version, config: readingOf(config), defaultMaxBatchSize: max });
    },
    async fingerprint(name) {
      assertModelName(name);
      const facts = await diskFingerprint(folder, name);
      return facts === undefined ? '' : sha256(facts);
    },
    close: async () => {},
  };
}

/**
 * Opens a repository: a folder, or `s3://bucket/prefix` on the one endpoint that the options or the environment name.
 * @throws OPTIONS_INVALID for a location that cannot be one.
 */
export function openRepository(location: string, options: RepositoryOptions = {}): Repository {
  const max = options.defaultMaxBatchSize ?? defaultMaxBatchSize;
  if (!location.startsWith('s3://')) return openDiskRepository(location, max);
  const s3 = openS3Repository(location, options.s3 ?? {});
  return {
    location,
    list: () => s3.list(),
    async read(name, version, { config, files } = {}) {
      const shelf = files === undefined ? await s3.fetch(name, version) : memoryShelf(name, files);
      return readFromShelf(shelf, name, { version, config: readingOf(config), defaultMaxBatchSize: max });
    },
    fingerprint: name => s3.fingerprint(name),
    close: () => s3.close(),
  };
}
