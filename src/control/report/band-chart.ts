// The effect of one criterion with its always-valid interval over time, against zero and the margin.
import type { CriterionReport } from '../judge/judgement.js';
import { band, line } from './curves.js';
import type { EvidenceCurve } from './line-chart.js';
import type { Markup } from './markup.js';
import { effectMark, titleOf } from './metrics.js';
import { drawn, type Level, type Times, verticalSpan } from './plot.js';
import { linearScale, roundTicks } from './scale.js';

const height = 170;

const finite = (values: readonly (number | null)[]): number[] =>
  values.flatMap(value => (value !== null && Number.isFinite(value) ? [value] : []));

/**
 * What is shown: zero, the margin, and the effect as it is now with its interval. Early intervals are many times wider and are
 * cut at the frame; a late one that is wide beyond sense is cut too.
 */
function domainOf(reports: readonly CriterionReport[], margin: number): readonly [number, number] {
  const late = reports.slice(Math.floor(reports.length / 2));
  const last = reports.at(-1);
  const effects = finite(late.map(({ effect }) => effect)).toSorted((a, b) => a - b);
  const typical = finite([
    effects[Math.floor(effects.length * 0.05)] ?? null,
    effects[Math.floor(effects.length * 0.95)] ?? null,
  ]);
  const reach = Math.max(4 * Math.abs(margin), ...typical.map(value => 3 * Math.abs(value)), 1e-9);
  const bounds = finite([last?.lower ?? null, last?.upper ?? null]).map(value =>
    Math.max(-reach, Math.min(reach, value)),
  );
  const all = [0, margin, 1.5 * margin, -0.5 * margin, ...typical, ...bounds];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = 0.06 * (high - low) || 0.01;
  return [low - room, high + room];
}

export function bandChart(points: readonly EvidenceCurve[], last: CriterionReport, times: Times): Markup {
  const { metric, margin } = last;
  const y = linearScale(domainOf([...points.map(({ report }) => report), last], margin), verticalSpan(height));
  const marks = roundTicks(y, 5).map(at => ({ at, label: effectMark(metric, at) }));
  const levels: readonly Level[] = [
    { at: margin, label: 'margin', look: 'margin' },
    { at: 0, label: '', look: 'zero' },
  ];
  const plot = { title: `${titleOf(metric)}: the effect over time`, height, times, y, marks, levels };
  return drawn(plot, x => [
    ...band(
      points.map(({ ms, report: { lower, upper } }) => ({ ms, lower, upper })),
      [x, y],
    ),
    ...line(
      points.map(({ ms, report: { effect } }) => ({ ms, value: effect })),
      [x, y],
      'candidate',
    ),
  ]);
}
