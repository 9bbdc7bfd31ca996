// What an answer or a failure says of the version that gave it, as a sample.
import { isGalerkinError } from '../../base/index.js';
import type { GuardReport } from '../engine/guard-verdict.js';
import type { Question } from '../engine/question.js';
import { refusalBy } from '../engine/refusal.js';
import type { Served } from '../engine/running-model.js';
import type { ServedModel } from '../engine/served-model.js';
import type { NewSample } from './sample-ring.js';

/** Failures that say nothing of a version: nobody let the request in, or nobody wanted it any more. */
const noFaults: ReadonlySet<string> = new Set([
  'REQUEST_CANCELLED',
  'OVERLOADED',
  'QUEUE_FULL',
  'MODEL_STOPPING',
  'MODEL_NOT_READY',
  'MODEL_UNKNOWN',
]);

/** Requests that one version cannot answer and another could not either. */
const clientFaults = (http: number): boolean => http >= 400 && http < 500;

/** True if the failure is the version's own: it broke, took too long, rests after failures, or its guard refused. */
export function isOwnFault(error: unknown, question: Question | undefined): boolean {
  if (!isGalerkinError(error)) return true;
  const { code, http } = error;
  if (code === 'ANSWER_REJECTED') return true;
  if (code === 'QUEUE_TIMEOUT' && (question?.terms.timeoutUs ?? 0) > 0) return false;
  return !noFaults.has(code) && !clientFaults(http) && http !== 501;
}

type GuardFacts = Pick<NewSample, 'residual' | 'fluxImbalance' | 'accepted'>;
const unjudged: GuardFacts = { residual: null, fluxImbalance: null, accepted: null };

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** The version's own figures, also where a fallback has replaced its answer. */
export function guardFacts(guard: GuardReport | undefined): GuardFacts {
  if (guard === undefined) return unjudged;
  const { residual, fluxImbalance } = guard.refused ?? guard.figures;
  return {
    residual: finite(residual),
    fluxImbalance: finite(fluxImbalance),
    accepted: guard.verdict === 'accepted',
  };
}

/** Milliseconds that an item of its batch took to compute; null where nothing was computed for it. */
export function computeMsOf({ times, question }: Served): number | null {
  if (times === undefined || times.inferredMs === 0) return null;
  return Math.max(0, times.inferredMs - times.inputDoneMs) / Math.max(1, times.batchItems || question.items);
}

export function sampleOfAnswer(served: Served, version: number, atMs: number): NewSample {
  const { question, answer, latencyMs, times } = served;
  return {
    atMs,
    version,
    kind: 'answer',
    ok: true,
    latencyMs: times === undefined ? null : latencyMs,
    computeMs: computeMsOf(served),
    items: question.items,
    ...guardFacts(answer.guard),
    paired: null,
  };
}

/** The sample of instances whose times cannot be held against those of others. */
export const timeless = (sample: NewSample): NewSample => ({ ...sample, latencyMs: null, computeMs: null });

/** The sample of instances that are warmer than those they would be compared with. */
export const warm = (sample: NewSample): NewSample => ({
  ...timeless(sample),
  warmLatencyMs: sample.latencyMs ?? undefined,
});

/** Undefined where the failure is none of the version's. */
export function sampleOfFailure(
  error: unknown,
  question: Question | undefined,
  { served, atMs }: { readonly served: Pick<ServedModel, 'name' | 'version'>; readonly atMs: number },
): NewSample | undefined {
  // A member of an ensemble that does not run is none of the version's faults; that its own instances have all died is.
  if (!isOwnFault(error, question) && refusalBy(served, error) !== 'MODEL_NOT_READY') return undefined;
  const isJudged = isGalerkinError(error) && 'residual' in error.fields && 'fluxImbalance' in error.fields;
  const judged = isJudged
    ? { residual: finite(Number(error.fields.residual)), fluxImbalance: finite(Number(error.fields.fluxImbalance)) }
    : { residual: null, fluxImbalance: null };
  return {
    atMs,
    version: Number(served.version),
    kind: 'answer',
    ok: false,
    latencyMs: null,
    computeMs: null,
    items: question?.items ?? 1,
    ...judged,
    accepted: isJudged ? false : null,
    paired: null,
  };
}
