// The learning rate over a training: a straight rise to the peak, then a straight fall to zero.

export interface Schedule {
  readonly steps: number;
  /** Rate at the top. */
  readonly peak: number;
  /** Share of the steps in which the rate rises, 0 to 1. */
  readonly warmUp: number;
}

/** Learning rate of step 0 .. steps-1; never 0 before the end. */
export function learningRateAt({ steps, peak, warmUp }: Schedule, step: number): number {
  const rising = warmUp * steps;
  return step + 1 <= rising ? (peak * (step + 1)) / rising : (peak * (steps - step)) / Math.max(1, steps - rising);
}
