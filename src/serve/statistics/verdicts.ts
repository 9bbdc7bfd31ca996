// What the guard said of a model's answers: verdicts counted, residuals and flux imbalances as histograms.
import { Histogram, logBuckets } from '../../observe/index.js';
import type { GuardReport, Verdict } from '../engine/guard-verdict.js';

export const verdictNames = ['accepted', 'flagged', 'rejected', 'fallback'] as const satisfies readonly Verdict[];

/** Relative figures from 7.6e-6 to 128. */
const residuals = logBuckets({ low: -17, high: 7, parts: 2 });
const coarse = logBuckets({ low: -17, high: 7, parts: 1 });

export class Verdicts {
  /** Of the answers as given or refused: the worst item of each. What is not a number counts over every bound. */
  readonly residual = new Histogram(residuals);
  readonly fluxImbalance = new Histogram(coarse);
  /** Residuals of surrogate answers that the solver's replaced. */
  readonly refused = new Histogram(coarse);
  private readonly counts: Record<Verdict, number> = { accepted: 0, flagged: 0, rejected: 0, fallback: 0 };

  add({ verdict, figures, refused }: GuardReport): void {
    this.counts[verdict]++;
    this.residual.record(figures.residual);
    this.fluxImbalance.record(figures.fluxImbalance);
    if (refused !== undefined) this.refused.record(refused.residual);
  }

  of(verdict: Verdict): number {
    return this.counts[verdict];
  }

  report(): Readonly<Record<Verdict, number>> {
    return { ...this.counts };
  }
}
