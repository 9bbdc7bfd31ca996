// The steps from one phase of a release to the next: each changes the status and says so, and none looks at the world.
import type { EventDraft } from './measurements.js';
import { finalPhases, type ReleasePhase, type ReleaseStatus, type Stage } from './status.js';
import { sharePercent } from './strategies/quiet-stage.js';

/** A status on its way through one decision, with what happened on the way. */
export interface Step {
  readonly status: ReleaseStatus;
  readonly events: readonly EventDraft[];
}

export const isFinal = (phase: ReleasePhase): boolean => finalPhases.some(each => each === phase);

export const stageOf = ({ stages, stage }: ReleaseStatus): Stage | undefined => stages[stage];

/** Time in this stage, pauses left out. A clock that was set back counts as standing still. */
export const stageElapsedMs = ({ phase, stageSinceMs, stageHeldMs }: ReleaseStatus, nowMs: number): number =>
  stageHeldMs + (phase === 'running' ? Math.max(0, nowMs - stageSinceMs) : 0);

/** Samples of the candidate that have been judged, of the criterion that has the most. */
export const judgedSamples = ({ judgement }: Pick<ReleaseStatus, 'judgement'>): number =>
  Math.max(0, ...(judgement?.criteria ?? []).map(({ candidateSamples }) => candidateSamples));

export const say = (kind: EventDraft['kind'], text: string, by = ''): EventDraft => ({ kind, text, by });

/** A new phase whose route differs: nobody obeys it yet. */
function orderPhase({ status, events }: Step, change: Partial<ReleaseStatus>, nowMs: number): Step {
  const next = { ...status, ...change, revision: status.revision + 1, obeyed: [], waitingSinceMs: nowMs };
  return { status: next, events };
}

const withEvent = ({ status, events }: Step, ...more: readonly EventDraft[]): Step => ({
  status,
  events: [...events, ...more],
});

export function prepare(step: Step, nowMs: number): Step {
  const { candidate } = step.status;
  const reason = `Version ${candidate} is being loaded everywhere, without traffic.`;
  return withEvent(orderPhase(step, { phase: 'preparing', reason }, nowMs), say('phase', reason));
}

/** Enters a stage: its clock and its samples begin anew. */
export function enterStage(step: Step, index: number, nowMs: number, by = ''): Step {
  const { status } = step;
  const stage = status.stages[index];
  if (stage === undefined) return promote(step, nowMs, 'The last stage is over.', by);
  const reason = `Stage ${index + 1} of ${status.stages.length}: ${stage.title}.`;
  const samples = judgedSamples(status);
  const entered = orderPhase(
    step,
    { phase: 'running', stage: index, stageSinceMs: nowMs, stageHeldMs: 0, stageSamples: samples, reason },
    nowMs,
  );
  const where = stage.replicas === 'all' ? 'on every replica' : `on the first ${stage.replicas} replicas`;
  const copies = stage.mirrorShare > 0 ? `, copies of ${sharePercent(stage.mirrorShare)}` : '';
  const route = `Version ${status.candidate} gets ${sharePercent(stage.candidateShare)} ${where}${copies}.`;
  return withEvent(entered, say('stage', reason, by), say('route', route));
}

export function promote(step: Step, nowMs: number, reason: string, by = ''): Step {
  const text = `${reason} All traffic goes to version ${step.status.candidate}; version ${step.status.baseline} stays loaded until every replica obeys.`;
  return withEvent(orderPhase(step, { phase: 'promoting', reason: text }, nowMs), say('phase', text, by));
}

/** Back to the baseline, from anywhere. */
export function abort(step: Step, nowMs: number, why: string, by = ''): Step {
  const text = `${why} All traffic goes back to version ${step.status.baseline}.`;
  const change = { phase: 'aborting' as const, reason: text, stageSinceMs: nowMs };
  return withEvent(orderPhase(step, change, nowMs), say('phase', text, by));
}

export interface End {
  readonly phase: 'promoted' | 'aborted' | 'reported';
  /** Why, for who looks at the release. */
  readonly reason: string;
  /** What its history says last; the reason where it has not been told yet. */
  readonly said?: string;
}

/** Over. After a promotion or a report one more route is ordered, which lets go of the version that is not needed. */
export function end(step: Step, nowMs: number, { phase, reason, said = reason }: End): Step {
  const over = { phase, reason, endedAtMs: nowMs };
  const ended = phase === 'aborted' ? { ...step, status: { ...step.status, ...over } } : orderPhase(step, over, nowMs);
  return withEvent({ ...ended, status: { ...ended.status, waitingSinceMs: undefined } }, say('phase', said));
}

/** Shares stay as they are and the stage's clock stands; the judge goes on listening. */
export function pause({ status, events }: Step, nowMs: number, reason: string, by = ''): Step {
  const held = stageElapsedMs(status, nowMs);
  const paused = { ...status, phase: 'paused' as const, stageHeldMs: held, stageSinceMs: nowMs, reason };
  return { status: paused, events: [...events, say('phase', reason, by)] };
}

/** The stage goes on where it stood; one whose time was over gets its time once more. */
export function resume({ status, events }: Step, nowMs: number, by: string): Step {
  const { holdMs = 0, title = '' } = stageOf(status) ?? {};
  const stageHeldMs = status.stageHeldMs >= holdMs ? 0 : status.stageHeldMs;
  const reason = `Stage ${status.stage + 1} of ${status.stages.length} goes on: ${title}.`;
  const next = { ...status, phase: 'running' as const, stageSinceMs: nowMs, stageHeldMs, reason };
  const waitingSinceMs = status.waitingSinceMs === undefined ? undefined : nowMs;
  return { status: { ...next, waitingSinceMs }, events: [...events, say('phase', reason, by)] };
}
