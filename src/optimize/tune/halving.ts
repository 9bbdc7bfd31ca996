// Successive halving (Jamieson & Talwalkar 2016): all candidates a few runs, the better half twice as many, until one is left or time is up.
import type { Clock } from '../../base/index.js';

/** Compared from the left; less is better. */
export type Score = readonly number[];

export function compareScores(a: Score, b: Score): number {
  for (let k = 0; k < Math.max(a.length, b.length); k++) {
    const [x, y] = [a[k] ?? 0, b[k] ?? 0];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

export interface HalvingOptions<C> {
  readonly clock: Clock;
  /** Time of the clock when it has to be over. */
  readonly endMs: number;
  /** Runs of each candidate in the first rung. */
  readonly firstRuns: number;
  /** As many are left at the end, at least. @default 1 */
  readonly survivors?: number;
  /** These are measured in every rung, whatever their score: the control. */
  readonly isKept?: (candidate: C) => boolean;
  /** Runs a candidate `runs` times, or until `limitMs` have gone by; the result replaces the earlier one. */
  measure(candidate: C, plan: { readonly runs: number; readonly limitMs: number }): Promise<void>;
  /** Of all that was measured so far. */
  score(candidate: C): Score;
  /** Called for candidates that are out. */
  dropped?(candidate: C): Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

export interface Rung<C> {
  readonly runs: number;
  readonly entered: readonly C[];
  readonly kept: readonly C[];
}

export interface Halved<C> {
  /** Those that were left, the best first. Only candidates that were measured. */
  readonly ranking: readonly C[];
  readonly rungs: readonly Rung<C>[];
  /** Candidates that time did not reach. */
  readonly unmeasured: readonly C[];
}

interface Race<C> {
  readonly options: HalvingOptions<C>;
  readonly measured: Set<C>;
}

/** Several runs are taken in two turns, there and back: what disturbs the machine meanwhile then falls on more than one. */
const turnsOf = (runs: number): number[] => (runs < 4 ? [runs] : [Math.ceil(runs / 2), Math.floor(runs / 2)]);

/** One rung: each candidate its runs, within an equal share of the rung's time. Stops when all time is up. */
async function runRung<C>(
  { options, measured }: Race<C>,
  entered: readonly C[],
  { runs, rungEndMs }: { readonly runs: number; readonly rungEndMs: number },
): Promise<void> {
  const { clock, endMs, signal } = options;
  const turns = turnsOf(runs);
  let left = entered.length * turns.length;
  for (const [turn, share] of turns.entries()) {
    for (const candidate of turn === 0 ? entered : entered.toReversed()) {
      signal?.throwIfAborted();
      const nowMs = clock.monotonic();
      // The first candidate is always measured: a race without an answer helps nobody.
      if (nowMs >= endMs && measured.size > 0) return;
      const limitMs = Math.max(0, rungEndMs - nowMs) / left--;
      await options.measure(candidate, { runs: share, limitMs });
      measured.add(candidate);
    }
  }
}

const rungsFor = (count: number, survivors: number): number => Math.max(1, Math.ceil(Math.log2(count / survivors)) + 1);

/**
 * Races candidates against each other. Each rung gets an equal part of the time that is left, and each candidate an equal
 * part of the rung's, so that the race is over at `endMs` but for the run that is under way.
 * @throws what `measure` throws, and the signal's reason between two measurements.
 */
export async function successiveHalving<C>(candidates: readonly C[], options: HalvingOptions<C>): Promise<Halved<C>> {
  const { clock, endMs, survivors = 1, isKept = () => false } = options;
  const race: Race<C> = { options, measured: new Set() };
  const rank = (list: readonly C[]): C[] =>
    list.filter(each => race.measured.has(each)).toSorted((a, b) => compareScores(options.score(a), options.score(b)));
  const rungs: Rung<C>[] = [];
  let alive = [...candidates];
  for (let runs = options.firstRuns; alive.length > 0; runs *= 2) {
    const left = rungsFor(alive.length, survivors);
    const nowMs = clock.monotonic();
    await runRung(race, alive, { runs, rungEndMs: nowMs + (endMs - nowMs) / left });
    const ranking = rank(alive);
    const isLast = alive.length <= survivors || clock.monotonic() >= endMs;
    const room = Math.max(survivors, Math.floor(alive.length / 2));
    const kept = ranking.filter((each, k) => k < room || isKept(each));
    rungs.push({ runs, entered: alive, kept });
    for (const each of ranking) if (!kept.includes(each)) await options.dropped?.(each);
    const isStuck = kept.length === alive.length;
    alive = kept;
    if (isLast || isStuck) break;
  }
  return { ranking: alive, rungs, unmeasured: candidates.filter(each => !race.measured.has(each)) };
}
