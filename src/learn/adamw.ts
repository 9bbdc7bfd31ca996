// AdamW (Loshchilov & Hutter 2019): Adam with weight decay apart from the gradient.
import { np, type Traced } from '../compile/index.js';
import { mapWeights, type Weights } from './traced-arrays.js';

export interface AdamwOptions {
  readonly firstDecay: number;
  readonly secondDecay: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

export const adamwDefaults = Object.freeze({ firstDecay: 0.9, secondDecay: 0.999, epsilon: 1e-8 });

/** What the optimiser keeps beside the weights: running means of the gradient and of its square. */
export interface Moments<Leaf> {
  readonly first: Weights<Leaf>;
  readonly second: Weights<Leaf>;
}

/** Numbers that change from step to step, inputs of the program. */
export type StepScalars<Leaf> = {
  /** Learning rate with both bias corrections. */
  readonly rate: Leaf;
  /** Epsilon, in units of the uncorrected second moment's root. */
  readonly epsilon: Leaf;
  /** What weight decay leaves of a weight. */
  readonly keep: Leaf;
};

/**
 * Values of the scalars at step t, counted from 1. The moments start at zero; their corrections m̂ = m / (1 - β₁ᵗ) and
 * v̂ = v / (1 - β₂ᵗ) are folded into two scalars, so that they cost no pass over the weights.
 */
export function stepScalars(learningRate: number, t: number, options: AdamwOptions): StepScalars<number> {
  const { firstDecay, secondDecay, epsilon, weightDecay } = options;
  const root = Math.sqrt(1 - secondDecay ** t);
  return {
    rate: (learningRate * root) / (1 - firstDecay ** t),
    epsilon: epsilon * root,
    keep: 1 - learningRate * weightDecay,
  };
}

/**
 * One step: m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g², w ← w - η(m̂ / (√v̂ + ε) + λw).
 */
export function adamw(
  state: { readonly weights: Weights<Traced>; readonly moments: Moments<Traced>; readonly gradient: Weights<Traced> },
  { rate, epsilon, keep }: StepScalars<Traced>,
  { firstDecay, secondDecay }: AdamwOptions,
): { weights: Weights<Traced>; moments: Moments<Traced> } {
  const { weights, moments, gradient } = state;
  const first = mapWeights(moments.first, (m, name) => m.mul(firstDecay).add(gradient[name].mul(1 - firstDecay)));
  const second = mapWeights(moments.second, (v, name) =>
    v.mul(secondDecay).add(np.square(gradient[name]).mul(1 - secondDecay)),
  );
  const next = mapWeights(weights, (weight, name) => {
    const direction = first[name].div(np.sqrt(second[name]).add(epsilon));
    return weight.mul(keep).sub(direction.mul(rate));
  });
  return { weights: next, moments: { first, second } };
}
