// All that is wrong with a repository at once: every model, every version, and how models depend on each other.
import { readdir } from 'node:fs/promises';
import { GalerkinError } from '../../base/index.js';
import { assertAgreement } from '../agreement.js';
import { onnxBackend } from '../config/identify.js';
import type { ModelConfig } from '../config/model-config.js';
import { type ConfigReading, readConfig } from '../config/parse-config.js';
import { diskShelf } from '../disk-shelf.js';
import type { Manifest } from '../manifest.js';
import { configFile, isModelName, versionOf } from '../names.js';
import type { OnnxGraph } from '../onnx/graph.js';
import { readManifest, readText, type Place as VersionPlace, verifyFile } from '../read-manifest.js';
import { defaultMaxBatchSize, readFromShelf } from '../read-package.js';
import { openS3Repository, type S3RepositoryOptions } from '../s3-repository.js';
import { assertConfined, defaultModelFile, graphOf } from '../settle-config.js';
import type { ModelListing, Shelf } from '../shelf.js';
import { attempt, type Finding, finding } from './finding.js';
import { lintReading } from './lint-config.js';
import { type Known, lintEnsemble } from './lint-ensembles.js';

export interface LintOptions {
  /** For s3:// locations. */
  readonly s3?: S3RepositoryOptions;
}

/** A program of the version and what it promises; faults of the file are kept. */
async function lintProgram(place: VersionPlace, file: string, found: Finding[]): Promise<OnnxGraph | undefined> {
  const { name, version, shelf } = place;
  if (!(await shelf.files(name, String(version))).includes(file)) return undefined;
  const where = { model: name, file: `${name}/${version}/${file}` };
  const graph = await attempt(where, found, () => graphOf(place, file));
  if (graph !== undefined) await attempt(where, found, () => assertConfined(place, file, graph));
  return graph;
}

/** Digests and programs that the manifest names. */
async function lintManifest(place: VersionPlace, found: Finding[]): Promise<Manifest | undefined> {
  const { name, version } = place;
  const where = { model: name, file: `${name}/${version}/manifest.json` };
  const manifest = await attempt(where, found, () => readManifest(place));
  if (manifest === undefined) return undefined;
  for (const [file, digest] of Object.entries(manifest.digests)) {
    const at = { model: name, file: file === configFile ? `${name}/${file}` : `${name}/${version}/${file}` };
    await attempt(at, found, () => verifyFile(place, file, digest));
  }
  const { guard } = manifest.onnx ?? {};
  if (guard !== undefined) await lintProgram(place, guard, found);
  return manifest;
}

interface Version {
  readonly findings: readonly Finding[];
  readonly config: ModelConfig | undefined;
  readonly fallback: string | undefined;
}

async function lintVersion(place: VersionPlace, reading: ConfigReading): Promise<Version> {
  const { shelf, name, version } = place;
  const found: Finding[] = [];
  const manifest = await lintManifest(place, found);
  const salvaged = reading.salvage();
  const said = salvaged?.default_model_filename;
  const file = manifest?.onnx?.model ?? (said || defaultModelFile);
  const { backend = '', platform = '' } = salvaged ?? {};
  const isOther = backend !== '' ? backend !== onnxBackend : platform === 'ensemble';
  const graph = isOther ? undefined : await lintProgram(place, file, found);
  found.push(...lintReading({ model: name, file: `${name}/${configFile}` }, reading, graph));
  // Reading it for good finds what is left: a missing program, sums of agents, a manifest that disagrees.
  const hasErrors = found.some(({ severity }) => severity === 'error');
  const where = { model: name, file: `${name}/${version}` };
  const model = hasErrors
    ? undefined
    : await attempt(where, found, () => readFromShelf(shelf, name, { version, defaultMaxBatchSize }));
  if (hasErrors && manifest !== undefined && reading.config !== undefined) {
    const at = { model: name, file: `${name}/${version}/manifest.json` };
    const config = { ...reading.config, name };
    await attempt(at, found, () => assertAgreement(config, manifest, at.file));
  }
  return { findings: found, config: model?.config, fallback: manifest?.guard?.fallback };
}

