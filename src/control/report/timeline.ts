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
  readonly spans: readonly StageSpan[];
  /** The candidate's part of the traffic, 0 to 1. */
  readonly shares: readonly Sample[];
}

export const isFinal = ({ phase }: ReleaseStatus): boolean => finalPhases.some(each => each === phase);

/** Points in the order of time; a clock may have been set back. */
export const inOrder = (points: readonly EvidencePoint[]): readonly EvidencePoint[] =>
  points.toSorted((a, b) => a.atMs - b.atMs);

/** The last time that the judge or a person said what ended it; while it runs there is none. */
function decisionOf({ status, events }: ReleaseEvidence, endMs: number): number | undefined {
  if (!isFinal(status) && status.phase !== 'promoting' && status.phase !== 'aborting') return undefined;
  const said = events.filter(({ kind, atMs }) => (kind === 'verdict' || kind === 'command') && atMs <= endMs);
  return Math.max(...said.map(({ atMs }) => atMs), Number.NEGATIVE_INFINITY) > Number.NEGATIVE_INFINITY
    ? Math.max(...said.map(({ atMs }) => atMs))
    : status.endedAtMs;
}

function spansOf(points: readonly EvidencePoint[], status: ReleaseStatus, endMs: number): StageSpan[] {
  const begins: { readonly stage: number; readonly fromMs: number }[] = [];
  for (const { stage, atMs } of points) if (begins.at(-1)?.stage !== stage) begins.push({ stage, fromMs: atMs });
  const now = { stage: status.stage, fromMs: status.stageSinceMs };
  const known = begins.at(-1);
  if (status.stages.length > 0 && known?.stage !== now.stage && (known === undefined || now.fromMs >= known.fromMs))
    begins.push(now);
  return begins.map((begin, k) => ({ ...begin, toMs: begins[k + 1]?.fromMs ?? endMs }));
}

/** What the candidate got at the end, which no point says: after it nothing is judged any more. */
function lastShare({ phase, stages, stage }: ReleaseStatus, points: readonly EvidencePoint[]): number {
  if (phase === 'promoted') return 1;
  if (phase === 'aborted' || phase === 'reported') return 0;
  return (points.at(-1)?.candidateShare ?? stages[stage]?.candidateShare ?? 0) / 10_000;
}

function sharesOf(points: readonly EvidencePoint[], status: ReleaseStatus, times: Times): Sample[] {
  const since = (atMs: number): number => atMs - times.startMs;
  const judged = points.map(({ atMs, candidateShare }) => ({ ms: since(atMs), value: candidateShare / 10_000 }));
  const last = lastShare(status, points);
  const turned = isFinal(status) ? [{ ms: since(times.decisionMs ?? times.endMs), value: last }] : [];
  const ended = turned.filter(({ ms }) => ms >= (judged.at(-1)?.ms ?? 0));
  return [{ ms: 0, value: 0 }, ...judged, ...ended, { ms: since(times.endMs), value: last }];
}

export function timelineOf(evidence: ReleaseEvidence): Timeline {
  const { status, events } = evidence;
  const points = inOrder(evidence.points);
  const moments = [status.startedAtMs, ...points.map(({ atMs }) => atMs), ...events.map(({ atMs }) => atMs)];
  const startMs = moments.reduce((a, b) => Math.min(a, b));
  const latest = [...moments, status.updatedAtMs, status.endedAtMs ?? status.updatedAtMs].reduce((a, b) =>
    Math.max(a, b),
  );
  const decisionMs = decisionOf(evidence, latest);
  // A little time after the decision shows what it did.
  const endMs = isFinal(status) ? latest + 0.03 * (latest - startMs) : latest;
  const spans = spansOf(points, status, latest);
  const times = { startMs, endMs, decisionMs, boundaries: spans.slice(1).map(({ fromMs }) => fromMs) };
  return { ...times, spans, shares: sharesOf(points, status, times) };
}
