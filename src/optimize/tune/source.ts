// What is to be optimized, found on disk: a package of a repository, one of its versions, or an ONNX file from elsewhere.
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { GalerkinError, isGalerkinError } from '../../base/index.js';
import { type Model, readModel, writeModel } from '../../graph/index.js';
import { type ModelPackage, openRepository, readPackage } from '../../model/index.js';
import { readBytes, readFailure, systemCode } from '../../store/index.js';

export interface Source {
  /** The repository that holds the package; undefined for a file. */
  readonly repository: string | undefined;
  /** Complete also for a file: what the graph says is filled in. */
  readonly package: ModelPackage;
  readonly model: Model;
  /** The program with all its weights inside. */
  readonly bytes: Uint8Array;
  readonly guard: Uint8Array | undefined;
  /** Largest batch; 0: the model has no batch axis. */
  readonly maxBatch: number;
}

/** Largest batch of an imported graph whose first sizes are all open. */
const mostImported = 64;
const versionName = /^[1-9]\d*$/;

const refuse = (what: string, wanted: string, got: string): never => {
  throw new GalerkinError('OPTIMIZE_INPUT_INVALID', { what, wanted, got });
};

/** A name that a repository takes. */
function nameOfFile(path: string): string {
  const name = basename(path)
    .replace(/\.onnx$/i, '')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 120);
  return name === '' ? 'model' : name;
}

function weightsBeside(path: string, location: string): Uint8Array {
  const beside = join(dirname(path), location);
  try {
    return readFileSync(beside);
  } catch (cause) {
    throw readFailure(beside, `the weights of '${basename(path)}'`, cause);
  }
}

async function fromFile(path: string): Promise<Source> {
  const file = await readBytes(path);
  let isWhole = true;
  const external = (location: string): Uint8Array => {
    isWhole = false;
    return weightsBeside(path, location);
  };
  const model = readModel(file, { source: `'${path}'`, external });
  const bytes = isWhole ? file : writeModel(model);
  const name = nameOfFile(path);
  const files = new Map([['1/model.onnx', bytes]]);
  const repository = openRepository(dirname(path), { defaultMaxBatchSize: mostImported });
  const read = await repository.read(name, 1, { files });
  return { repository: undefined, package: read, model, bytes, guard: undefined, maxBatch: read.config.max_batch_size };
}

/** What the tuner cannot feed by itself is refused before any work is done. */
function assertAlone({ config, name, modelFile }: ModelPackage): string {
  const what = `model '${name}'`;
  if (config.ensemble_scheduling !== undefined) return refuse(what, 'one graph', 'an ensemble: optimize its members');
  if (config.sequence_batching !== undefined)
    return refuse(what, 'a model without state', 'one that answers sequences');
  if (config.backend !== 'onnxruntime' || modelFile === undefined)
    return refuse(what, 'an ONNX graph', `a model that '${config.backend}' computes`);
  return modelFile;
}

async function fromPackage(read: ModelPackage, repository: string | undefined): Promise<Source> {
  const modelFile = assertAlone(read);
  const file = await read.file(modelFile);
  const outside = new Map<string, Uint8Array>();
  for (const location of read.externalData) outside.set(location, await read.file(location));
  const source = `${read.name}/${read.version}/${modelFile}`;
  const model = readModel(file, { source, external: location => outside.get(location) ?? new Uint8Array() });
  const bytes = outside.size > 0 ? writeModel(model) : file;
  const guardFile = read.manifest?.onnx?.guard;
  const guard = guardFile === undefined ? undefined : await read.file(guardFile);
  return { repository, package: read, model, bytes, guard, maxBatch: read.config.max_batch_size };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(cause))) return false;
    throw readFailure(path, 'an ONNX file or a package folder', cause);
  }
}

/**
 * Opens REPOSITORY/MODEL (its newest version), REPOSITORY/MODEL/VERSION, or an .onnx file.
 * @throws OPTIMIZE_INPUT_INVALID for ensembles, sequences and models without a graph; GRAPH_INVALID; what `readPackage` throws.
 */
export async function openSource(place: string): Promise<Source> {
  const path = resolve(place);
  if (!(await isFolder(path))) return fromFile(path);
  const isVersion = versionName.test(basename(path));
  const folder = isVersion ? dirname(path) : path;
  const repository = dirname(folder);
  const version = isVersion ? Number(basename(path)) : undefined;
  const read = await readPackage(repository, basename(folder), version).catch(cause => {
    if (!isGalerkinError(cause) || cause.code !== 'PACKAGE_UNKNOWN') throw cause;
    const wanted = 'an .onnx file, or the folder of a model with its numbered versions';
    throw new GalerkinError(
      'FILE_READ_FAILED',
      { path: place, wanted, reason: 'a folder without versions' },
      { cause },
    );
  });
  return fromPackage(read, repository);
}

/** A package that is open already. @throws as `openSource` */
export const sourceOf = (read: ModelPackage): Promise<Source> =>
  fromPackage(read, read.folder === undefined ? undefined : dirname(dirname(read.folder)));
