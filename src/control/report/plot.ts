// The frame of a picture: its scales, grid, marks and the moments that are drawn across it; what is drawn inside is cut at its edges.
import { type Markup, markup } from './markup.js';
import { linearScale, type Scale, timeTicks } from './scale.js';

export const frame = { width: 380, left: 52, right: 370, top: 10 } as const;
const below = 22;

export interface Mark {
  readonly at: number;
  readonly label: string | Markup;
}

/** A line across at one value, with its name. */
export interface Level extends Mark {
  readonly look: 'margin' | 'zero' | 'harm' | 'safety';
}

/** What all pictures over time share, so that one moment stands at one place in all of them. */
export interface Times {
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly endMs: number;
  /** Where stages begin. */
  readonly boundaries: readonly number[];
  readonly decisionMs: number | undefined;
}

export interface Plot {
  /** What it shows, for those who do not see it. */
  readonly title: string;
  readonly height: number;
  readonly times: Times;
  readonly y: Scale;
  readonly marks: readonly Mark[];
  readonly levels: readonly Level[];
}

/** Time in milliseconds since the start. */
export const timeScale = ({ startMs, endMs }: Times): Scale =>
  linearScale([0, Math.max(1, endMs - startMs)], [frame.left, frame.right]);

/** The vertical span of a picture, lowest value first. */
export const verticalSpan = (height: number): readonly [number, number] => [height - below, frame.top];

const gridLine = (y: number, { label }: Mark): Markup =>
  markup`<path class="gridline" d="M${frame.left} ${y}H${frame.right}"/><text class="mark" x="${frame.left - 6}" y="${y + 3.5}" text-anchor="end">${label}</text>`;

function timeMarks(x: Scale, bottom: number): Markup[] {
  return timeTicks(x, 5).map(({ ms, label }) => {
    const at = x.at(ms);
    const anchor = at > frame.right - 12 ? 'end' : 'middle';
    return markup`<path class="tick" d="M${at} ${bottom}v4"/><text class="mark" x="${at}" y="${bottom + 16}" text-anchor="${anchor}">${label}</text>`;
  });
}

/** Names of levels stand at the right, above their lines, or below where another is too near. */
function levelLines(levels: readonly Level[], { y, height }: Plot): Markup[] {
  const [bottom, top] = verticalSpan(height);
  const taken: number[] = [];
  return levels.map(({ at, label, look }) => {
    const place = y.at(at);
    const isFree = (text: number): boolean =>
      text > top + 8 && text < bottom - 1 && taken.every(other => Math.abs(other - text) >= 11);
    const text = [place - 4, place + 12].find(isFree);
    if (text !== undefined) taken.push(text);
    const name =
      text === undefined || label === ''
        ? markup``
        : markup`<text class="level-name ${look}" x="${frame.right - 3}" y="${text}" text-anchor="end">${label}</text>`;
    return markup`<path class="level ${look}" d="M${frame.left} ${place}H${frame.right}"/>${name}`;
  });
}

function moments({ boundaries, decisionMs, startMs }: Times, x: Scale, [bottom, top]: readonly [number, number]) {
  const stages = boundaries.map(ms => markup`<path class="boundary" d="M${x.at(ms - startMs)} ${top}V${bottom}"/>`);
  if (decisionMs === undefined) return stages;
  const at = x.at(decisionMs - startMs);
  return [
    ...stages,
    markup`<path class="decision" d="M${at} ${top - 2}V${bottom}"/><path class="decision-head" d="M${at - 5} ${top - 8}h10l-5 7z"/>`,
  ];
}

/** The whole picture as SVG. Nested, so that curves end at the frame without names that must be unique on a page. */
export function drawn(plot: Plot, curves: (x: Scale) => readonly Markup[]): Markup {
  const { height, title, times, y, marks, levels } = plot;
  const span = verticalSpan(height);
  const [bottom, top] = span;
  const x = timeScale(times);
  const [w, h] = [frame.right - frame.left, bottom - top];
  const inside = `${frame.left} ${top} ${w} ${h}`;
  return markup`<svg viewBox="0 0 ${frame.width} ${height}" role="img" aria-label="${title}">${marks.map(mark => gridLine(y.at(mark.at), mark))}${timeMarks(x, bottom)}<svg x="${frame.left}" y="${top}" width="${w}" height="${h}" viewBox="${inside}">${[...curves(x)]}</svg>${moments(times, x, span)}${levelLines(levels, plot)}</svg>`;
}
