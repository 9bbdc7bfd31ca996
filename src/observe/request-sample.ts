// What one answer was like, as a judge of releases wants it: one sample a request, never a mean of many.

/** How a copy of a request was answered beside what the client got. Answers are compared over all outputs together. */
export interface PairedSample {
  /** Of the instances that answered the client; where a route keeps fresh ones, of those, which were asked the same copy. */
  readonly stableLatencyMs: number;
  readonly stableResidual: number | null;
  readonly stableFluxImbalance: number | null;
  /** |candidate - stable| / |stable| in the Euclidean norm; null if it is not finite. */
  readonly difference: number | null;
  /** Relative L2 errors against the truth, where the route asked for it and it was computed; null if not. */
  readonly stableError: number | null;
  readonly candidateError: number | null;
}

/** One request to one version. Figures that were not measured, or are not finite, are null, so that samples survive JSON. */
export interface RequestSample {
  /** Grows by one with each sample of a model in one replica. */
  readonly sequence: number;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly version: number;
  /** An answer that a client got, or a copy that was compared and dropped; of the stable version: a copy that its fresh instances were asked, for its times and failures. */
  readonly kind: 'answer' | 'mirror';
  /** False if the version failed by its own fault (a broken answer, a time-out, a refusal by its guard); a bad request is no sample. */
  readonly ok: boolean;
  /**
   * Queue and computation; null where that says nothing of the version: a cache answered, or its instances are asked so much more
   * often than the other version's (see `baseline` of a route) that the two cannot be compared.
   */
  readonly latencyMs: number | null;
  /** The latency of the stable version's instances that are asked so much more often: for a before and after, not for side by side. */
  readonly warmLatencyMs?: number | undefined;
  /** Of `latencyMs` the computation of the batch divided by its items: what the request costs; null likewise. */
  readonly computeMs: number | null;
  readonly items: number;
  /** What the version itself gave, also where a fallback replaced it. */
  readonly residual: number | null;
  readonly fluxImbalance: number | null;
  /** True if its guard accepted the version's own answer; null without a guard. */
  readonly accepted: boolean | null;
  /** Of a candidate's mirror. */
  readonly paired: PairedSample | null;
}

/** Samples in order, and where to go on. */
export interface SampleBatch {
  readonly samples: readonly RequestSample[];
  /** Give it to the next read. Begins anew, below what was given, when a replica has been restarted. */
  readonly next: number;
  /** Samples that were overwritten before they were read. */
  readonly lost: number;
}
