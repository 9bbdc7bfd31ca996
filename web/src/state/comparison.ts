// Surrogate against truth: pointwise error, relative error and speed-up, when both answer the same input.
import { absoluteError, type Field, relativeL2 } from '../fields/field.js';
import type { Answer, Truth } from './studio-state.js';

export interface Comparison {
  readonly error: Field;
  readonly relativeL2: number;
  /** Solver's latency over the surrogate's; only where the surrogate itself answered and both were timed. */
  readonly speedUp: number | undefined;
}

export function compare(answer: Answer | undefined, truth: Truth | undefined): Comparison | undefined {
  if (answer?.u === undefined || truth === undefined || answer.revision !== truth.revision) return undefined;
  if (answer.u.n !== truth.u.n) return undefined;
  const timed = answer.answeredBy === 'surrogate' && answer.latencyMs !== undefined && truth.latencyMs !== undefined;
  return {
    error: absoluteError(answer.u, truth.u),
    relativeL2: relativeL2(answer.u, truth.u),
    speedUp: timed ? Number(truth.latencyMs) / Number(answer.latencyMs) : undefined,
  };
}
