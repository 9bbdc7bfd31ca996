// What every test of a metric can be asked, so that the judge need not know them apart.
import type { RequestSample } from '../../observe/index.js';
import type { Arm } from './arms.js';
import type { CriterionReport } from './judgement.js';

export type TestReport = Omit<CriterionReport, 'metric' | 'verdict' | 'margin'> & {
  /** Where it is not the criterion's. */
  readonly margin?: number;
};

export interface MetricTest {
  hear(sample: RequestSample, arm: Arm): void;
  /** True once both arms have been measured. */
  isMeasured(): boolean;
  /** ln of the e-value against "no worse". Cheap enough to be asked often. */
  logHarm(): number;
  /** The effect, as the margin counts it, from which harm matters. */
  readonly matters: number;
  /** False for a test that is valid at every count, however small. */
  readonly needsCount: boolean;
  /** Samples of the candidate that may pass without it before it counts as not measured, in units of minSamples. */
  readonly patience: number;
  report(): TestReport;
  /** Plain JSON. */
  readonly state: Readonly<Record<string, unknown>>;
}

export interface Levels {
  /** Of a false alarm, of this criterion's interval. */
  readonly falseAlarm: number;
  readonly falsePass: number;
}

/** The margin in use: that of the criterion, or what the least difference that matters is of the stable version's time. */
export const marginInUse = (margin: number, leastMs: number, stableMs: number): number =>
  stableMs > 0 ? Math.max(margin, leastMs / stableMs) : margin;

/** The part of a margin that matters: what is less is let in if it can be proved to be less than the whole. */
export const materialPart = 0.5;
