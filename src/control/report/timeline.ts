// When what happened in a release: its span, its stages, the candidate's share, and the moment of the decision.
import { type EvidencePoint, finalPhases, type ReleaseEvidence, type ReleaseStatus } from '../release/status.js';
import type { Sample } from './curves.js';
import type { Times } from './plot.js';

export interface StageSpan {
  readonly stage: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Timeline extends Times {
  /** Of all that is known; `endMs` may lie behind it. */
  readonly latestMs: number;
  readonly spans: readonly StageSpan[];
  /** The candidate's part of the traffic, 0 to 1. */
  readonly shares: readonly Sample[];
}

export const isFinal = ({ phase }: ReleaseStatus): boolean => finalPhases.some(each => each === phase);

/** Points in the order of time; a clock may have been set back. */
export const inOrder = (points: readonly EvidencePoint[]): readonly EvidencePoint[] =>
  points.toSorted((a, b) => a.atMs - b.atMs);

/**
 * When it was decided: the phase before the last one began, because the last phase comes only when every replica has obeyed. A
 * release that only compared is decided by its end.
 */
function decisionOf({ status, events }: ReleaseEvidence): number | undefined {
  const { phase, endedAtMs } = status;
  const phases = events.filter(({ kind }) => kind === 'phase').toSorted((a, b) => a.sequence - b.sequence);
  if (phase === 'promoting' || phase === 'aborting') return phases.at(-1)?.atMs;
  if (!isFinal(status)) return undefined;
  return (phase === 'reported' ? undefined : phases.at(-2)?.atMs) ?? endedAtMs;
}

interface Moment {
  readonly atMs: number;
  readonly stage: number;
  /** Parts of ten thousand. */
  readonly share: number;
  readonly isEntry: boolean;
}

/** What is known of the traffic: stages as they were entered, one after the other, and the points of the evidence. */
function momentsOf({ status, events }: ReleaseEvidence, points: readonly EvidencePoint[]): Moment[] {
  const entered = events.filter(({ kind }) => kind === 'stage').toSorted((a, b) => a.sequence - b.sequence);
  return [
    ...entered.map(({ atMs }, stage) => ({
      atMs,
      stage,
      share: status.stages[stage]?.candidateShare ?? 0,
      isEntry: true,
    })),
    ...points.map(({ atMs, stage, candidateShare }) => ({ atMs, stage, share: candidateShare, isEntry: false })),
  ].toSorted((a, b) => a.atMs - b.atMs);
}

/** Of stages that were entered; of old evidence without those events, from the points. */
function spansOf(moments: readonly Moment[], endMs: number): StageSpan[] {
  const entered = moments.filter(({ isEntry }) => isEntry);
  const begins: Moment[] = [];
  for (const moment of entered.length > 0 ? entered : moments)
    if (begins.at(-1)?.stage !== moment.stage) begins.push(moment);
  return begins.map(({ stage, atMs }, k) => ({ stage, fromMs: atMs, toMs: begins[k + 1]?.atMs ?? endMs }));
}

function sharesOf(moments: readonly Moment[], status: ReleaseStatus, times: Times): Sample[] {
  const since = (atMs: number): number => atMs - times.startMs;
  const known = moments.map(({ atMs, share }) => ({ ms: since(atMs), value: share / 10_000 }));
  const latest = known.at(-1);
  // After the decision nothing is judged any more, and no point says what became of the traffic.
  const isOver = isFinal(status) || status.phase === 'promoting' || status.phase === 'aborting';
  const last = isOver ? Number(status.phase === 'promoted' || status.phase === 'promoting') : (latest?.value ?? 0);
  const turned = isOver ? [{ ms: Math.max(latest?.ms ?? 0, since(times.decisionMs ?? times.endMs)), value: last }] : [];
  return [{ ms: 0, value: 0 }, ...known, ...turned, { ms: since(times.endMs), value: last }];
}

export function timelineOf(evidence: ReleaseEvidence): Timeline {
  const { status, events } = evidence;
  const points = inOrder(evidence.points);
  const all = [status.startedAtMs, ...points.map(({ atMs }) => atMs), ...events.map(({ atMs }) => atMs)];
  const startMs = all.reduce((a, b) => Math.min(a, b));
  const latest = [...all, status.updatedAtMs, status.endedAtMs ?? status.updatedAtMs].reduce((a, b) => Math.max(a, b));
  const decisionMs = decisionOf(evidence);
  const moments = momentsOf(evidence, points);
  // A little time after the decision shows what it did.
  const endMs = isFinal(status) ? latest + 0.03 * (latest - startMs) : latest;
  const spans = spansOf(moments, decisionMs ?? latest);
  const times = { startMs, endMs, decisionMs, boundaries: spans.slice(1).map(({ fromMs }) => fromMs) };
  return { ...times, latestMs: latest, spans, shares: sharesOf(moments, status, times) };
}
