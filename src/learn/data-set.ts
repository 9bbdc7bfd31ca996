// Data sets on disk: solved fields of a problem, made once, kept with their digest, and resumed where making them stopped.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import {
  GalerkinError,
  integerOption,
  isGalerkinError,
  optionSchema,
  type ProgressListener,
  resolveOptions,
  textOption,
} from '../base/index.js';
import { type FieldSet, generate, type Problem } from '../solve/index.js';
import { type NpzArray, readBytes, readNpz, sha256, writeNpz } from '../store/index.js';

/** Raised whenever the same seed would give other fields. */
export const dataRecipeVersion = 1;

export const dataSetOptions = optionSchema({
  n: integerOption({ doc: 'Grid nodes per side', unit: 'nodes', default: 64, min: 3, max: 4097 }),
  count: integerOption({ doc: 'Fields to generate', unit: 'fields', default: 1000, min: 1, max: 1e7 }),
  seed: integerOption({ doc: 'Seed of the random fields', default: 0, min: 0 }),
  folder: textOption({ doc: 'Folder of the cached files; made when needed', default: '.galerkin/data' }),
});

export type DataSetOptions = z.input<typeof dataSetOptions>;
type DataSetConfig = z.infer<typeof dataSetOptions>;

export interface DataSet {
  readonly problem: string;
  readonly n: number;
  readonly count: number;
  readonly seed: number;
  /** [count, n, n] */
  readonly inputs: Float32Array;
  /** [count, n, n] */
  readonly outputs: Float32Array;
  /** sha256 of the file. */
  readonly digest: string;
  readonly path: string;
}

export interface WorkHooks {
  readonly onProgress?: ProgressListener | undefined;
  /** Stops at the next safe point, with everything finished kept; then CANCELLED is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** Fields between two writes to disk. */
const partSize = 128;

interface Fields {
  readonly inputs: Float32Array;
  readonly outputs: Float32Array;
}

function fieldsOf(arrays: Record<string, NpzArray>, count: number, n: number): Fields | undefined {
  const { inputs, outputs } = arrays;
  const fits = (array: NpzArray | undefined): array is Extract<NpzArray, { dtype: 'float32' }> =>
    array?.dtype === 'float32' && array.shape.join() === [count, n, n].join();
  return fits(inputs) && fits(outputs) ? { inputs: inputs.data, outputs: outputs.data } : undefined;
}

/** A cached file that is missing, damaged or of another shape is no error: it is made again. */
async function cached(path: string, { count, n }: { count: number; n: number }): Promise<Fields | undefined> {
  try {
    return fieldsOf(await readNpz(path), count, n);
  } catch (error) {
    if (isGalerkinError(error) && ['FILE_READ_FAILED', 'NPZ_INVALID'].includes(error.code)) return undefined;
    throw error;
  }
}

const asArrays = ({ inputs, outputs }: Fields, count: number, n: number): Record<string, NpzArray> => ({
  inputs: { dtype: 'float32', shape: [count, n, n], data: inputs },
  outputs: { dtype: 'float32', shape: [count, n, n], data: outputs },
});

async function makeFields(
  problem: Problem,
  options: DataSetConfig & { parts: string },
  hooks: WorkHooks,
): Promise<Fields> {
  const { n, count, seed, parts } = options;
  const size = n * n;
  const all: Fields = { inputs: new Float32Array(count * size), outputs: new Float32Array(count * size) };
  for (let first = 0; first < count; first += partSize) {
    const here = Math.min(partSize, count - first);
    if (hooks.signal?.aborted) {
      throw new GalerkinError('CANCELLED', { what: 'solving fields' }, { cause: hooks.signal.reason });
    }
    const path = join(parts, `${String(first).padStart(8, '0')}-${here}.npz`);
    const part = (await cached(path, { count: here, n })) ?? (await solved(first, here, path));
    all.inputs.set(part.inputs, first * size);
    all.outputs.set(part.outputs, first * size);
  }
  return all;

  async function solved(first: number, here: number, path: string): Promise<FieldSet> {
    const { onProgress, signal } = hooks;
    const fields = await generate(
      problem,
      { n, seed, first, count: here, tolerance: 1e-10 },
      {
        onProgress: progress => onProgress?.({ ...progress, done: first + progress.done, total: count }),
        ...(signal === undefined ? {} : { signal }),
      },
    );
    await writeNpz(path, asArrays(fields, here, n));
    return fields;
  }
}

/**
 * The first `count` fields of the problem for that seed, from `folder` or solved now (single-threaded). Interrupted work
 * goes on where it stopped, to the last 128 fields.
 * @throws OPTIONS_INVALID, PROBLEM_NOT_LEARNABLE, CANCELLED, FIELD_UNSOLVED, FILE_WRITE_FAILED.
 */
export async function makeDataSet(problem: Problem, options: DataSetOptions, hooks: WorkHooks = {}): Promise<DataSet> {
  const config = resolveOptions('makeDataSet', dataSetOptions, options);
  const { n, count, seed, folder } = config;
  if (problem.coefficients.length !== 1) {
    throw new GalerkinError('PROBLEM_NOT_LEARNABLE', {
      problem: problem.name,
      coefficients: problem.coefficients.length,
    });
  }
  const name = `${problem.name}-n${n}-count${count}-seed${seed}-recipe${dataRecipeVersion}`;
  const path = join(folder, `${name}.npz`);
  const parts = join(folder, `${name}.parts`);
  let fields = await cached(path, { count, n });
  if (fields === undefined) {
    fields = await makeFields(problem, { ...config, parts }, hooks);
    await writeNpz(path, asArrays(fields, count, n));
  }
  await rm(parts, { recursive: true, force: true });
  const digest = sha256(await readBytes(path));
  return { problem: problem.name, n, count, seed, inputs: fields.inputs, outputs: fields.outputs, digest, path };
}
