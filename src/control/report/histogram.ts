// Two arms' distributions of one figure, one above the other on one axis, with their quantiles.
import type { ArmSketch } from '../judge/judge.js';
import { type Markup, markup } from './markup.js';
import { frame } from './plot.js';
import { decadeTicks, linearScale, logScale, roundTicks, type Scale } from './scale.js';
import { shownNumber } from './shown.js';

const nothing = markup``;
const rowHeight = 62;
const gap = 18;
const mostColumns = 48;
/** Nothing of interest is so much smaller than the largest; zeros of a logarithmic sketch are, and stand at the left end. */
const smallest = 1e-6;

interface Bin {
  readonly low: number;
  readonly high: number;
  readonly part: number;
}

/** One more edge, as far from the last as that is from its neighbour: in ratio where all are positive. */
const beyond = (last: number, neighbour: number): number =>
  last > 0 && neighbour > 0 ? last ** 2 / neighbour : 2 * last - neighbour;

/** Bins that hold samples, with both edges; the open ones are as wide as their neighbours. */
function binsOf({ edges, counts, count }: ArmSketch): Bin[] {
  const [first, last] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  const bounds = [
    beyond(first, edges[1] ?? 1.1 * first + Number(first <= 0)),
    ...edges,
    beyond(last, edges.at(-2) ?? 0.9 * last),
  ];
  return counts
    .map((each, k) => ({ low: bounds[k] ?? 0, high: bounds[k + 1] ?? 0, part: each / Math.max(1, count) }))
    .filter(({ low, high, part }) => part > 0 && high > low);
}

function scaleOf(bins: readonly Bin[]): Scale {
  const high = bins.reduce((most, each) => Math.max(most, each.high), Number.NEGATIVE_INFINITY);
  const shown = bins.filter(each => each.low <= 0 || each.high > smallest * high);
  const low = shown.reduce((least, each) => Math.min(least, each.low), high);
  const span = [frame.left, frame.right] as const;
  return low > 0 && high / low > 5 ? logScale([low, high], span) : linearScale([low, high], span);
}

/** Parts of all samples in columns of equal width in the picture, the same for both arms. */
function columnsOf(bins: readonly Bin[], x: Scale, count: number): number[] {
  const width = (frame.right - frame.left) / count;
  const columns = Array.from({ length: count }, () => 0);
  const inside = (value: number): number => Math.min(frame.right, Math.max(frame.left, x.at(value)));
  for (const { low, high, part } of bins) {
    const [from, to] = [inside(low), inside(high)];
    columns.forEach((_, k) => {
      const left = frame.left + k * width;
      const over = Math.min(to, left + width) - Math.max(from, left);
      if (to > from && over > 0) columns[k] += (part * over) / (to - from);
    });
    if (!(to > from)) columns[from > frame.left ? count - 1 : 0] += part;
  }
  return columns;
}

interface Row {
  readonly sketch: ArmSketch;
  readonly columns: readonly number[];
}

function rowDrawn(
  { sketch, columns }: Row,
  x: Scale,
  { ground, top }: { readonly ground: number; readonly top: number },
): Markup {
  const width = (frame.right - frame.left) / columns.length;
  const bars = columns.map((part, k) => {
    const size = ((rowHeight - 12) * part) / top;
    if (size <= 0) return nothing;
    return markup`<rect class="${sketch.arm}" x="${frame.left + k * width}" y="${ground - size}" width="${Math.max(0.6, width - 0.4)}" height="${size}"/>`;
  });
  const taken: number[] = [];
  const lines = sketch.quantiles
    .filter(({ value }) => Number.isFinite(value) && x.at(value) >= frame.left && x.at(value) <= frame.right)
    .map(({ probability, value }) => {
      const at = x.at(value);
      const isFree = taken.every(other => Math.abs(other - at) > 24);
      if (isFree) taken.push(at);
      const name = isFree
        ? markup`<text class="mark" x="${at}" y="${ground - rowHeight + 8}" text-anchor="middle">p${String(Number((100 * probability).toPrecision(4)))}</text>`
        : markup``;
      return markup`<path class="quantile" d="M${at} ${ground}V${ground - rowHeight + 11}"/>${name}`;
    });
  return markup`${bars}<path class="axis" d="M${frame.left} ${ground}H${frame.right}"/>${lines}<text class="arm-name" x="${frame.left - 6}" y="${ground - 3}" text-anchor="end">${sketch.arm === 'stable' ? 'stable' : 'cand.'}</text>`;
}

/** A picture of both arms; undefined where no sample has been heard. */
export function histogram(sketches: readonly ArmSketch[]): Markup | undefined {
  const binned = sketches.map(sketch => ({ sketch, bins: binsOf(sketch) }));
  const bins = binned.flatMap(each => each.bins);
  if (bins.length === 0) return undefined;
  const x = scaleOf(bins);
  const narrowest = bins.reduce((least, { low, high }) => Math.min(least, x.at(high) - x.at(low) || least), 100);
  const count = Math.max(1, Math.min(mostColumns, Math.round((frame.right - frame.left) / narrowest)));
  const rows = binned.map(each => ({ sketch: each.sketch, columns: columnsOf(each.bins, x, count) }));
  const top = Math.max(...rows.flatMap(({ columns }) => columns)) || 1;
  const grounds = rows.map((_, k) => frame.top + (k + 1) * rowHeight + k * gap);
  const bottom = grounds.at(-1) ?? 0;
  const ticks = (x.kind === 'log' ? decadeTicks(x, 6) : roundTicks(x, 5)).map(
    value =>
      markup`<path class="tick" d="M${x.at(value)} ${bottom}v4"/><text class="mark" x="${x.at(value)}" y="${bottom + 16}" text-anchor="middle">${shownNumber(value)}</text>`,
  );
  const inside = rows.map((row, k) => rowDrawn(row, x, { ground: grounds[k] ?? 0, top }));
  return markup`<svg viewBox="0 0 ${frame.width} ${bottom + 22}" role="img" aria-label="Distribution of ${sketches[0]?.figure ?? ''} of both versions, in ${sketches[0]?.unit || '1'}">${inside}${ticks}</svg>`;
}
