// Evidence as columns for the charts: share, effects and e-values over the seconds since the release began, with the ranges to show.
import type { CriterionReport, EvidencePoint, Metric, ReleaseEvidence } from '../api/release-schemas.js';
import { isFinal } from '../state/releases.js';

type Column = readonly (number | null)[];
type Range = readonly [low: number, high: number];

export interface ShareCurve {
  readonly time: readonly number[];
  readonly share: Column;
}

/** Points in the order of time, each second once: a chart needs ascending times. */
export function ordered(points: readonly EvidencePoint[]): readonly EvidencePoint[] {
  const sorted = points.toSorted((a, b) => a.atMs - b.atMs);
  return sorted.filter(({ atMs }, k) => k === 0 || atMs > (sorted[k - 1]?.atMs ?? 0));
}

interface Moment {
  readonly atMs: number;
  readonly stage: number;
  readonly candidateShare: number;
}

/** What is known of the traffic: stages as they were entered, one after the other, and the points of the evidence. */
function momentsOf({ status, events, points }: ReleaseEvidence): Moment[] {
  const entered = events.filter(({ kind }) => kind === 'stage').toSorted((a, b) => a.sequence - b.sequence);
  const known = entered.map(({ atMs }, stage) => ({
    atMs,
    stage,
    candidateShare: status.stages[stage]?.candidateShare ?? 0,
  }));
  return [...known, ...points].toSorted((a, b) => a.atMs - b.atMs);
}

/** Seconds since the start at which a later stage began. */
export function boundariesOf(evidence: ReleaseEvidence): number[] {
  const moments = momentsOf(evidence);
  return moments
    .filter(({ stage }, k) => k > 0 && moments[k - 1]?.stage !== stage)
    .map(({ atMs }) => (atMs - evidence.status.startedAtMs) / 1000);
}

const isOver = (status: ReleaseEvidence['status']): boolean =>
  isFinal(status) || status.phase === 'promoting' || status.phase === 'aborting';

/** When the traffic turned for the last time: the phase before the last began; a release that only compared turns at its end. */
function turnedMs({ status, events }: ReleaseEvidence): number | undefined {
  const phases = events.filter(({ kind }) => kind === 'phase').toSorted((a, b) => a.sequence - b.sequence);
  const ended = status.endedAtMs ?? undefined;
  if (!isFinal(status)) return phases.at(-1)?.atMs;
  return (status.phase === 'reported' ? undefined : phases.at(-2)?.atMs) ?? ended;
}

/** Percent of the traffic from the start to the end, which no point tells: after the decision nothing is judged. */
export function shareCurve(evidence: ReleaseEvidence): ShareCurve {
  const { status } = evidence;
  const { startedAtMs, phase } = status;
  const known = momentsOf(evidence).filter(({ atMs }) => atMs > startedAtMs);
  const latestMs = known.at(-1)?.atMs ?? startedAtMs;
  const endMs = Math.max(status.endedAtMs ?? status.updatedAtMs, latestMs + 1);
  const last = isOver(status) ? (phase.startsWith('promot') ? 10_000 : 0) : (known.at(-1)?.candidateShare ?? 0);
  const turned = isOver(status)
    ? [{ atMs: Math.max(latestMs, turnedMs(evidence) ?? endMs), candidateShare: last }]
    : [];
  const all = [
    { atMs: startedAtMs, candidateShare: 0 },
    ...known,
    ...turned,
    // So that the last step can be seen.
    { atMs: isFinal(status) ? endMs + 0.03 * (endMs - startedAtMs) : endMs, candidateShare: last },
  ];
  return {
    time: all.map(({ atMs }) => (atMs - startedAtMs) / 1000),
    share: all.map(({ candidateShare }) => candidateShare / 100),
  };
}

export interface CriterionCurves {
  readonly metric: Metric;
  readonly last: CriterionReport;
  readonly time: readonly number[];
  readonly effect: Column;
  readonly lower: Column;
  readonly upper: Column;
  readonly harm: Column;
  readonly safety: Column;
}

/** E-values beyond these say no more. */
const leastE = 1e-6;
const mostE = 1e12;
const bounded = (value: number | null): number | null =>
  value === null ? null : Math.min(mostE, Math.max(leastE, value));

/** Every criterion that was judged, in the order of the latest judgement. */
export function criteriaCurves({ status, points }: ReleaseEvidence): CriterionCurves[] {
  const sorted = ordered(points);
  const latest = status.judgement?.criteria ?? sorted.at(-1)?.judgement.criteria ?? [];
  return latest.map(last => {
    const found = sorted.flatMap(({ atMs, judgement }) => {
      const report = judgement.criteria.find(({ metric }) => metric === last.metric);
      return report === undefined ? [] : [{ second: (atMs - status.startedAtMs) / 1000, report }];
    });
    const column = (pick: (report: CriterionReport) => number | null): Column =>
      found.map(({ report }) => pick(report));
    return {
      ...{ metric: last.metric, last, time: found.map(({ second }) => second) },
      ...{ effect: column(each => each.effect), lower: column(each => each.lower), upper: column(each => each.upper) },
      ...{ harm: column(each => bounded(each.harm)), safety: column(each => bounded(each.safety)) },
    };
  });
}

const numbers = (values: Column): number[] => values.filter(value => value !== null);

/** Zero, the margin and the effect with its present interval; early intervals, many times wider, are cut. */
export function effectRange({ last: { margin, lower, upper }, effect }: CriterionCurves): Range {
  const late = numbers(effect.slice(effect.length >> 1)).toSorted((a, b) => a - b);
  const typical = numbers([late[Math.floor(0.05 * late.length)] ?? null, late[Math.floor(0.95 * late.length)] ?? null]);
  const reach = Math.max(4 * margin, 3 * Math.max(0, ...typical.map(Math.abs)), 1e-9);
  const bounds = numbers([lower, upper]).map(value => Math.max(-reach, Math.min(reach, value)));
  const all = [0, 1.5 * margin, -0.5 * margin, ...typical, ...bounds];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = 0.06 * (high - low) || 0.01;
  return [low - room, high + room];
}

/** All e-values and both thresholds, with some room. */
export function evidenceRange({ harm, safety }: CriterionCurves, wanted: readonly number[]): Range {
  const all = [...numbers(harm), ...numbers(safety), 1];
  const low = all.reduce((a, b) => Math.min(a, b));
  const high = [...all, ...wanted].reduce((a, b) => Math.max(a, b), 10);
  return [Math.max(leastE, Math.min(0.5, low / 1.5)), Math.min(mostE, 3 * high)];
}
