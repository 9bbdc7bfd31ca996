// The search itself: variants race variants, then the best of them race in all placements, then the finals in turns.
import type { Clock } from '../../base/index.js';
import type { Bench } from './bench.js';
import type { Crew } from './crew.js';
import { type Finalist, targetsOf } from './goal.js';
import { compareScores, type Halved, successiveHalving } from './halving.js';
import { firstSettings, furtherSettings, type SpaceTerms } from './space.js';
import { type Settings, type Trial, trialOf } from './trial.js';
import type { Judged } from './variants.js';

export interface RaceTerms {
  readonly bench: Bench;
  readonly crew: Crew;
  readonly clock: Clock;
  readonly space: SpaceTerms;
  readonly judged: readonly Judged[];
  readonly signal: AbortSignal | undefined;
}

export interface RungFacts {
  readonly race: 'variants' | 'placements';
  readonly runs: number;
  readonly entered: readonly string[];
  readonly kept: readonly string[];
}

export interface Raced {
  /** The best first; the baseline is not among them unless it earned it. */
  readonly ranking: readonly Trial[];
  readonly rungs: readonly RungFacts[];
  readonly unmeasured: readonly Trial[];
}

const ids = (trials: readonly Trial[]): string[] => trials.map(({ id }) => id);
const rungsOf = (race: RungFacts['race'], { rungs }: Halved<Trial>): RungFacts[] =>
  rungs.map(({ runs, entered, kept }) => ({ race, runs, entered: ids(entered), kept: ids(kept) }));

const firstRuns = 4;
const survivors = 4;

function halve(terms: RaceTerms, trials: readonly Trial[], endMs: number): Promise<Halved<Trial>> {
  const { bench, crew, clock, signal } = terms;
  return successiveHalving(trials, {
    clock,
    endMs,
    firstRuns,
    survivors,
    measure: (trial, plan) => bench.measure(trial, plan),
    score: trial => (bench.failure(trial) === undefined ? bench.scoreOf(trial) : [Number.NaN]),
    dropped: trial => crew.close(trial.id),
    signal,
  });
}

const unique = (trials: readonly Trial[]): Trial[] => [...new Map(trials.map(trial => [trial.id, trial])).values()];

/** The trials, and the best exact one of `others` that was measured, where there is none among them. */
export function withExact({ judged, bench }: RaceTerms, trials: readonly Trial[], others: readonly Trial[]): Trial[] {
  const exact = new Set(
    judged.flatMap(({ variant, accuracy }) => (accuracy.deviation.relativeL2 === 0 ? [variant.id] : [])),
  );
  if (trials.some(({ variant }) => exact.has(variant.id))) return [...trials];
  const measured = new Set(bench.trials.map(({ id }) => id));
  const [best] = others
    .filter(({ id, variant }) => exact.has(variant.id) && measured.has(id))
    .toSorted((a, b) => compareScores(bench.scoreOf(a), bench.scoreOf(b)));
  return best === undefined ? [...trials] : [...trials, best];
}

/** Two races: which graph, at which level of the runtime; then where and how it runs. */
export async function race(
  terms: RaceTerms,
  ends: { readonly variantsMs: number; readonly placementsMs: number },
): Promise<Raced> {
  const { space, judged, bench } = terms;
  const settings = firstSettings(space);
  const first = judged.flatMap(({ variant }) => settings.map(each => trialOf(variant, each)));
  const variants = await halve(terms, first, ends.variantsMs);
  // An exact graph goes on in any case: what a placement gains must not pass for what a compression gains.
  const best = withExact(terms, variants.ranking.slice(0, survivors), first);
  const second = unique(
    best.flatMap(({ variant, settings: { graphLevel } }) =>
      furtherSettings(space, graphLevel).map(each => trialOf(variant, each)),
    ),
  );
  const placements = await halve(terms, second, ends.placementsMs);
  const ranking = unique([...placements.ranking, ...best])
    .filter(trial => bench.failure(trial) === undefined)
    .toSorted((a, b) => compareScores(bench.scoreOf(a), bench.scoreOf(b)));
  return {
    ranking,
    rungs: [...rungsOf('variants', variants), ...rungsOf('placements', placements)],
    unmeasured: [...variants.unmeasured, ...placements.unmeasured],
  };
}

const sliceRuns = 8;
const mostSlices = 400;

/** All finalists in turns, each round beginning with another one, until time is up: p95 wants many runs, at the same time of day. */
export async function finals(
  { bench, clock, signal }: RaceTerms,
  trials: readonly Trial[],
  endMs: number,
): Promise<void> {
  for (const trial of trials) bench.forget(trial);
  for (let round = 0; round < mostSlices && (round < 1 || clock.monotonic() < endMs); round++) {
    for (let turn = 0; turn < trials.length; turn++) {
      signal?.throwIfAborted();
      const trial = trials[(round + turn) % trials.length];
      const limitMs = Math.max(0, endMs - clock.monotonic()) / trials.length;
      if (trial !== undefined) await bench.measure(trial, { runs: sliceRuns, limitMs });
    }
  }
}

export const coresOf = ({ threads, instances }: Settings): number => threads * instances;

export interface Weighing {
  readonly count: number;
  readonly endMs: number;
  /** There is a bound, or memory is what counts: weighed even if time is short. */
  readonly isNeeded: boolean;
}

/** The first `count` of a ranking that keep the memory bound; weighs one after the other as long as there is time. */
export async function withinMemory(
  { bench, clock, space: { workload } }: RaceTerms,
  ranking: readonly Trial[],
  { count, endMs, isNeeded }: Weighing,
): Promise<{ readonly within: Trial[]; readonly over: Trial[] }> {
  const [within, over]: [Trial[], Trial[]] = [[], []];
  for (const trial of ranking) {
    const isLate = clock.monotonic() >= endMs;
    if (within.length >= count || (isLate && isNeeded && within.length + over.length > 0)) break;
    if (isNeeded || !isLate) await bench.weigh(trial);
    const { figures, memoryBytes } = bench.factsOf(trial);
    const isOver = targetsOf({ figures, memoryBytes }, workload).some(({ name, isMet }) => name === 'memory' && !isMet);
    (isOver ? over : within).push(trial);
  }
  return { within, over };
}

export const finalistOf = (bench: Bench, trial: Trial, { accuracy }: Judged): Finalist & { readonly trial: Trial } => ({
  ...bench.factsOf(trial),
  deviation: accuracy.deviation,
  cores: coresOf(trial.settings),
  trial,
});
