// What is judged, in words: the name of a metric, how its values and its effect are written.
import type { CriterionReport, JudgedMetric, JudgeVerdict } from '../judge/judgement.js';
import { shownNumber, shownPercent, withSign } from './shown.js';

interface MetricWords {
  readonly title: string;
  readonly value: 'ms' | 'percent' | 'plain';
  /** 'relative': of the stable version's value. 'points': a difference of shares. 'size': the value itself. */
  readonly effect: 'relative' | 'points' | 'size';
}

const latency = (title: string): MetricWords => ({ title, value: 'ms', effect: 'relative' });

const words: Readonly<Record<JudgedMetric, MetricWords>> = {
  'latency-mean': latency('Latency, mean'),
  'latency-p50': latency('Latency, median'),
  'latency-p95': latency('Latency, 95th percentile'),
  'latency-p99': latency('Latency, 99th percentile'),
  'error-rate': { title: 'Failed requests', value: 'percent', effect: 'points' },
  'guard-rate': { title: 'Answers that the guard does not accept', value: 'percent', effect: 'points' },
  residual: { title: 'Residual of the equation', value: 'plain', effect: 'relative' },
  conservation: { title: 'Imbalance of the flux', value: 'plain', effect: 'relative' },
  difference: { title: 'Difference from the stable answers', value: 'percent', effect: 'size' },
  accuracy: { title: 'Error against the truth', value: 'percent', effect: 'points' },
  'resource-use': latency('Computation per request'),
};

export const titleOf = (metric: JudgedMetric): string => words[metric].title;

/** A value of one version. */
export function shownValue(metric: JudgedMetric, value: number | null): string {
  if (words[metric].value === 'percent') return shownPercent(value);
  return value === null ? '–' : `${shownNumber(value)}${words[metric].value === 'ms' ? ' ms' : ''}`;
}

/** Smaller effects are no difference to anyone. */
const nothing = 1e-6;

/** How much worse the candidate is, or a margin. */
export function shownEffect(metric: JudgedMetric, effect: number | null): string {
  if (effect === null) return '–';
  if (Math.abs(effect) < nothing) return words[metric].effect === 'points' ? '0 points' : '0 %';
  if (words[metric].effect === 'size') return shownPercent(effect);
  if (words[metric].effect === 'relative') return withSign(shownPercent(effect), effect);
  return withSign(`${shownNumber(100 * effect)} points`, effect);
}

/** What the axis of the effect says. */
export const effectAxis = (metric: JudgedMetric): string =>
  ({
    relative: 'how much worse, of the stable version',
    points: 'how much worse, in points',
    size: 'relative difference',
  })[words[metric].effect];

/** A short mark of an axis of effects. */
export const effectMark = (metric: JudgedMetric, effect: number): string =>
  words[metric].effect === 'points' ? shownNumber(100 * effect) : shownPercent(effect);

export const verdictWords: Readonly<Record<JudgeVerdict, string>> = {
  promote: 'no worse than the margin',
  continue: 'not decided',
  abort: 'worse',
};

/** One criterion in a sentence. */
export function criterionSentence(report: CriterionReport): string {
  const { metric, stable, candidate, effect, lower, upper, margin, stableSamples, candidateSamples } = report;
  const samples = `${shownNumber(stableSamples)} stable and ${shownNumber(candidateSamples)} candidate samples`;
  if (effect === null) return `Nothing to compare yet: ${samples}.`;
  const interval =
    lower === null || upper === null
      ? 'no interval yet'
      : `interval ${shownEffect(metric, lower)} to ${shownEffect(metric, upper)}`;
  const from = stable === null ? '' : `${shownValue(metric, stable)} → `;
  return `${from}${shownValue(metric, candidate)}: ${shownEffect(metric, effect)} (${interval}), margin ${shownEffect(metric, margin)}; ${samples}.`;
}
