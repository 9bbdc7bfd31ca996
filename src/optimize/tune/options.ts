// What a tuning may be told, beside the workload.
import type { Clock, ProgressListener } from '../../base/index.js';
import { choiceOption, flagOption, integerOption, numberOption, optionSchema, textOption } from '../../base/index.js';
import { type OptimizationStrategy, strategies } from './workload.js';

export const tuneOptions = optionSchema({
  strategy: choiceOption(strategies, {
    doc: 'What counts as better: least latency, most items a second, least memory, or the smallest file. Targets hold for each.',
    default: 'latency',
  }),
  timeLimitMs: numberOption({
    doc: 'The search ends within this time; only a run under way is waited for.',
    unit: 'ms',
    default: 60_000,
    min: 100,
    max: 86_400_000,
  }),
  cores: integerOption({ doc: 'Cores to use; 0: all of this machine.', default: 0, min: 0, max: 1024 }),
  samples: textOption({
    doc: "File (.npz) of inputs by name, and of right answers if they are known, samples along the first axis; '': the package's own.",
    default: '',
  }),
  mostSamples: integerOption({
    doc: 'Samples that accuracy is measured on, at most.',
    default: 32,
    min: 1,
    max: 100_000,
  }),
  codesign: flagOption({
    doc: 'Also reorder channels and compress them together, round by round: takes long.',
    default: false,
  }),
  seed: integerOption({ doc: 'Seed of random samples.', default: 1, min: 0, max: 2 ** 31 }),
});

export interface TuneOptions {
  /** @default 'latency' */
  readonly strategy?: OptimizationStrategy;
  /** The search ends within this time, in milliseconds. @default 60000 */
  readonly timeLimitMs?: number;
  /** Cores to use; 0: all. @default 0 */
  readonly cores?: number;
  /** File of samples (.npz). @default '' the package's own */
  readonly samples?: string;
  /** @default 32 */
  readonly mostSamples?: number;
  /** @default false */
  readonly codesign?: boolean;
  /** @default 1 */
  readonly seed?: number;
}

export interface TuneHooks {
  /** Counts milliseconds of the time limit; the figure is the best so far. */
  readonly onProgress?: ProgressListener;
  /** What a person should know, one sentence each. */
  readonly onWarning?: (warning: string) => void;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
}
