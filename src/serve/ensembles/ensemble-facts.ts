// How an ensemble is computed now.

export interface EnsembleFacts {
  /** Names, step by step. */
  readonly members: readonly string[];
  /** All steps are one graph now. */
  readonly isFused: boolean;
  /** Why they are not; '' if they are. */
  readonly why: string;
}
