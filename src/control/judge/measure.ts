// What each metric reads of a sample; undefined where a sample says nothing of it.
import type { RequestSample } from '../../observe/index.js';

/** Smallest latency and cost that count, in ms: clocks are no finer. */
const leastMs = 1e-3;
/** Smallest residual that counts: below it is rounding. */
const leastResidual = 1e-12;

const logOf = (value: number | null | undefined, least: number): number | undefined =>
  value === null || value === undefined || !(value >= 0) || value === Number.POSITIVE_INFINITY
    ? undefined
    : Math.log(Math.max(value, least));

/** A figure whose logarithms are compared. */
export interface RatioMeasure {
  /** ln of the version's own figure. */
  own(sample: RequestSample): number | undefined;
  /** ln of what the stable version had for the same request, of a mirror. */
  pair?(sample: RequestSample): number | undefined;
  /** ln of a figure of the stable version that is held against the candidate's only once there are none side by side. */
  before?(sample: RequestSample): number | undefined;
}

/** Failed requests are left out: an error is often quicker than an answer, and counts elsewhere. */
export const latencyOf: RatioMeasure = {
  own: ({ ok, latencyMs }) => (ok ? logOf(latencyMs, leastMs) : undefined),
  pair: ({ paired }) => logOf(paired?.stableLatencyMs, leastMs),
  before: ({ ok, warmLatencyMs }) => (ok ? logOf(warmLatencyMs, leastMs) : undefined),
};

export const computeOf: RatioMeasure = { own: ({ ok, computeMs }) => (ok ? logOf(computeMs, leastMs) : undefined) };

export const residualOf: RatioMeasure = {
  own: ({ residual }) => logOf(residual, leastResidual),
  pair: ({ paired }) => logOf(paired?.stableResidual, leastResidual),
};

const magnitude = (value: number | null | undefined): number | null =>
  value === null || value === undefined ? null : Math.abs(value);

export const conservationOf: RatioMeasure = {
  own: ({ fluxImbalance }) => logOf(magnitude(fluxImbalance), leastResidual),
  pair: ({ paired }) => logOf(magnitude(paired?.stableFluxImbalance), leastResidual),
};

/** True where the version's guard refused its answer; undefined without a guard. */
export const refusedOf = ({ accepted }: RequestSample): boolean | undefined =>
  accepted === null || accepted === undefined ? undefined : !accepted;

/** A failure, or a guarded answer of which no figure is finite although the other version's are (see open-judge). */
export const isFailure = ({ ok, accepted, residual, fluxImbalance }: RequestSample, hasFigures: boolean): boolean =>
  ok !== true || (hasFigures && typeof accepted === 'boolean' && residual === null && fluxImbalance === null);
