// A release in words: phases, verdicts, metrics, and one sentence for each criterion.
import type { CriterionReport, Metric, ReleasePhase, ReleaseStatus, Verdict } from '../api/release-schemas.js';
import { formatValue } from '../format.js';

export type Look = 'good' | 'bad' | 'open' | 'held';

export const lookOf: Readonly<Record<ReleasePhase, Look>> = {
  pending: 'open',
  preparing: 'open',
  running: 'open',
  paused: 'held',
  promoting: 'good',
  aborting: 'bad',
  promoted: 'good',
  aborted: 'bad',
  reported: 'held',
};

export const strategyWords = {
  canary: 'canary',
  'blue-green': 'blue-green',
  rolling: 'rolling',
  ab: 'A/B',
  shadow: 'shadow',
} as const;

/** What becomes of the release, in one sentence. */
export function headline({ phase, spec, candidate, baseline }: ReleaseStatus): string {
  const [one, other] = [`Version ${candidate} of ${spec.model}`, `version ${baseline}`];
  const sentences: Readonly<Record<ReleasePhase, string>> = {
    pending: `${one} waits to be compared with ${other}.`,
    preparing: `${one} is being loaded beside ${other}.`,
    running: `${one} is being compared with ${other}.`,
    paused: `The comparison of ${one.replace('V', 'v')} with ${other} is paused.`,
    promoting: `${one} is taking over from ${other}.`,
    aborting: `${one} is being stopped; all requests go back to ${other}.`,
    promoted: `${one} was promoted; all requests went to it.`,
    aborted: `${one} was stopped; all requests went back to ${other}.`,
    reported: `${one} was compared with ${other}, which went on answering.`,
  };
  return sentences[phase];
}

export const verdictWords: Readonly<Record<Verdict, string>> = {
  promote: 'no worse',
  continue: 'open',
  abort: 'worse',
};

export const verdictLooks: Readonly<Record<Verdict, Look>> = { promote: 'good', continue: 'open', abort: 'bad' };

export const metricTitles: Readonly<Record<Metric, string>> = {
  'latency-mean': 'Latency, mean',
  'latency-p50': 'Latency, median',
  'latency-p95': 'Latency, p95',
  'latency-p99': 'Latency, p99',
  'error-rate': 'Failed requests',
  'guard-rate': 'Not accepted by the guard',
  residual: 'Residual',
  conservation: 'Flux imbalance',
  difference: 'Difference of answers',
  accuracy: 'Error against the truth',
  'resource-use': 'Computation per request',
};

const inPoints: readonly Metric[] = ['error-rate', 'guard-rate', 'accuracy'];
const inPercent: readonly Metric[] = [...inPoints, 'difference'];
const inMs: readonly Metric[] = ['latency-mean', 'latency-p50', 'latency-p95', 'latency-p99', 'resource-use'];

export function formatArm(metric: Metric, value: number | null): string {
  if (inPercent.includes(metric)) return signedPercent(value);
  return `${formatValue(value ?? undefined)}${value !== null && inMs.includes(metric) ? '\u2009ms' : ''}`;
}

/** Smaller parts are no difference to anyone. */
const nothing = 1e-6;

/** Percent of any size and sign. */
function signedPercent(ratio: number | null): string {
  if (ratio === null) return '–';
  return `${Math.abs(ratio) < nothing ? '0' : formatValue(100 * ratio)}\u2009%`;
}

/** How much worse, or a margin. */
export function formatEffect(metric: Metric, effect: number | null): string {
  if (effect === null) return '–';
  const plus = effect >= nothing && metric !== 'difference' ? '+' : '';
  return inPoints.includes(metric) ? `${plus}${formatValue(100 * effect)} points` : plus + signedPercent(effect);
}

/** The same for the marks of an axis. */
export const formatEffectMark = (metric: Metric, effect: number): string =>
  inPoints.includes(metric) ? formatValue(100 * effect) : `${formatValue(100 * effect)}%`;

export const effectUnit = (metric: Metric): string =>
  metric === 'difference' ? 'relative difference' : inPoints.includes(metric) ? 'points worse' : 'worse than stable';

export function criterionSentence({
  metric,
  effect,
  lower,
  upper,
  margin,
  candidateSamples,
  stableSamples,
}: CriterionReport): string {
  const samples = `${stableSamples} and ${candidateSamples} samples`;
  if (effect === null) return `Nothing to compare yet; ${samples}.`;
  const interval =
    lower === null || upper === null
      ? ''
      : `, between ${formatEffect(metric, lower)} and ${formatEffect(metric, upper)}`;
  return `${formatEffect(metric, effect)}${interval}; margin ${formatEffect(metric, margin)}; ${samples}.`;
}

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
export const formatMoment = (ms: number): string => clock.format(ms);

/** 850 ms, 12.5 s, 3 min 20 s, 2 h 5 min. */
export function formatSpan(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '–';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${formatValue(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h} h ${m} min` : `${m} min${s > 0 ? ` ${s} s` : ''}`;
}

export const formatShare = (share: number): string => `${formatValue(share / 100)} %`;

/** A figure of any size in signs that every font has: 1.3, 250, 2.1e6, 3e-9. */
export function formatFigure(value: number | null): string {
  if (value === null) return '–';
  if (value === 0 || (value < 1e4 && value >= 1e-3)) return formatValue(value);
  return value
    .toExponential(value >= 1e100 ? 0 : 1)
    .replace('+', '')
    .replace('.0e', 'e');
}
