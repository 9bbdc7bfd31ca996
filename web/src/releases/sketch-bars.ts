// The bars of a sketch: two arms in the same bins, cut to the bins that hold samples, few enough to be seen.
import type { ArmSketch } from '../api/release-schemas.js';

export interface Bars {
  /** Heights from 0 to 1, of the fullest bar of both arms. */
  readonly heights: readonly number[];
  /** Places from 0 to 1 along the bars. */
  readonly quantiles: readonly { readonly name: string; readonly at: number; readonly value: number | null }[];
}

export interface SketchBars {
  readonly arms: Readonly<Partial<Record<ArmSketch['arm'], Bars>>>;
  /** Values at both ends; undefined where the last bin is open. */
  readonly low: number | undefined;
  readonly high: number | undefined;
}

const mostBars = 48;

const sameBins = (sketches: readonly ArmSketch[]): boolean =>
  sketches.every(
    ({ edges }) =>
      edges.length === sketches[0]?.edges.length && edges.every((edge, k) => edge === sketches[0]?.edges[k]),
  );

/** The place of a value, counted in bins. */
function binPlace(value: number, edges: readonly number[]): number {
  const after = edges.findIndex(edge => value < edge);
  if (after < 0) return edges.length;
  const [low, high] = [edges[after - 1], edges[after]];
  return low === undefined || high === undefined ? after + 0.5 : after + (value - low) / (high - low);
}

export const quantileName = (probability: number): string =>
  probability === 0.5 ? 'median' : `p${Number((100 * probability).toPrecision(4))}`;

/** Bars of both arms over one axis; undefined where there is nothing to draw or the arms were counted in different bins. */
export function sketchBars(sketches: readonly ArmSketch[]): SketchBars | undefined {
  const [first] = sketches;
  const filled = sketches.flatMap(({ counts }) => counts.flatMap((each, k) => (each > 0 ? [k] : [])));
  if (first === undefined || filled.length === 0 || !sameBins(sketches)) return undefined;
  const from = filled.reduce((a, b) => Math.min(a, b));
  const until = filled.reduce((a, b) => Math.max(a, b)) + 1;
  const size = Math.ceil((until - from) / mostBars);
  const parts = sketches.map(({ counts, count }) =>
    Array.from({ length: Math.ceil((until - from) / size) }, (_, k) => {
      const group = counts.slice(from + k * size, Math.min(until, from + (k + 1) * size));
      return group.reduce((sum, each) => sum + each, 0) / Math.max(1, count);
    }),
  );
  const top = parts.flat().reduce((a, b) => Math.max(a, b), 0) || 1;
  const bars = sketches.map(({ arm, quantiles, edges }, k): [ArmSketch['arm'], Bars] => [
    arm,
    {
      heights: (parts[k] ?? []).map(part => part / top),
      quantiles: quantiles.map(({ probability, value }) => ({
        ...{ name: quantileName(probability), value },
        at: value === null ? Number.NaN : (binPlace(value, edges) - from) / (size * (parts[k]?.length ?? 1)),
      })),
    },
  ]);
  return { arms: Object.fromEntries(bars), low: first.edges[from - 1], high: first.edges[until - 1] };
}
