// A chart over the time of a release: curves, a band between two bounds, levels across, and where stages begin; drawn by uPlot.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Theme } from '../state/use-theme.js';
import { decadeMarks, elapsed } from './time-marks.js';

type Column = readonly (number | null)[];

export interface Curve {
  readonly label: string;
  /** Name of a custom property that holds the colour. */
  readonly color: string;
  readonly values: Column;
  readonly isStepped?: boolean;
}

export interface Level {
  readonly at: number;
  readonly color: string;
  readonly dash: readonly number[];
}

export interface TimePlotProps {
  readonly id: string;
  /** What it shows, for those who do not see it. */
  readonly label: string;
  /** Seconds since the release began, ascending. */
  readonly time: readonly number[];
  readonly curves: readonly Curve[];
  readonly band?: { readonly lower: Column; readonly upper: Column; readonly color: string };
  readonly levels: readonly Level[];
  readonly boundaries: readonly number[];
  readonly range: readonly [low: number, high: number];
  readonly isLogarithmic?: boolean;
  readonly format: (value: number) => string;
  readonly height: number;
  readonly theme: Theme;
}

const cssColor = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Lines across and down, over the grid and under nothing. */
function drawLevels(self: uPlot, { levels, boundaries }: TimePlotProps): void {
  const { ctx, bbox } = self;
  const line = (color: string, dash: readonly number[], from: [number, number], to: [number, number]) => {
    ctx.strokeStyle = cssColor(color);
    ctx.setLineDash(dash.map(each => each * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(...from);
    ctx.lineTo(...to);
    ctx.stroke();
  };
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  for (const second of boundaries) {
    const x = Math.round(self.valToPos(second, 'x', true));
    if (x > bbox.left && x < bbox.left + bbox.width)
      line('--control', [1, 3], [x, bbox.top], [x, bbox.top + bbox.height]);
  }
  for (const { at, color, dash } of levels) {
    const y = Math.round(self.valToPos(at, 'y', true));
    if (y >= bbox.top && y <= bbox.top + bbox.height) line(color, dash, [bbox.left, y], [bbox.left + bbox.width, y]);
  }
  ctx.restore();
}

function seriesOf({ curves, band, time }: TimePlotProps): uPlot.Series[] {
  const isAlone = time.length === 1;
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  const drawn = curves.map(
    ({ label, color, isStepped = false }): uPlot.Series => ({
      label,
      stroke: cssColor(color),
      width: 1.6,
      points: { show: isAlone, size: 6, fill: cssColor(color) },
      ...(isStepped && stepped !== undefined && { paths: stepped, fill: `${cssColor(color)}22` }),
    }),
  );
  if (band === undefined) return [{}, ...drawn];
  const bound = { stroke: `${cssColor(band.color)}77`, width: 0.8, points: { show: isAlone, size: 4 } };
  return [{}, { ...bound, label: 'upper' }, { ...bound, label: 'lower' }, ...drawn];
}

const dataOf = ({ time, curves, band }: TimePlotProps): uPlot.AlignedData => {
  const bounds = band === undefined ? [] : [[...band.upper], [...band.lower]];
  return [[...time], ...bounds, ...curves.map(({ values }) => [...values])];
};

function optionsOf(props: TimePlotProps, latest: { readonly current: TimePlotProps }, width: number): uPlot.Options {
  const { band, height, isLogarithmic = false } = props;
  const axis = { stroke: cssColor('--muted'), font: `11px ${getComputedStyle(document.body).fontFamily}`, gap: 4 };
  const grid = { stroke: cssColor('--grid'), width: 1 };
  return {
    ...{ width, height, padding: [8, 20, 0, 0], legend: { show: false }, cursor: { show: false } },
    scales: {
      x: { time: false, range: (_, min, max) => (max > min ? [Math.min(0, min), max] : [0, Math.max(1, max || 1)]) },
      y: { distr: isLogarithmic ? 3 : 1, range: () => [...latest.current.range] },
    },
    axes: [
      {
        ...{ ...axis, grid: { show: false }, ticks: { ...grid, size: 4 }, size: 22, space: 60 },
        incrs: [0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400],
        values: (_, splits, __, ___, step) => splits.map(at => elapsed(at, step, splits.at(-1) ?? 0)),
      },
      {
        ...{ ...axis, grid, ticks: { show: false }, size: 46, space: 26 },
        values: (_, splits) => splits.map(value => latest.current.format(value)),
        ...(isLogarithmic && {
          splits: () => decadeMarks(latest.current.range),
          filter: (_: uPlot, all: number[]) => all,
        }),
      },
    ],
    series: seriesOf(props),
    ...(band !== undefined && { bands: [{ series: [1, 2], fill: `${cssColor(band.color)}26` }] }),
    hooks: { draw: [self => drawLevels(self, latest.current)] },
  };
}

export function TimePlot(props: TimePlotProps) {
  const { id, label, time, curves, height, theme, range } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const drawn = new uPlot(optionsOf(latest.current, latest, element.clientWidth), dataOf(latest.current), element);
    plot.current = drawn;
    const observer = new ResizeObserver(([entry]) => {
      drawn.setSize({ width: Math.floor(entry?.contentRect.width ?? 0), height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      drawn.destroy();
    };
  }, [theme, curves.length, height, time.length === 1]);

  useEffect(() => {
    plot.current?.setData(dataOf(latest.current));
  }, [time, ...range]);

  return <div ref={host} class="time-plot" data-plot={id} data-points={time.length} role="img" aria-label={label} />;
}
