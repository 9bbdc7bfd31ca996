// The server at work: requests a second and latency percentiles, of surrogate and solver.
import { type Store, useStore } from '../state/store.js';
import type { History } from '../state/use-stats.js';
import type { Theme } from '../state/use-theme.js';
import { Chart } from './chart.js';

const dash = [5, 4];

export function Charts({ history, theme }: { readonly history: Store<History>; readonly theme: Theme }) {
  const { time, rate, solverRate, p50, p95, solverP50 } = useStore(history, state => state);
  return (
    <>
      <Chart
        id="rate"
        title="Request rate"
        unit="1/s"
        time={time}
        theme={theme}
        series={[
          { label: 'surrogate', color: '--series-1', values: rate },
          { label: 'solver', color: '--series-3', dash, values: solverRate },
        ]}
      />
      <Chart
        id="latency"
        title="Latency"
        unit="ms"
        time={time}
        theme={theme}
        logarithmic
        series={[
          { label: 'p50', color: '--series-1', values: p50 },
          { label: 'p95', color: '--series-2', values: p95 },
          { label: 'solver p50', color: '--series-3', dash, values: solverP50 },
        ]}
      />
    </>
  );
}
