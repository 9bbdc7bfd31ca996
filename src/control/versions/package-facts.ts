// What a package in the repository says of itself, for its record.
import type { ModelPackage, Repository } from '../../model/index.js';
import { folderBytes } from './folder-facts.js';
import type { VersionFacts, VersionUse } from './record.js';

/** Models that it cannot answer without: its fallback, and the steps of an ensemble. */
function usesOf({ manifest, config }: ModelPackage): VersionUse[] {
  const fallback = manifest?.guard?.fallback;
  const steps = (config.ensemble_scheduling?.step ?? []).map(({ model_name: model, model_version: version }) =>
    version >= 1 ? { model, version } : { model },
  );
  return [...(fallback === undefined ? [] : [{ model: fallback }]), ...steps];
}

/**
 * Reads a version with all its files, whose digests are checked.
 * @throws what `Repository.read` throws: PACKAGE_UNKNOWN, PACKAGE_VERSION_UNKNOWN, PACKAGE_CORRUPT, MANIFEST_INVALID …
 */
export async function packageFacts(repository: Repository, model: string, version: number): Promise<VersionFacts> {
  const read = await repository.read(model, version);
  const { manifest } = read;
  return {
    title: manifest?.title ?? '',
    digest: read.digest,
    files: manifest?.digests ?? {},
    lineage: manifest?.lineage ?? {},
    metrics: manifest?.metrics ?? {},
    uses: usesOf(read),
    sizeBytes: read.folder === undefined ? null : await folderBytes(read.folder),
  };
}
