// Compression under a budget: methods are tried and measured on this machine; the best that keeps the budget is taken, or none.
import {
  type Clock,
  GalerkinError,
  integerOption,
  isGalerkinError,
  numberOption,
  optionSchema,
  resolveOptions,
  systemClock,
} from '../../base/index.js';
import type { Model } from '../../graph/index.js';
import type { Compressed } from '../compressed.js';
import type { Feeds } from '../feeds.js';
import { checkSamples } from '../quantize/calibrate.js';
import type { Method } from './method.js';
import { type Budget, growthOf, type Judge, referenceOf } from './reference.js';
import { type Trial, tryMethod } from './trial.js';

export const budgetOptions = optionSchema({
  threads: integerOption({
    doc: 'Threads of each session, as the model will be served.',
    default: 1,
    min: 1,
    max: 1024,
  }),
  timingMs: numberOption({
    doc: 'How long each method is timed against the original.',
    unit: 'ms',
    default: 300,
    min: 0,
  }),
});

export interface BudgetOptions {
  readonly budget: Budget;
  /** What is tried, in this order. @default all that need no training */
  readonly methods?: readonly Method[];
  /** The residual of an answer, for budget.residual. */
  readonly judge?: Judge;
  /** 'speed' takes the fastest and none that is slower than the original; 'size' the smallest file. @default 'speed' */
  readonly goal?: 'speed' | 'size';
  /** What ranges are taken from; samples that the error is not measured on say more. @default the samples */
  readonly calibration?: readonly Feeds[];
  /** Whether the most sensitive products may be left as they are so that the rest fits. @default true */
  readonly allowPartial?: boolean;
  /** @default 1 */
  readonly threads?: number;
  /** @default 300 */
  readonly timingMs?: number;
  readonly clock?: Clock;
  /** Told of every trial as it ends. */
  readonly onTrial?: (trial: Trial) => void;
}

export interface BudgetedCompression extends Compressed {
  /** What was taken; its speed says whether it is slower than the original. */
  readonly chosen: Trial;
  /** All that was tried, with figures. */
  readonly trials: readonly Trial[];
}

/** Everything that works without training. */
export const standardMethods: readonly Method[] = [
  { kind: 'int8-dynamic' },
  { kind: 'int8-static' },
  { kind: 'int8-static', calibration: { method: 'entropy' } },
  { kind: 'blocks', bits: 8 },
  { kind: 'blocks', bits: 4 },
  { kind: 'half' },
];

/** The trial that serves the goal best. @throws BUDGET_BROKEN, COMPRESSION_SLOWER */
function choose(trials: readonly Trial[], budget: Budget, goal: 'speed' | 'size'): Trial {
  const fitting = trials.filter(({ status }) => status === 'fits');
  if (fitting.length === 0) {
    const measured = trials.map(({ compressed, measured: figures }) => {
      const growth = growthOf(figures);
      const { relativeL2 } = figures.deviation;
      return {
        method: compressed.report.method,
        relativeL2,
        ...(growth === undefined ? {} : { residualGrowth: growth }),
      };
    });
    throw new GalerkinError('BUDGET_BROKEN', { budget, measured });
  }
  const byGoal = (trial: Trial): number => (goal === 'size' ? trial.fileBytes : (trial.speed?.ratio ?? 1));
  const allowed =
    goal === 'size'
      ? fitting
      : fitting.filter(({ speed, measured }) => speed?.slower !== true || measured.deviation.relativeL2 === 0);
  const best = allowed.toSorted((a, b) => byGoal(a) - byGoal(b))[0];
  if (best !== undefined) return best;
  const measured = fitting.map(({ compressed, speed, measured: figures }) => ({
    method: compressed.report.method,
    ratio: speed?.ratio ?? Number.NaN,
    relativeL2: figures.deviation.relativeL2,
  }));
  throw new GalerkinError('COMPRESSION_SLOWER', { measured });
}

function checkBudget({ relativeL2, residual }: Budget, judge: Judge | undefined): void {
  const fail = (wanted: string, got: unknown): never => {
    throw new GalerkinError('OPTIMIZE_INPUT_INVALID', { what: 'Budget', wanted, got: String(got) });
  };
  if (!(relativeL2 >= 0)) fail('relativeL2 of at least 0', relativeL2);
  if (residual !== undefined && !(residual >= 0)) fail('residual of at least 0', residual);
  if (residual !== undefined && judge === undefined) fail('a judge for the residual', 'none');
}

/**
 * Tries methods, measures each against the original's own answers on the samples, and takes the best within the budget. Where a
 * method as a whole breaks it, every product is compressed alone, and the most sensitive ones are left as they were until the
 * rest keeps it. What keeps the budget is timed against the original in turns, with the first sample.
 * Cost: for each method, one to (2 + products + log products) sessions and runs over the samples. A method that finds nothing to
 * do in this model is passed over, unless all do.
 * @throws BUDGET_BROKEN with what was measured; COMPRESSION_SLOWER unless the goal is size; OPTIMIZE_INPUT_INVALID for no samples,
 * samples that are not finite, a budget that is none.
 */
export async function compressUnderBudget(
  model: Model,
  samples: readonly Feeds[],
  options: BudgetOptions,
): Promise<BudgetedCompression> {
  const { budget, judge, methods = standardMethods, goal = 'speed', clock = systemClock } = options;
  const { threads, timingMs } = resolveOptions('compressUnderBudget', budgetOptions, {
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.timingMs === undefined ? {} : { timingMs: options.timingMs }),
  });
  checkSamples(samples);
  if (methods.length === 0)
    throw new GalerkinError('OPTIMIZE_INPUT_INVALID', { what: 'Methods', wanted: 'at least one', got: 'none' });
  checkBudget(budget, judge);
  const reference = await referenceOf(model, samples, { judge, threads });
  const { calibration = samples, allowPartial = true } = options;
  const terms = {
    model,
    reference,
    budget,
    calibration,
    feeds: samples[0] ?? {},
    threads,
    clock,
    timingMs,
    allowPartial,
  };
  const trials: Trial[] = [];
  let refusal: unknown;
  for (const method of methods) {
    try {
      const trial = await tryMethod(method, terms);
      trials.push(trial);
      options.onTrial?.(trial);
    } catch (error) {
      if (!isGalerkinError(error) || error.code !== 'OPTIMIZE_INPUT_INVALID') throw error;
      refusal = error;
    }
  }
  if (trials.length === 0 && refusal !== undefined) throw refusal;
  const chosen = choose(trials, budget, goal);
  return { ...chosen.compressed, chosen, trials };
}
