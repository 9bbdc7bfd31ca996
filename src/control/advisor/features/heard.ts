// What the adviser keeps of the samples of two versions: sums, never samples.
import type { RequestSample } from '../../../observe/index.js';
import type { AdvisedVersions } from '../advice.js';
import { Contrast } from './contrast.js';
import { LogHistogram } from './log-histogram.js';
import { Moments } from './moments.js';

/** Long enough that both arms of a small canary fall into one block, short enough that a burst is no block's whole. */
export const blockMs = 2000;
/** Of each version, before anything is said. */
const fewestRequests = 10;
/** Residuals below it are rounding, and so is their ratio; times never are. */
const tiny = 1e-9;

const logOf = (value: number | null): number =>
  value !== null && value >= 0 && value < Number.POSITIVE_INFINITY ? Math.log(Math.max(value, tiny)) : Number.NaN;

const isMeasured = (value: number | null): value is number => value !== null && Number.isFinite(value);

/** Logarithm of candidate over stable, NaN if either is missing. */
function hearRatio(into: Moments, stable: number | null, candidate: number | null): void {
  const ratio = logOf(candidate) - logOf(stable);
  if (Number.isFinite(ratio)) into.hear(ratio);
}

type Arms<T> = readonly [T, T];
const arms = <T>(make: () => T): Arms<T> => [make(), make()];

/** Index 0 is the stable version, 1 the candidate. Latencies of failed requests are left out: a failure may be fast. */
export class Heard {
  readonly requests = arms(() => new Moments());
  readonly latencies = arms(() => new Moments());
  readonly latencyShapes = arms(() => new LogHistogram());
  readonly rejections = arms(() => new Moments());
  readonly latency = new Contrast();
  readonly compute = new Contrast();
  readonly residual = new Contrast();
  readonly flux = new Contrast();
  readonly failures = new Contrast();
  readonly pairedLatency = new Moments();
  readonly pairedResidual = new Moments();
  readonly pairedFlux = new Moments();
  readonly difference = new Moments();
  readonly accuracy = new Moments();
  /** Logarithms of the stable version's computing times. */
  readonly computes = new Moments();
  /** True once the candidate's computing time has been measured. */
  computed = false;
  readonly #versions: AdvisedVersions;

  constructor(versions: AdvisedVersions) {
    this.#versions = versions;
  }

  /** True once both versions have been heard so often that something may be said. */
  get enough(): boolean {
    return Math.min(this.requests[0].count, this.requests[1].count) >= fewestRequests;
  }

  /** O(1). Samples of other versions, and times that are no numbers, are passed over. */
  hear(sample: RequestSample): void {
    const { stable, candidate } = this.#versions;
    if (!Number.isFinite(sample.atMs) || (sample.version !== stable && sample.version !== candidate)) return;
    const arm = sample.version === candidate ? 1 : 0;
    const block = Math.floor(sample.atMs / blockMs);
    this.requests[arm].hear(sample.ok ? 0 : 1);
    this.failures.hear(arm, sample.ok ? 0 : 1, block);
    if (sample.accepted !== null) this.rejections[arm].hear(sample.accepted ? 0 : 1);
    if (sample.ok) this.#hearTimes(sample, arm, block);
    this.residual.hear(arm, logOf(sample.residual), block);
    this.flux.hear(arm, logOf(sample.fluxImbalance), block);
    if (arm === 1 && sample.paired !== null) this.#hearPair(sample);
  }

  #hearTimes({ latencyMs, computeMs }: RequestSample, arm: 0 | 1, block: number): void {
    this.compute.hear(arm, logOf(computeMs), block);
    if (isMeasured(computeMs) && computeMs >= 0) {
      if (arm === 1) this.computed = true;
      else this.computes.hear(logOf(computeMs));
    }
    if (!isMeasured(latencyMs) || latencyMs < 0) return;
    this.latency.hear(arm, logOf(latencyMs), block);
    this.latencies[arm].hear(latencyMs);
    this.latencyShapes[arm].hear(latencyMs);
  }

  #hearPair({ ok, latencyMs, residual, fluxImbalance, paired }: RequestSample): void {
    if (paired === null) return;
    if (ok) hearRatio(this.pairedLatency, paired.stableLatencyMs, latencyMs);
    hearRatio(this.pairedResidual, paired.stableResidual, residual);
    hearRatio(this.pairedFlux, paired.stableFluxImbalance, fluxImbalance);
    if (isMeasured(paired.difference)) this.difference.hear(Math.max(0, paired.difference));
    if (isMeasured(paired.stableError) && isMeasured(paired.candidateError))
      this.accuracy.hear(paired.candidateError - paired.stableError);
  }
}
