// One version of a model from its package to its running instances.
import { availableParallelism } from 'node:os';
import { type Clock, GalerkinError, type Timers } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import { withBreaker } from '../admission/circuit-breaker.js';
import type { Backend } from '../backends/backend.js';
import { cachedPackage } from '../cache/cached-model.js';
import type { PredictionCache } from '../cache/prediction-cache.js';
import type { ServeConfig } from '../options.js';
import { instancePackage } from '../sequences/own-tensors.js';
import { modelStatistics } from '../statistics/model-statistics.js';
import { describePackage } from './describe.js';
import type { ModelTable } from './model-table.js';
import { openScheduler } from './open-scheduler.js';
import { openPool } from './pool.js';
import type { RunningModel } from './running-model.js';

/** What every version is opened with. */
export interface Workshop {
  readonly config: ServeConfig;
  readonly backends: ReadonlyMap<string, Backend>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly table: ModelTable;
  readonly cache: PredictionCache | undefined;
}

/** The runtime's threads as a package may state them, by the name that Triton's ONNX Runtime backend gives them. */
function statedThreads({ config }: ModelPackage): number {
  const stated = Number(config.parameters.intra_op_thread_count?.string_value ?? '0');
  return Number.isInteger(stated) && stated > 0 ? Math.min(stated, 256) : 0;
}

/**
 * Opens the instances of a version and warms them; it is ready when it returns.
 * @throws BACKEND_UNKNOWN, MODEL_UNSERVABLE; nothing stays open then.
 */
export async function openVersion(model: ModelPackage, workshop: Workshop): Promise<RunningModel> {
  const { config, backends, clock, timers, cache } = workshop;
  const { served, instances: wanted } = describePackage(model);
  const backend = backends.get(served.backend);
  if (backend === undefined) {
    const known = [...backends.keys()];
    throw new GalerkinError('BACKEND_UNKNOWN', { model: served.name, backend: served.backend, known });
  }
  const instances = config.instances > 0 ? config.instances : wanted;
  const threads = config.threads || statedThreads(model) || Math.max(1, Math.floor(availableParallelism() / instances));
  const cached = cachedPackage(model, config.cacheEveryModel);
  const startMs = clock.monotonic();
  const statistics = modelStatistics({
    name: served.name,
    version: served.version,
    clock,
    guard: served.guard?.bounds,
    tags: model.config.metric_tags,
    isCached: cache !== undefined && cached.keeping === 'kept',
  });
  const computed = instancePackage(model);
  const inner = await openScheduler(model, {
    served,
    clock,
    timers,
    statistics,
    maxQueue: config.maxQueue,
    maxQueueBytes: config.maxQueueBytes,
    maxWaitMs: config.inferenceTimeoutMs,
    instances,
    openPool: (source, count) =>
      openPool(
        {
          model: served.name,
          instances: count,
          timers,
          timeoutMs: config.inferenceTimeoutMs,
          open: () => backend.open(computed, { threads }),
        },
        source,
      ),
  });
  const { breakerFailures: failures, breakerRestMs: restMs } = config;
  const { name, version } = served;
  const scheduler = withBreaker(inner, { model: name, version, failures, restMs, clock });
  statistics.loaded(clock.monotonic() - startMs);
  return {
    served,
    package: model,
    scheduler,
    statistics,
    cached,
    get pending() {
      return scheduler.pending;
    },
    isReady: () => scheduler.isReady(),
  };
}
