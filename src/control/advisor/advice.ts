// What a learned adviser says of a release: a probability, how sure it is, and the features that drove it. It never decides.

import type { RequestSample } from '../../observe/index.js';

export interface Advice {
  readonly atMs: number;
  /** Probability that the candidate is worse than its margins. */
  readonly probability: number;
  /** 'hold' asks for caution; undefined below the threshold of confidence: no advice is given. */
  readonly advice: 'hold' | 'go' | undefined;
  /** max(probability, 1 - probability). */
  readonly confidence: number;
  /** The features that moved it most, strongest first; contributions in log odds, positive towards 'worse'. */
  readonly drivers: readonly { readonly feature: string; readonly value: number; readonly contribution: number }[];
}

/** Hears samples one by one and may be asked at any time. It keeps nothing on disk: after a restart it listens anew. */
export interface Adviser {
  /** O(1), allocates nothing that stays. Samples of other versions than the two, and figures that are no numbers, are passed over. */
  hear(sample: RequestSample): void;
  /** Undefined until both versions have been heard a few times. */
  advise(nowMs: number): Promise<Advice | undefined>;
  /** Frees the native session; closing twice is fine. */
  close(): Promise<void>;
}

/** Which version is which, as the judge is told. */
export interface AdvisedVersions {
  readonly stable: number;
  readonly candidate: number;
}
