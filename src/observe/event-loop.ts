// How free the event loop is: the share of time it works, and how late its timers come.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Collector, MetricHead } from './exposition.js';

const resolutionMs = 20;

const heads = {
  active: {
    name: 'galerkin_event_loop_active_seconds_total',
    type: 'counter',
    help: 'Time that the event loop of the main thread has worked.',
  },
  idle: {
    name: 'galerkin_event_loop_idle_seconds_total',
    type: 'counter',
    help: 'Time that the event loop of the main thread has waited for something to do.',
  },
  utilization: {
    name: 'galerkin_event_loop_utilization_ratio',
    type: 'gauge',
    help: 'Share of the time since the last scrape that the event loop worked, 0 to 1.',
  },
  p50: {
    name: 'galerkin_event_loop_lag_p50_seconds',
    type: 'gauge',
    help: 'Median lateness of a timer since the last scrape.',
  },
  p99: {
    name: 'galerkin_event_loop_lag_p99_seconds',
    type: 'gauge',
    help: 'Lateness of a timer since the last scrape that 99 of 100 stay under.',
  },
  max: {
    name: 'galerkin_event_loop_lag_max_seconds',
    type: 'gauge',
    help: 'Worst lateness of a timer since the last scrape.',
  },
} as const satisfies Record<string, MetricHead>;

/** Begins to watch: one native timer of 20 ms, which keeps no process alive. */
export function eventLoopMetrics(): Collector & { stop(): void } {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  let before = performance.eventLoopUtilization();
  /** The histogram holds the whole time between two ticks; the lateness is what lies over the resolution. */
  const latenessSeconds = (ns: number): number =>
    delays.count === 0 || !Number.isFinite(ns) ? 0 : Math.max(0, ns / 1e6 - resolutionMs) / 1000;
  return {
    collect(page) {
      const now = performance.eventLoopUtilization();
      const since = performance.eventLoopUtilization(now, before);
      before = now;
      const values = {
        active: now.active / 1000,
        idle: now.idle / 1000,
        utilization: since.utilization,
        p50: latenessSeconds(delays.percentile(50)),
        p99: latenessSeconds(delays.percentile(99)),
        max: latenessSeconds(delays.max),
      };
      delays.reset();
      for (const key of ['active', 'idle', 'utilization', 'p50', 'p99', 'max'] as const) {
        page.head(heads[key]);
        page.sample('', values[key]);
      }
    },
    stop: () => {
      delays.disable();
    },
  };
}