/** The same fault, seen once for each version, is told once. */
function unique(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map(each => [JSON.stringify(each), each])).values()];
}

interface LintedModel extends Known {
  readonly findings: readonly Finding[];
  readonly fallbacks: ReadonlySet<string>;
}

async function lintModel(shelf: Shelf, { name, versions }: ModelListing): Promise<LintedModel> {
  const found: Finding[] = [];
  const where = { model: name, file: `${name}/${configFile}` };
  const first = { shelf, name, version: versions[0] ?? 1 };
  const text = await attempt(where, found, () => readText(first, configFile));
  const reading = readConfig(text ?? '');
  let config: ModelConfig | undefined;
  const fallbacks = new Set<string>();
  for (const version of found.length > 0 ? [] : versions) {
    const linted = await lintVersion({ shelf, name, version }, reading);
    found.push(...linted.findings);
    config ??= linted.config;
    if (linted.fallback !== undefined) fallbacks.add(linted.fallback);
  }
  return { versions, config, reading, findings: unique(found), fallbacks };
}

/** Folders that will not be served, though somebody may think so. */
async function lintFolders(repository: string, listed: readonly ModelListing[]): Promise<Finding[]> {
  const folders = async (...path: string[]): Promise<string[]> => {
    const items = await readdir([repository, ...path].join('/'), { withFileTypes: true }).catch(() => []);
    return items.flatMap(item => (item.isDirectory() && !item.name.startsWith('.') ? [item.name] : []));
  };
  const served = new Set(listed.map(({ name }) => name));
  const found: Finding[] = [];
  const warn = (model: string, file: string, text: string, mend: string): void => {
    found.push(finding({ model, file }, 'warning', { text }, mend));
  };
  for (const name of (await folders()).sort()) {
    if (!isModelName(name)) warn('', name, 'the folder has no name that a model can have', 'Rename it.');
    else if (!served.has(name)) warn(name, name, 'the folder holds no version, so it is no model', "Add a folder '1'.");
    for (const version of served.has(name) ? await folders(name) : []) {
      if (!/^\d+$/.test(version) || versionOf(version) !== undefined) continue;
      const text = 'the folder is passed over: versions are whole numbers from 1 without leading zeros';
      warn(name, `${name}/${version}`, text, 'Rename it.');
    }
  }
  return found;
}

function lintTogether(models: ReadonlyMap<string, LintedModel>): Finding[] {
  return [...models].flatMap(([name, model]) => {
    const missing = [...model.fallbacks].filter(fallback => !models.has(fallback));
    return [
      ...lintEnsemble(name, model, models),
      ...missing.map(fallback => {
        const text = `the guard falls back to '${fallback}', which is not there`;
        return finding({ model: name, file: name }, 'warning', { text }, `Publish '${fallback}' too.`);
      }),
    ];
  });
}

/**
 * Lists everything that is wrong with a repository, model by model; empty when nothing is. Reads every file once or twice.
 * @param location a folder, or s3://bucket/prefix.
 * @throws FILE_READ_FAILED, BLOBS_FAILED when the repository cannot be read at all; REPOSITORY_EMPTY
 */
export async function lintRepository(location: string, { s3 = {} }: LintOptions = {}): Promise<Finding[]> {
  const remote = location.startsWith('s3://') ? openS3Repository(location, s3) : undefined;
  try {
    const disk = diskShelf(location);
    const listed = await (remote ?? disk).list();
    const found = remote === undefined ? await lintFolders(location, listed) : [];
    if (listed.length === 0 && found.length === 0)
      throw new GalerkinError('REPOSITORY_EMPTY', { repository: location });
    const models = new Map<string, LintedModel>();
    for (const { name, versions } of listed) {
      // A bucket is fetched version by version; its newest stands for the model.
      const shelf = remote === undefined ? disk : await remote.fetch(name, versions[0]);
      const seen = remote === undefined ? versions : versions.slice(0, 1);
      models.set(name, await lintModel(shelf, { name, versions: seen }));
    }
    return [...found, ...[...models.values()].flatMap(({ findings }) => findings), ...lintTogether(models)];
  } finally {
    await remote?.close();
  }
}
