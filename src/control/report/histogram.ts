// Two arms' distributions of one figure, one above the other on one axis, with their quantiles.
import type { ArmSketch } from '../judge/judge.js';
import { type Markup, markup } from './markup.js';
import { frame } from './plot.js';
import { decadeTicks, linearScale, logScale, roundTicks, type Scale } from './scale.js';
import { shownNumber } from './shown.js';

const rowHeight = 62;
const gap = 18;
const columnsWanted = 48;

interface Column {
  readonly low: number;
  readonly high: number;
  readonly part: number;
}

/** Bins with both edges; the open ones get the width of their neighbours. Those of no samples at both ends are left out. */
function columnsOf({ edges, counts, count }: ArmSketch): Column[] {
  const [first, last] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  const before =
    first > 0 && (edges[1] ?? first) > first
      ? first ** 2 / (edges[1] ?? first)
      : first - ((edges[1] ?? first + 1) - first);
  const previous = edges.at(-2) ?? last;
  const after = previous > 0 && last > previous ? last ** 2 / previous : last + (last - previous || 1);
  const bounds = [before, ...edges, after];
  const widths = counts.map((each, k) => ({
    low: bounds[k] ?? before,
    high: bounds[k + 1] ?? after,
    part: each / Math.max(1, count),
  }));
  const used = widths.map(({ part }, k) => (part > 0 ? k : -1)).filter(k => k >= 0);
  return widths.slice(used[0] ?? 0, (used.at(-1) ?? -1) + 1);
}

/** Nothing of interest is so much smaller than the largest; zeros of a logarithmic sketch are. */
const smallest = 1e-6;

/** What is next to nothing stands together at the left end. */
function withoutZeros(columns: readonly Column[]): Column[] {
  const floor = smallest * Math.max(...columns.map(({ high }) => high));
  const zeros = columns.filter(({ low, high }) => low > 0 && high <= floor);
  const rest = columns.filter(column => !zeros.includes(column));
  const part = zeros.reduce((sum, each) => sum + each.part, 0);
  const first = rest.find(each => each.part > 0);
  if (part === 0 || first === undefined) return [...columns];
  return [{ low: first.low / 1.3, high: first.low, part }, ...rest.slice(rest.indexOf(first))];
}

/** Neighbours joined until there are not too many to see. */
function joinedColumns(columns: readonly Column[]): Column[] {
  const size = Math.ceil(columns.length / columnsWanted);
  return Array.from({ length: Math.ceil(columns.length / Math.max(1, size)) }, (_, k) => {
    const group = columns.slice(k * size, (k + 1) * size);
    const part = group.reduce((sum, each) => sum + each.part, 0);
    return { low: group[0]?.low ?? 0, high: group.at(-1)?.high ?? 0, part };
  });
}

function scaleOf(columns: readonly Column[]): Scale {
  const [low, high] = [Math.min(...columns.map(each => each.low)), Math.max(...columns.map(each => each.high))];
  const span = [frame.left, frame.right] as const;
  return low > 0 && high / low > 5 ? logScale([low, high], span) : linearScale([low, high], span);
}

interface Row {
  readonly sketch: ArmSketch;
  readonly columns: readonly Column[];
}

const densityOf = ({ low, high, part }: Column, x: Scale): number => part / Math.max(0.5, x.at(high) - x.at(low));

function rowDrawn(
  { sketch, columns }: Row,
  x: Scale,
  { ground, top }: { readonly ground: number; readonly top: number },
): Markup {
  const bars = columns.map(column => {
    const [left, right] = [x.at(column.low), x.at(column.high)];
    const size = (rowHeight - 12) * Math.min(1, densityOf(column, x) / top);
    return markup`<rect class="${sketch.arm}" x="${left}" y="${ground - size}" width="${Math.max(0.6, right - left - 0.4)}" height="${size}"/>`;
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
  const rows = sketches.map(sketch => ({ sketch, columns: joinedColumns(withoutZeros(columnsOf(sketch))) }));
  const columns = rows.flatMap(row => row.columns);
  if (columns.length === 0) return undefined;
  const x = scaleOf(columns);
  const densities = columns.map(column => densityOf(column, x));
  const top = Math.max(...densities) || 1;
  const grounds = rows.map((_, k) => frame.top + (k + 1) * rowHeight + k * gap);
  const bottom = grounds.at(-1) ?? 0;
  const ticks = (x.kind === 'log' ? decadeTicks(x, 6) : roundTicks(x, 5)).map(
    value =>
      markup`<path class="tick" d="M${x.at(value)} ${bottom}v4"/><text class="mark" x="${x.at(value)}" y="${bottom + 16}" text-anchor="middle">${shownNumber(value)}</text>`,
  );
  const inside = rows.map((row, k) => rowDrawn(row, x, { ground: grounds[k] ?? 0, top }));
  return markup`<svg viewBox="0 0 ${frame.width} ${bottom + 22}" role="img" aria-label="Distribution of ${sketches[0]?.figure ?? ''} of both versions, in ${sketches[0]?.unit || '1'}">${inside}${ticks}</svg>`;
}
