// Surrogate against truth: pointwise error, relative error and speed-up, when both answer the same input.
import { useMemo, useRef } from 'preact/hooks';
import { absoluteError, type Field, relativeL2 } from '../fields/field.js';
import { useStore } from './store.js';
import type { Studio } from './studio.js';
import { type Answer, isRejected, type StudioState, type Truth } from './studio-state.js';

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

const identity = (state: StudioState) => state;

/** The newest comparison there is; none where one side is missing. Stays until a newer one comes, so nothing flickers. */
export function useComparison(studio: Studio): { comparison: Comparison | undefined; isFresh: boolean } {
  const state = useStore(studio.store, identity);
  const { answer, truth, answerFailure, truthFailure } = state;
  const fresh = useMemo(() => compare(answer, truth), [answer, truth]);
  const last = useRef(fresh);
  if (fresh !== undefined) last.current = fresh;
  const missing = isRejected(state) || answerFailure !== undefined || truthFailure !== undefined;
  return { comparison: missing ? undefined : last.current, isFresh: fresh !== undefined };
}
