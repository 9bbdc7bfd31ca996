// Times on this machine: candidates are run in turns, so that each saw the same machine at the same time.
import type { Clock } from '../base/index.js';
import type { Session } from '../runtime/index.js';
import type { Feeds } from './feeds.js';

export interface Candidate {
  readonly session: Session;
  readonly feeds: Feeds;
}

export interface Timing {
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly leastMs: number;
  /** In the order in which they were taken: the k-th of two candidates are neighbours in time. */
  readonly runsMs: readonly number[];
}

export interface MeasureOptions {
  readonly clock: Clock;
  /** Runs of each candidate that are not counted. */
  readonly warmUps: number;
  /** At least this many rounds, */
  readonly leastRounds: number;
  /** and then more, until so much time has gone by. */
  readonly budgetMs: number;
}

/** The value below which a part `q` of the sorted values lies (nearest rank). */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

export function timingOf(runsMs: readonly number[]): Timing {
  const sorted = runsMs.toSorted((a, b) => a - b);
  return { medianMs: quantile(sorted, 0.5), p95Ms: quantile(sorted, 0.95), leastMs: sorted[0] ?? Number.NaN, runsMs };
}

const maxRounds = 10_000;

/** Runs all candidates in turns, each round beginning with another one; one timing for each candidate. */
export async function measureInTurns(candidates: readonly Candidate[], options: MeasureOptions): Promise<Timing[]> {
  const { clock, warmUps, leastRounds, budgetMs } = options;
  for (const { session, feeds } of candidates) for (let k = 0; k < warmUps; k++) await session.run(feeds);
  const runs: number[][] = candidates.map(() => []);
  const end = clock.monotonic() + budgetMs;
  for (let round = 0; round < maxRounds && (round < leastRounds || clock.monotonic() < end); round++) {
    for (let turn = 0; turn < candidates.length; turn++) {
      const at = (round + turn) % candidates.length;
      const candidate = candidates[at];
      if (candidate === undefined) continue;
      const start = clock.monotonic();
      await candidate.session.run(candidate.feeds);
      runs[at]?.push(clock.monotonic() - start);
    }
  }
  return runs.map(timingOf);
}
