// One way to run a model: which graph, and with which settings of the runtime; and what was measured of it.
import { quantile } from '../measure.js';
import type { Variant } from './variant.js';

export const graphLevels = ['basic', 'extended', 'all'] as const;
export type GraphLevel = (typeof graphLevels)[number];

export interface Settings {
  /** The runtime's own optimizations; 'disabled' is left out, because config.pbtxt cannot ask for it. */
  readonly graphLevel: GraphLevel;
  /** Threads that compute one run together. */
  readonly threads: number;
  /** Sessions that compute at once, each in a thread of its own. */
  readonly instances: number;
  /** Items in one run. */
  readonly batch: number;
}

export interface Trial {
  readonly id: string;
  readonly variant: Variant;
  readonly settings: Settings;
}

export const sameSettings = (a: Settings, b: Settings): boolean =>
  a.graphLevel === b.graphLevel && a.threads === b.threads && a.instances === b.instances && a.batch === b.batch;

export function trialOf(variant: Variant, settings: Settings): Trial {
  const { graphLevel, threads, instances, batch } = settings;
  return { id: `${variant.id}/${graphLevel}/${threads}x${instances}/${batch}`, variant, settings };
}

/** What was measured of a trial so far. */
export interface Measured {
  /** Single runs, in milliseconds, while all instances were busy. */
  readonly runsMs: readonly number[];
  /** Items a second over all instances; each slice of the measurement gave one figure. */
  readonly rates: readonly number[];
}

export const nothingMeasured: Measured = { runsMs: [], rates: [] };

export const pooled = (a: Measured, b: Measured): Measured => ({
  runsMs: [...a.runsMs, ...b.runsMs],
  rates: [...a.rates, ...b.rates],
});

export interface Figures {
  /** What a quarter of the runs stays below: of few runs on a busy machine it tells more than the median. */
  readonly p25Ms: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** The median of the slices. */
  readonly itemsPerSecond: number;
  readonly runs: number;
}

export function figuresOf({ runsMs, rates }: Measured): Figures {
  const sorted = runsMs.toSorted((a, b) => a - b);
  const itemsPerSecond = quantile(
    rates.toSorted((a, b) => a - b),
    0.5,
  );
  return {
    p25Ms: quantile(sorted, 0.25),
    p50Ms: quantile(sorted, 0.5),
    p95Ms: quantile(sorted, 0.95),
    itemsPerSecond,
    runs: runsMs.length,
  };
}
