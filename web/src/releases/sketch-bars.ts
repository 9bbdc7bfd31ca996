// The bars of a sketch: both arms over one axis, logarithmic where the values allow it, whatever bins they were counted in.
import type { ArmSketch } from '../api/release-schemas.js';

export interface Bars {
  readonly arm: ArmSketch['arm'];
  /** Heights from 0 to 1, of the fullest bar of both arms. */
  readonly heights: readonly number[];
  /** Places from 0 to 1 along the bars. */
  readonly quantiles: readonly { readonly name: string; readonly at: number }[];
}

export interface SketchBars {
  readonly arms: readonly Bars[];
  /** Values at both ends. */
  readonly low: number;
  readonly high: number;
}

interface Bin {
  readonly low: number;
  readonly high: number;
  readonly part: number;
}

const mostBars = 44;
/** What is so much smaller than the largest stands at the left end: zeros of a logarithmic sketch are. */
const smallest = 1e-6;

/** Bins that hold samples; an open one is as wide as its neighbour. */
function binsOf({ edges, counts, count }: ArmSketch): Bin[] {
  const edge = (k: number): number => {
    const [first = 0, second = 1.1 * first + Number(first <= 0)] = edges;
    const [before, last] = edges.length > 1 ? edges.slice(-2) : [first, second];
    if (k < 0) return first > 0 ? (first * first) / second : 2 * first - second;
    return edges[k] ?? (before > 0 ? (last * last) / before : 2 * last - before);
  };
  return counts
    .map((each, k) => ({ low: edge(k - 1), high: edge(k), part: each / Math.max(1, count) }))
    .filter(({ part, low, high }) => part > 0 && high > low);
}

export const quantileName = (probability: number): string =>
  probability === 0.5 ? 'median' : `p${Number((100 * probability).toPrecision(4))}`;

/** Bars of each arm that has samples; undefined where none has. */
export function sketchBars(sketches: readonly ArmSketch[]): SketchBars | undefined {
  const binned = sketches.map(sketch => ({ sketch, bins: binsOf(sketch) }));
  const all = binned.flatMap(({ bins }) => bins);
  const high = all.reduce((most, each) => Math.max(most, each.high), Number.NEGATIVE_INFINITY);
  const shown = all.filter(each => each.low <= 0 || each.high > smallest * high);
  const low = shown.reduce((least, each) => Math.min(least, each.low), high);
  if (!(high > low)) return undefined;
  const isLog = low > 0;
  const at = (value: number): number => {
    const place = isLog ? Math.log(Math.max(value, low) / low) / Math.log(high / low) : (value - low) / (high - low);
    return Math.min(1, Math.max(0, place));
  };
  const narrowest = shown.reduce((least, each) => Math.min(least, at(each.high) - at(each.low)), 1);
  const count = Math.max(1, Math.min(mostBars, Math.round(1 / Math.max(narrowest, 1e-3))));
  const columns = binned.map(({ bins }) => {
    const parts = Array.from({ length: count }, () => 0);
    for (const bin of bins) spread(parts, [at(bin.low) * count, at(bin.high) * count], bin.part);
    return parts;
  });
  const top = columns.flat().reduce((most, each) => Math.max(most, each), 0) || 1;
  const arms = binned.map(({ sketch: { arm, quantiles } }, k) => ({
    arm,
    heights: (columns[k] ?? []).map(part => part / top),
    quantiles: quantiles.flatMap(({ probability, value }) =>
      value === null ? [] : [{ name: quantileName(probability), at: at(value) }],
    ),
  }));
  return { arms, low, high };
}

/** Shares a bin's part between the columns that it lies over. */
function spread(parts: number[], [from, to]: readonly [number, number], part: number): void {
  const width = to - from;
  const last = Math.min(parts.length - 1, Math.max(0, Math.ceil(to) - 1));
  for (let k = Math.min(parts.length - 1, Math.floor(from)); k <= last; k++) {
    const over = width > 0 ? (Math.min(to, k + 1) - Math.max(from, k)) / width : 1;
    parts[k] = (parts[k] ?? 0) + part * Math.max(0, over);
  }
}
