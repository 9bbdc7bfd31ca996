// Lines over time: the candidate's share of the traffic, and the e-values of one criterion.
import type { CriterionReport } from '../judge/judgement.js';
import { line, type Sample, steps } from './curves.js';
import { type Markup, markup } from './markup.js';
import { drawn, type Level, type Times, verticalSpan } from './plot.js';
import { decadeTicks, linearScale, logScale } from './scale.js';
import { shownPercent } from './shown.js';
import type { Timeline } from './timeline.js';

const shareHeight = 150;
const evidenceHeight = 120;

/** The share of the traffic, as steps. */
export function shareChart(timeline: Timeline): Markup {
  const y = linearScale([0, 1.04], verticalSpan(shareHeight));
  const marks = [0, 0.25, 0.5, 0.75, 1].map(at => ({ at, label: shownPercent(at) }));
  const title = 'The candidate’s share of the traffic over time';
  const plot = { title, height: shareHeight, times: timeline, y, marks, levels: [] };
  return drawn(plot, x => steps(timeline.shares, [x, y]));
}

/** An e-value beyond these says no more; 0 and infinity stand at the edges. */
const least = 1e-6;
const most = 1e12;
const bounded = (value: number): number | null => (Number.isNaN(value) ? null : Math.min(most, Math.max(least, value)));

export interface EvidenceCurve {
  readonly ms: number;
  readonly report: CriterionReport;
}

/** 10 with its exponent raised: the signs for that are missing in many fonts. */
function power(value: number): string | Markup {
  const exponent = Math.round(Math.log10(value));
  if (Math.abs(Math.log10(value) - exponent) > 1e-9 || (exponent >= -1 && exponent <= 3))
    return String(Number(value.toPrecision(1)));
  return markup`10<tspan dy="-4" font-size="8">${String(exponent).replace('-', '−')}</tspan>`;
}

/** Evidence of harm and of safety, on a logarithmic scale, with what each must reach. */
export function evidenceChart(points: readonly EvidenceCurve[], levels: readonly Level[], times: Times): Markup {
  const curve = (pick: (report: CriterionReport) => number): Sample[] =>
    points.map(({ ms, report }) => ({ ms, value: bounded(pick(report)) }));
  const [harm, safety] = [curve(({ harm: value }) => value), curve(({ safety: value }) => value)];
  const values = [...harm, ...safety].flatMap(({ value }) => (value === null ? [] : [value]));
  const wanted = levels.map(({ at }) => bounded(at) ?? 1);
  const low = [...values, 1].reduce((a, b) => Math.min(a, b));
  const high = [...values, ...wanted, 10].reduce((a, b) => Math.max(a, b));
  const y = logScale(
    [Math.max(least, Math.min(0.5, low / 1.5)), Math.min(most, high * 4)],
    verticalSpan(evidenceHeight),
  );
  const marks = decadeTicks(y, 5).map(at => ({ at, label: power(at) }));
  const plot = { title: 'E-values over time', height: evidenceHeight, times, y, marks, levels };
  return drawn(plot, x => [...line(safety, [x, y], 'safety'), ...line(harm, [x, y], 'harm')]);
}
