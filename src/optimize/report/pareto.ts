// The plot of time against accuracy: every way that was measured, the front of those that nothing beats, the budget and the target.
import { shownMark, shownShare, shownTime } from './figures.js';
import { html, type Markup, nothing } from './markup.js';
import type { TrialFacts, TuneReport } from './tune-report.js';

const width = 420;
const height = 290;
const frame = { left: 68, right: 14, top: 16, bottom: 40 } as const;
const leastGap = 48;
/** The lowest line: answers that are the same. */
const exact = 1e-8;

interface Point {
  readonly trial: TrialFacts;
  readonly distance: number;
  readonly x: number;
  readonly y: number;
}

interface Scale {
  readonly low: number;
  readonly high: number;
  at(value: number): number;
}

/** Logarithmic, with some room at both ends. */
function logScale(values: readonly number[], [from, to]: readonly [number, number], room: number): Scale {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const [low, high] = [least / room, most * room];
  return { low, high, at: value => from + ((to - from) * Math.log(value / low)) / Math.log(high / low) };
}

/** Leading digits of round numbers, from few to many. */
const digits = [
  [1],
  [1, 2, 5],
  [1, 1.5, 2, 3, 4, 5, 7],
  [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9],
];

/** Round numbers within a scale: the fewest kinds of them that give three. */
function ticksOf({ low, high }: Scale): number[] {
  const powers = Array.from(
    { length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
    (_, k) => 10 ** (Math.floor(Math.log10(low)) + k),
  );
  const choices = digits.map(set =>
    powers.flatMap(power => set.map(digit => digit * power)).filter(value => value >= low && value <= high),
  );
  const chosen = choices.find(({ length }) => length >= 3) ?? choices.at(-1) ?? [];
  const step = Math.ceil(chosen.length / 7);
  return chosen.filter((_, k) => k % step === 0);
}

/** Without those whose labels would touch. */
function apart(ticks: readonly number[], { at }: Scale): number[] {
  const kept: number[] = [];
  for (const tick of ticks) if (kept.length === 0 || at(tick) - at(kept.at(-1) ?? tick) >= leastGap) kept.push(tick);
  return kept;
}

export const colourOf = (variant: string, variants: readonly { readonly id: string }[]): string =>
  `var(--c${
    Math.max(
      0,
      variants.findIndex(({ id }) => id === variant),
    ) % 10
  })`;

/** Points that none beats in both: the front, from the fastest on. */
function frontOf(points: readonly Point[]): Point[] {
  const front: Point[] = [];
  for (const point of points.toSorted((a, b) => a.trial.p50Ms - b.trial.p50Ms || a.distance - b.distance)) {
    const last = front.at(-1);
    if (last === undefined || point.distance < last.distance) front.push(point);
  }
  return front;
}

function axes(x: Scale, y: Scale): Markup[] {
  const bottom = height - frame.bottom;
  return [
    ...apart(ticksOf(x), x).map(
      value =>
        html`<line class="grid" x1="${x.at(value)}" x2="${x.at(value)}" y1="${frame.top}" y2="${bottom}"/><text x="${x.at(value)}" y="${bottom + 16}" text-anchor="middle">${shownMark(value)}</text>`,
    ),
    ...ticksOf(y).map(value => {
      const label = value <= exact * 1.01 ? 'same' : `${Number((100 * value).toPrecision(1))} %`;
      return html`<line class="grid" x1="${frame.left}" x2="${width - frame.right}" y1="${y.at(value)}" y2="${y.at(value)}"/><text x="${frame.left - 7}" y="${y.at(value) + 4}" text-anchor="end">${label}</text>`;
    }),
    html`<text x="${(frame.left + width - frame.right) / 2}" y="${height - 6}" text-anchor="middle">median time of a run</text>`,
  ];
}

function limits(report: TuneReport, x: Scale, y: Scale): Markup[] {
  const { budget, targetLatencyMs } = report.workload;
  const across = y.at(Math.max(exact, budget.relativeL2));
  const lines = [
    html`<line class="limit" x1="${frame.left}" x2="${width - frame.right}" y1="${across}" y2="${across}"/><text class="limit-name" x="${width - frame.right - 2}" y="${across - 5}" text-anchor="end">budget ${shownShare(budget.relativeL2)}</text>`,
  ];
  if (targetLatencyMs !== undefined && targetLatencyMs > x.low && targetLatencyMs < x.high) {
    const at = x.at(targetLatencyMs);
    lines.push(
      html`<line class="limit" x1="${at}" x2="${at}" y1="${frame.top}" y2="${height - frame.bottom}"/><text class="limit-name" x="${at - 4}" y="${height - frame.bottom - 6}" text-anchor="end">target (p95)</text>`,
    );
  }
  return lines;
}

function marks(points: readonly Point[], { baseline, chosen, variants }: TuneReport): Markup[] {
  const drawn = points.map(({ trial, x, y, distance }) => {
    const title = `${trial.id}: ${shownTime(trial.p50Ms)}, distance ${shownShare(distance)}`;
    return html`<circle cx="${x}" cy="${y}" r="4.5" fill="${colourOf(trial.variant, variants)}" fill-opacity="0.85"><title>${title}</title></circle>`;
  });
  const named = (id: string, name: string, above: boolean): Markup => {
    const point = points.find(({ trial }) => trial.id === id);
    if (point === undefined) return nothing;
    const anchor = point.x > width * 0.72 ? 'end' : point.x < width * 0.25 ? 'start' : 'middle';
    return html`<circle cx="${point.x}" cy="${point.y}" r="8" fill="none" stroke="var(--ink)" stroke-width="1.5"/><text class="name" x="${point.x}" y="${point.y + (above ? -13 : 22)}" text-anchor="${anchor}">${name}</text>`;
  };
  if (baseline.id === chosen.id) return [...drawn, named(chosen.id, 'today, and chosen', true)];
  const at = (id: string): number => points.find(({ trial }) => trial.id === id)?.x ?? Number.NEGATIVE_INFINITY;
  const isFree = Math.abs(at(baseline.id) - at(chosen.id)) > 1.2 * leastGap;
  return [...drawn, named(baseline.id, 'today', isFree), named(chosen.id, 'chosen', true)];
}

/** The plot as SVG. Batches of other sizes than the chosen one's are left out: their times are no match. */
export function paretoPlot(report: TuneReport): Markup {
  const { trials, variants, chosen, workload } = report;
  const distanceOf = ({ variant }: TrialFacts): number =>
    Math.max(exact, variants.find(({ id }) => id === variant)?.accuracy.deviation.relativeL2 ?? exact);
  const shown = trials.filter(({ settings }) => settings.batch === chosen.settings.batch || trials.length === 1);
  const times = shown.map(({ p50Ms }) => p50Ms);
  const distances = [...shown.map(distanceOf), exact, Math.max(workload.budget.relativeL2, exact * 100)];
  const x = logScale(times, [frame.left, width - frame.right], 1.12);
  const y = logScale(distances, [height - frame.bottom, frame.top], 2.5);
  const points = shown.map((trial): Point => {
    const distance = distanceOf(trial);
    return { trial, distance, x: x.at(trial.p50Ms), y: y.at(distance) };
  });
  const front = frontOf(points);
  const path = front
    .map(({ x: px, y: py }, k) =>
      k === 0 ? `M${px.toFixed(1)} ${py.toFixed(1)}` : `H${px.toFixed(1)}V${py.toFixed(1)}`,
    )
    .join('');
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Median time against distance from the original's answers">${axes(x, y)}${limits(report, x, y)}<path class="front" d="${path}"/>${marks(points, report)}</svg>`;
}
