// What an autoscaler needs of each model version: how much waits, how busy its instances are, how fast it answers.
import { performance } from 'node:perf_hooks';
import type { Clock } from '../../base/index.js';
import type { RunningModel } from '../engine/engine.js';
import type { ModelStatistics } from '../statistics/model-statistics.js';
import type { ModelLoad, Scaling } from './monitoring-schemas.js';

/** Scrapes closer together than this see the figures of the scrape before: shares of less say nothing. */
const shortestMs = 1000;

/** What is looked at of a running version. */
export interface Watched {
  readonly served: Pick<RunningModel['served'], 'name' | 'version'>;
  readonly package: { readonly config: { readonly instance_group: readonly { readonly count: number }[] } };
  readonly statistics: Pick<ModelStatistics, 'report' | 'triton'>;
  readonly pending: number;
  isReady(): boolean;
}

/** Nanoseconds that instances of a model were taken, over its life. */
const busyNs = ({ statistics }: Watched): number =>
  statistics
    .triton()
    .batch_stats.reduce(
      (sum, batch) => sum + batch.compute_input.ns + batch.compute_infer.ns + batch.compute_output.ns,
      0,
    );

/** Of the configuration, unless the server was told a number for all models. */
function instancesOf({ package: { config } }: Watched, instances: number): number {
  if (instances > 0) return instances;
  return Math.max(
    1,
    config.instance_group.reduce((sum, group) => sum + Math.max(1, group.count), 0),
  );
}

export interface ScalingOptions {
  readonly engine: { readonly models: readonly Watched[] };
  readonly clock: Clock;
  /** Of every model; 0: as its configuration says. */
  readonly instances: number;
}

const share = (value: number): number => Math.min(1, Math.max(0, Math.round(value * 1e4) / 1e4));

/** Measures from one call to the next; one per server. */
export function scalingReport({
  engine,
  clock,
  instances,
}: ScalingOptions): () => Omit<Scaling, 'uptimeSeconds' | 'webSockets'> {
  let sinceMs = clock.monotonic();
  let before = new WeakMap<Watched, number>();
  let loop = performance.eventLoopUtilization();
  let found = { intervalSeconds: 0, eventLoopUtilization: 0, utilization: new WeakMap<Watched, number>() };

  const measure = (elapsedMs: number): void => {
    const now = new WeakMap<Watched, number>();
    const utilization = new WeakMap<Watched, number>();
    for (const model of engine.models) {
      const ns = busyNs(model);
      now.set(model, ns);
      const busyMs = (ns - (before.get(model) ?? 0)) / 1e6;
      utilization.set(model, share(busyMs / elapsedMs / instancesOf(model, instances)));
    }
    const loopNow = performance.eventLoopUtilization();
    const { utilization: loopShare } = performance.eventLoopUtilization(loopNow, loop);
    found = { intervalSeconds: Math.round(elapsedMs) / 1000, eventLoopUtilization: share(loopShare), utilization };
    [before, loop, sinceMs] = [now, loopNow, sinceMs + elapsedMs];
  };

  const loadOf = (model: Watched): ModelLoad => {
    const { perSecond, latencyMs } = model.statistics.report();
    return {
      name: model.served.name,
      version: model.served.version,
      ready: model.isReady(),
      instances: instancesOf(model, instances),
      queued: model.pending,
      utilization: found.utilization.get(model) ?? 0,
      perSecond,
      latencyMs,
    };
  };

  return () => {
    const elapsedMs = clock.monotonic() - sinceMs;
    if (elapsedMs >= shortestMs) measure(elapsedMs);
    const { intervalSeconds, eventLoopUtilization } = found;
    return { intervalSeconds, eventLoopUtilization, models: engine.models.map(loadOf) };
  };
}
