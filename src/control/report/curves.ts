// Curves over time as SVG: lines with gaps, steps, and bands between two bounds.
import { type Markup, markup } from './markup.js';
import type { Scale } from './scale.js';

/** A value at a time in milliseconds since the start; null where there was none. */
export interface Sample {
  readonly ms: number;
  readonly value: number | null;
}

export interface Interval {
  readonly ms: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

type Point = readonly [x: number, y: number];

const isThere = (value: number | null): value is number => value !== null && !Number.isNaN(value);
const round = (value: number): number => Math.round(10 * value) / 10;
const joined = (points: readonly Point[]): string => points.map(([x, y]) => `${round(x)} ${round(y)}`).join('L');

/** Parts without a gap. */
function runsOf<Item>(items: readonly Item[], has: (item: Item) => boolean): Item[][] {
  const runs: Item[][] = [[]];
  for (const item of items) {
    if (has(item)) runs.at(-1)?.push(item);
    else runs.push([]);
  }
  return runs.filter(run => run.length > 0);
}

/** A line; one value alone is a dot. */
export function line(samples: readonly Sample[], [x, y]: readonly [Scale, Scale], look: string): Markup[] {
  return runsOf(samples, ({ value }) => isThere(value)).map(run => {
    const points = run.map(({ ms, value }): Point => [x.at(ms), y.at(value ?? 0)]);
    const [first] = points;
    if (points.length === 1 && first !== undefined)
      return markup`<circle class="dot ${look}" cx="${first[0]}" cy="${first[1]}" r="3"/>`;
    return markup`<path class="line ${look}" d="M${joined(points)}"/>`;
  });
}

/** A value that holds until the next one. */
export function steps(samples: readonly Sample[], [x, y]: readonly [Scale, Scale]): Markup[] {
  const there = samples.filter(({ value }) => isThere(value));
  const [first, last] = [there[0], there.at(-1)];
  if (first === undefined || last === undefined) return [];
  const at = ({ ms, value }: Sample): Point => [round(x.at(ms)), round(y.at(value ?? 0))];
  const [x0, y0] = at(first);
  const path = `M${x0} ${y0}${there
    .slice(1)
    .map(sample => `H${at(sample)[0]}V${at(sample)[1]}`)
    .join('')}`;
  const ground = round(y.at(0));
  return [
    markup`<path class="area" d="${path}V${ground}H${x0}Z"/>`,
    markup`<path class="line candidate" d="${path}"/>`,
  ];
}

/** What lies between two bounds; one interval alone is a bar. */
export function band(intervals: readonly Interval[], [x, y]: readonly [Scale, Scale]): Markup[] {
  return runsOf(intervals, ({ lower, upper }) => isThere(lower) && isThere(upper)).map(run => {
    const upper = run.map((each): Point => [x.at(each.ms), y.at(each.upper ?? 0)]);
    const lower = run.map((each): Point => [x.at(each.ms), y.at(each.lower ?? 0)]);
    const [top, bottom] = [upper[0], lower[0]];
    if (run.length === 1 && top !== undefined && bottom !== undefined)
      return markup`<path class="alone" d="M${joined([top, bottom])}"/>`;
    return markup`<path class="band" d="M${joined(upper)}L${joined(lower.toReversed())}Z"/><path class="bound" d="M${joined(upper)}M${joined(lower)}"/>`;
  });
}
