// What a learned adviser says of a release: a probability, how sure it is, and the features that drove it. It never decides.

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
