// One method tried under a budget: compressed, measured against the original in error, bytes and time, and judged.
import { gzipSync } from 'node:zlib';
import type { Clock } from '../../base/index.js';
import { type Model, writeModel } from '../../graph/index.js';
import { openSession } from '../../runtime/index.js';
import type { Compressed } from '../compressed.js';
import type { Feeds } from '../feeds.js';
import { measureInTurns, quantile } from '../measure.js';
import { compressorOf, type Method } from './method.js';
import { type Budget, keeps, type Measured, type Reference } from './reference.js';
import { compressPart, sensitivities } from './sensitivity.js';

export interface Speed {
  readonly originalMs: number;
  readonly compressedMs: number;
  /** The compressed model's time over the original's: the median of runs taken in turns. */
  readonly ratio: number;
  /** True if the ratio is beyond what two runs of one model differ by. */
  readonly slower: boolean;
}

export interface Trial {
  readonly method: Method;
  readonly status: 'fits' | 'over-budget';
  readonly compressed: Compressed;
  readonly measured: Measured;
  /** Products left alone so that the rest keeps the budget. */
  readonly excluded: readonly string[];
  readonly fileBytes: number;
  /** Of the file after gzip: what zeros are worth. */
  readonly gzipBytes: number;
  /** Undefined where the budget is broken anyway. */
  readonly speed: Speed | undefined;
}

export interface TrialTerms {
  readonly model: Model;
  readonly reference: Reference;
  readonly budget: Budget;
  readonly calibration: readonly Feeds[];
  /** What is timed. */
  readonly feeds: Feeds;
  readonly threads: number;
  readonly clock: Clock;
  readonly timingMs: number;
  /** Whether products may be left alone so that the rest fits. */
  readonly allowPartial: boolean;
}

/** Ratios of less than this are noise. */
const noise = 1.02;

/** Times two models in turns, with the same feeds. */
export async function speedOf(original: Model, compressed: Model, terms: TrialTerms): Promise<Speed> {
  const { feeds, threads, clock, timingMs } = terms;
  const sessions = await Promise.all(
    [original, compressed].map(model => openSession(writeModel(model), { threads, spin: false })),
  );
  try {
    const options = { clock, warmUps: 3, leastRounds: 9, budgetMs: timingMs };
    const [before, after] = await measureInTurns(
      sessions.map(session => ({ session, feeds })),
      options,
    );
    const ratios = (after?.runsMs ?? []).map((ms, k) => ms / (before?.runsMs[k] ?? Number.NaN));
    const ratio = quantile(
      ratios.toSorted((a, b) => a - b),
      0.5,
    );
    return {
      originalMs: before?.medianMs ?? Number.NaN,
      compressedMs: after?.medianMs ?? Number.NaN,
      ratio,
      slower: ratio > noise,
    };
  } finally {
    await Promise.all(sessions.map(session => session.close()));
  }
}

/** Tries one method: whole, and where that breaks the budget, on the products that bear it best. */
export async function tryMethod(method: Method, terms: TrialTerms): Promise<Trial> {
  const { model, reference, budget } = terms;
  const compressor = await compressorOf(model, method, terms.calibration);
  const compressed = compressor([]);
  const measured = await reference.measure(compressed.model);
  const whole = { compressed, measured, excluded: [] };
  if (keeps(measured, budget)) return finished(method, whole, terms);
  if (!terms.allowPartial || method.kind === 'half') return finished(method, whole, terms);
  const order = await sensitivities(model, compressor, reference);
  const part = await compressPart({ compressor, reference, budget }, order);
  return finished(method, part ?? whole, terms);
}

async function finished(
  method: Method,
  { compressed, measured, excluded }: Pick<Trial, 'compressed' | 'measured' | 'excluded'>,
  terms: TrialTerms,
): Promise<Trial> {
  const bytes = writeModel(compressed.model);
  const fits = keeps(measured, terms.budget);
  return {
    method,
    status: fits ? 'fits' : 'over-budget',
    compressed,
    measured,
    excluded,
    fileBytes: bytes.byteLength,
    gzipBytes: gzipSync(bytes).byteLength,
    speed: fits ? await speedOf(terms.model, compressed.model, terms) : undefined,
  };
}
