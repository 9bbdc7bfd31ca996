// One live time chart: two minutes of a few series, drawn by uPlot in the page's colours.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatValue } from '../format.js';
import type { Theme } from '../state/use-theme.js';

export interface Series {
  readonly label: string;
  /** Name of a custom property that holds the colour. */
  readonly color: string;
  readonly dash?: readonly number[];
  readonly values: readonly (number | null)[];
}

interface ChartProps {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly time: readonly number[];
  readonly series: readonly Series[];
  readonly theme: Theme;
  readonly logarithmic?: boolean;
}

const windowSeconds = 120;
const height = 128;

const cssColor = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Seconds before now, as the time axis names them. */
function ages(self: uPlot, splits: readonly number[]): string[] {
  const end = self.scales.x?.max ?? 0;
  return splits.map(at => (Math.round(at - end) === 0 ? 'now' : `${Math.round(at - end)} s`.replace('-', '−')));
}

/** Powers of ten inside the scale of a logarithmic axis. */
function decades(self: uPlot): number[] {
  const first = Math.round(Math.log10(self.scales.y?.min ?? 1));
  const last = Math.round(Math.log10(self.scales.y?.max ?? 1));
  return Array.from({ length: last - first + 1 }, (_, k) => 10 ** (first + k));
}

/** Whole decades around the data. */
function decadeRange(_: uPlot, min: number, max: number): [number, number] {
  return min > 0 ? [10 ** Math.floor(Math.log10(min)), 10 ** Math.ceil(Math.log10(max * 1.01))] : [1, 100];
}

function optionsOf({ series, logarithmic = false }: ChartProps, width: number): uPlot.Options {
  const axis = { stroke: cssColor('--muted'), font: `11px ${getComputedStyle(document.body).fontFamily}`, gap: 4 };
  const grid = { stroke: cssColor('--grid'), width: 1 };
  return {
    width,
    height,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: (_, __, max) => [max - windowSeconds, max] },
      y: logarithmic
        ? { distr: 3, range: decadeRange }
        : { range: (_, __, max) => [0, Math.max(5, Number.isFinite(max) ? max * 1.15 : 5)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        ticks: { ...grid, size: 4 },
        size: 24,
        splits: self => [0, 30, 60, 90, 120].map(back => (self.scales.x?.max ?? 0) - windowSeconds + back),
        values: ages,
      },
      {
        ...axis,
        grid,
        ticks: { show: false },
        size: 40,
        values: (_, splits) => splits.map(value => formatValue(value)),
        ...(logarithmic && { splits: decades, filter: (_: uPlot, splits: number[]) => splits }),
      },
    ],
    series: [
      {},
      ...series.map(({ label, color, dash }) => ({
        label,
        stroke: cssColor(color),
        width: 1.5,
        points: { show: false },
        ...(dash && { dash: [...dash] }),
      })),
    ],
  };
}

export function Chart(props: ChartProps) {
  const { id, title, unit, time, series, theme } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);

  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const drawn = new uPlot(optionsOf(props, element.clientWidth), [[]], element);
    plot.current = drawn;
    const observer = new ResizeObserver(([entry]) => {
      drawn.setSize({ width: Math.floor(entry?.contentRect.width ?? 0), height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      drawn.destroy();
    };
  }, [theme]);

  useEffect(() => {
    plot.current?.setData([[...time], ...series.map(({ values }) => [...values])]);
  }, [time, theme]);

  const now = series
    .map(({ label, values }) => `${label} ${formatValue(values.at(-1) ?? undefined)} ${unit}`)
    .join(', ');
  return (
    <section class="card chart" data-chart={id} data-points={time.length} aria-labelledby={`chart-${id}`}>
      <header class="panel-head">
        <h2 id={`chart-${id}`}>
          {title} <small>[{unit}]</small>
        </h2>
        <ul class="legend">
          {series.map(({ label, color, dash, values }) => (
            <li key={label} style={{ '--color': `var(${color})` }} data-dashed={dash !== undefined}>
              {label} <b>{formatValue(values.at(-1) ?? undefined)}</b>
            </li>
          ))}
        </ul>
      </header>
      <div ref={host} class="chart-host" role="img" aria-label={`${title}, last two minutes. Now: ${now}`} />
    </section>
  );
}
