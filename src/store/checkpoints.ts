// States of a long computation on disk: the newest whole one is always found again, whenever the process dies.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GalerkinError, integerOption, isGalerkinError, optionSchema, resolveOptions } from '../base/index.js';
import { readFailure, systemCode } from './failures.js';
import { decodeNpz, encodeNpz } from './npz.js';
import type { NpzArray } from './npz-array.js';
import { readBytes } from './read-bytes.js';
import { seal, unseal } from './seal.js';
import { sweepTemporaries } from './temporary.js';
import { storeWarnings } from './warnings.js';
import { writeFileAtomic } from './write-file-atomic.js';

export const checkpointsSchema = optionSchema({
  keep: integerOption({ doc: 'How many of the newest checkpoints stay on disk.', unit: 'files', default: 3, min: 1 }),
});

export interface CheckpointsOptions {
  /** How many of the newest checkpoints stay on disk; default 3, at least 1. */
  readonly keep?: number | undefined;
}

export interface CheckpointContent {
  /** Anything that JSON can hold exactly. It comes back as `unknown`: parse it. */
  readonly meta: unknown;
  readonly arrays: Readonly<Record<string, NpzArray>>;
}

export interface Checkpoint extends CheckpointContent {
  readonly step: number;
}

export interface Checkpoints {
  /**
   * Stores a state. The arrays are read before the call returns its promise; calls are written one after another.
   * Afterwards this step is the newest: states of later steps, from a run that was given up, are removed.
   * @throws CHECKPOINT_INVALID for a step or meta that cannot be stored, NPZ_INVALID, FILE_WRITE_FAILED.
   */
  save(step: number, content: CheckpointContent): Promise<void>;
  /**
   * The newest whole state, or undefined. One that is torn or corrupt is passed over with a warning on `storeWarnings`.
   * @throws FILE_READ_FAILED when the folder or a state may not be read.
   */
  latest(): Promise<Checkpoint | undefined>;
}

const filePattern = /^step-(\d{12,16})\.npz$/;
const metaName = 'checkpoint.json';

function metaText(path: string, step: number, meta: unknown): string {
  const faithful = (key: string, value: unknown): unknown => {
    const exact = typeof value !== 'number' || Number.isFinite(value);
    if (exact && !['bigint', 'function', 'symbol'].includes(typeof value)) return value;
    throw new GalerkinError('CHECKPOINT_INVALID', { path, wanted: `JSON in meta '${key}'`, got: String(value) });
  };
  return JSON.stringify({ format: 1, step, meta }, faithful);
}

function encode(path: string, step: number, { meta, arrays }: CheckpointContent): Uint8Array {
  if (!Number.isSafeInteger(step) || step < 0) {
    throw new GalerkinError('CHECKPOINT_INVALID', { path, wanted: 'a step that is a whole number', got: `${step}` });
  }
  if (metaName in arrays) {
    throw new GalerkinError('CHECKPOINT_INVALID', { path, wanted: 'another array name', got: metaName });
  }
  const text = new TextEncoder().encode(metaText(path, step, meta));
  return seal(encodeNpz({ [metaName]: { dtype: 'uint8', shape: [text.length], data: text }, ...arrays }));
}

async function read(path: string, step: number): Promise<Checkpoint> {
  const bytes = unseal(await readBytes(path), path);
  const { [metaName]: header, ...arrays } = decodeNpz(bytes, { name: path, budgetBytes: bytes.length });
  const envelope: unknown = JSON.parse(new TextDecoder().decode(header?.data ?? new Uint8Array()));
  if (typeof envelope === 'object' && envelope !== null && 'step' in envelope && envelope.step === step) {
    return { step, meta: 'meta' in envelope ? envelope.meta : undefined, arrays };
  }
  throw new GalerkinError('CHECKPOINT_INVALID', { path, wanted: `step ${step} inside`, got: 'another one' });
}

/** Steps on disk, newest first. */
async function steps(folder: string): Promise<{ step: number; path: string }[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') return [];
    throw readFailure(folder, 'a folder of checkpoints', cause);
  });
  return names
    .flatMap(name => {
      const step = filePattern.exec(name)?.[1];
      return step === undefined ? [] : [{ step: Number(step), path: join(folder, name) }];
    })
    .sort((a, b) => b.step - a.step);
}

async function prune(folder: string, newest: number, keep: number): Promise<void> {
  const present = await steps(folder);
  const later = present.filter(({ step }) => step > newest);
  const old = present.filter(({ step }) => step <= newest).slice(keep);
  await Promise.all([...later, ...old].map(({ path }) => rm(path, { recursive: true, force: true })));
}

/** Not ours to pass over: the state may be whole, only we are not let in. */
function isDenied(error: unknown): boolean {
  return isGalerkinError(error) && ['EACCES', 'EPERM'].includes(systemCode(error.cause));
}

async function latest(folder: string): Promise<Checkpoint | undefined> {
  for (const { step, path } of await steps(folder)) {
    try {
      return await read(path, step);
    } catch (error) {
      if (isDenied(error)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      storeWarnings.publish(() => ({ kind: 'checkpoint-skipped', path, reason }));
    }
  }
  return undefined;
}

/**
 * The checkpoints in `folder` (made when the first is saved). Each is one .npz file that numpy reads, `step-<12 digits>.npz`,
 * with its metadata as JSON in the array 'checkpoint.json' and its digest at the end. One writer at a time.
 * @throws OPTIONS_INVALID
 */
export function openCheckpoints(folder: string, options: CheckpointsOptions = {}): Checkpoints {
  const { keep } = resolveOptions('checkpoints', checkpointsSchema, options);
  let last: Promise<void> = Promise.resolve();
  const write = async (step: number, path: string, bytes: Uint8Array): Promise<void> => {
    await writeFileAtomic(path, bytes);
    await sweepTemporaries(folder);
    await prune(folder, step, keep);
  };
  return {
    async save(step, content) {
      const path = join(folder, `step-${String(step).padStart(12, '0')}.npz`);
      const bytes = encode(path, step, content);
      const done = last.then(() => write(step, path, bytes));
      last = done.catch(() => undefined);
      await done;
    },
    latest: () => latest(folder),
  };
}
