// All that is measured, within the time limit: variants under the budget, the races, memory, the finals.
import { type Clock, invariant } from '../../base/index.js';
import { type Answered, answered } from './accuracy.js';
import { Bench } from './bench.js';
import type { Crew } from './crew.js';
import type { TuneOptions } from './options.js';
import { finals, type Raced, type RaceTerms, race, withExact, withinMemory } from './race.js';
import type { Samples } from './samples.js';
import type { Source } from './source.js';
import { batchesOf } from './space.js';
import { settingsToday } from './today.js';
import { type Trial, trialOf } from './trial.js';
import { type Judged, makeVariants, type Refused } from './variants.js';
import type { WorkloadProfile } from './workload.js';

export interface SearchTerms {
  readonly source: Source;
  readonly samples: Samples;
  readonly workload: WorkloadProfile;
  readonly options: Required<TuneOptions>;
  readonly cores: number;
  readonly crew: Crew;
  readonly clock: Clock;
  readonly startMs: number;
  /** The median of the best run so far, in milliseconds; undefined before there was one. */
  readonly onProgress: (bestMs: number | undefined) => void;
  readonly signal: AbortSignal | undefined;
}

export interface Searched extends Omit<Raced, 'ranking'> {
  readonly judged: readonly Judged[];
  readonly refused: readonly Refused[];
  readonly original: Answered;
  readonly bench: Bench;
  readonly baseline: Trial;
  /** With the baseline. */
  readonly finalists: readonly Trial[];
  readonly overMemory: readonly Trial[];
}

/** Parts of the time limit at which each step has to be over; the rest is for the report. */
const ends = { making: 0.3, variants: 0.5, placements: 0.68, weighing: 0.78, finals: 0.93 } as const;
const finalistCount = 3;

const bestTime = (bench: Bench): number | undefined => {
  const times = bench.trials.map(trial => bench.factsOf(trial).figures.p50Ms).filter(Number.isFinite);
  return times.length === 0 ? undefined : Math.min(...times);
};

/** @throws SESSION_MODEL_INVALID and SESSION_RUN_FAILED if not even the original runs on the samples. */
export async function search(terms: SearchTerms): Promise<Searched> {
  const { source, samples, workload, options, cores, crew, clock, signal } = terms;
  const judge = { samples, guard: source.guard, threads: cores, graphLevel: 'all' } as const;
  terms.onProgress(undefined);
  const beforeMs = clock.monotonic();
  const original = await answered(source.bytes, judge);
  // The end wants about as much as the beginning: the choice is judged once more, and two models are profiled.
  const reserveMs = Math.min(0.4 * options.timeLimitMs, 3 * (clock.monotonic() - beforeMs));
  const at = (share: number): number => terms.startMs + share * (options.timeLimitMs - reserveMs);
  const { judged, refused } = await makeVariants({
    bytes: source.bytes,
    model: source.model,
    samples: samples.feeds,
    judge,
    original,
    budget: workload.budget,
    codesign: options.codesign,
    clock,
    endMs: at(ends.making),
    onVariant: () => terms.onProgress(undefined),
    signal,
  });
  const space = { cores, maxBatch: source.maxBatch, strategy: options.strategy, workload };
  let bestMs = Number.POSITIVE_INFINITY;
  const bench: Bench = new Bench({
    crew,
    samples: samples.feeds,
    strategy: options.strategy,
    workload,
    onMeasured: () => {
      bestMs = Math.min(bestMs, bestTime(bench) ?? bestMs);
      terms.onProgress(bestMs);
    },
  });
  const [first] = judged;
  invariant(first !== undefined, 'the original is among the variants');
  const batches = batchesOf(space);
  const batch = (options.strategy === 'throughput' ? batches.at(-1) : batches[0]) ?? 1;
  const baseline = trialOf(first.variant, settingsToday(source.package.config, { cores, batch }));
  const racing: RaceTerms = { bench, crew, clock, space, judged, signal };
  const raced = await race(racing, { variantsMs: at(ends.variants), placementsMs: at(ends.placements) });
  const isWeighed = options.strategy === 'memory' || workload.memoryBytes !== undefined;
  const weighing = { isNeeded: isWeighed, count: finalistCount, endMs: at(ends.weighing) };
  const { within, over } = await withinMemory(racing, raced.ranking, weighing);
  const able = within.length > 0 ? withExact(racing, within, bench.trials) : over.slice(0, 1);
  const finalists = able.some(({ id }) => id === baseline.id) ? able : [...able, baseline];
  if (isWeighed || clock.monotonic() < at(ends.weighing)) await bench.weigh(baseline);
  await finals(racing, finalists, at(ends.finals));
  const { rungs, unmeasured } = raced;
  return { judged, refused, original, bench, baseline, finalists, overMemory: over, rungs, unmeasured };
}
