// One version of a model from its package to its running instances.
import { availableParallelism } from 'node:os';
import { type Clock, GalerkinError, type Timers } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import { withBreaker } from '../admission/circuit-breaker.js';
import type { Backend } from '../backends/backend.js';
import { openLimited } from '../batching/limited-source.js';
import type { ResourceLimiter, ResourceNeeds } from '../batching/resource-limiter.js';
import { cachedPackage } from '../cache/cached-model.js';
import type { PredictionCache } from '../cache/prediction-cache.js';
import type { EnsembleFacts } from '../ensembles/ensemble-facts.js';
import { describeEnsemble, isEnsemble, openEnsemble } from '../ensembles/open-ensemble.js';
import type { ServeConfig } from '../options.js';
import { instancePackage } from '../sequences/own-tensors.js';
import type { SequenceParts } from '../sequences/sequence-parts.js';
import { type ModelStatistics, modelStatistics } from '../statistics/model-statistics.js';
import { describePackage } from './describe.js';
import { withLabels } from './labels.js';
import { Leases } from './leases.js';
import type { ModelTable } from './model-table.js';
import { openScheduler } from './open-scheduler.js';
import { openPool } from './pool.js';
import type { RunningModel } from './running-model.js';
import type { Scheduler } from './scheduler.js';

/** What every version is opened with. */
export interface Workshop {
  readonly config: ServeConfig;
  readonly backends: ReadonlyMap<string, Backend>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly table: ModelTable;
  readonly cache: PredictionCache | undefined;
  /** Named resources that instances share, across models. */
  readonly limiter: ResourceLimiter;
}

/** What a version is, and what counts its requests. */
type OwnParts = Pick<SequenceParts, 'served'> & { readonly statistics: ModelStatistics };

/** The runtime's threads as a package may state them, by the name that Triton's ONNX Runtime backend gives them. */
function statedThreads({ config }: ModelPackage): number {
  const stated = Number(config.parameters.intra_op_thread_count?.string_value ?? '0');
  return Number.isInteger(stated) && stated > 0 ? Math.min(stated, 256) : 0;
}

/** What each instance must hold to run; undefined without a rate_limiter. Groups share the greatest need and the lowest priority. */
function rateLimitsOf({ config }: ModelPackage): { needs: ResourceNeeds; priority: number } | undefined {
  const needs: Record<string, number> = {};
  let priority = 0;
  for (const { rate_limiter: stated } of config.instance_group) {
    for (const { name, count } of stated?.resources ?? []) needs[name] = Math.max(count, needs[name] ?? 0);
    priority = Math.max(priority, stated?.priority ?? 0);
  }
  return Object.keys(needs).length === 0 && priority === 0 ? undefined : { needs, priority };
}

/** What a program, a model or the fused steps of one, is opened with. @throws BACKEND_UNKNOWN */
function programParts(program: ModelPackage, own: OwnParts, workshop: Workshop): Omit<SequenceParts, 'lanes'> {
  const { config, backends, clock, timers, limiter } = workshop;
  const { name, backend: wanted } = program.config;
  const backend = backends.get(wanted);
  if (backend === undefined) {
    throw new GalerkinError('BACKEND_UNKNOWN', { model: name, backend: wanted, known: [...backends.keys()] });
  }
  const stated = program.config.instance_group.reduce((sum, { count }) => sum + count, 0);
  const instances = config.instances > 0 ? config.instances : Math.max(1, stated);
  const threads =
    config.threads || statedThreads(program) || Math.max(1, Math.floor(availableParallelism() / instances));
  const computed = instancePackage(program);
  return {
    ...own,
    clock,
    timers,
    maxQueue: config.maxQueue,
    maxQueueBytes: config.maxQueueBytes,
    maxWaitMs: config.inferenceTimeoutMs,
    instances,
    openPool: (source, count) => {
      const pooled = {
        model: name,
        instances: count,
        timers,
        timeoutMs: config.inferenceTimeoutMs,
        open: () => backend.open(computed, { threads }),
      };
      const limits = rateLimitsOf(program);
      if (limits === undefined) return openPool(pooled, source);
      return openLimited(source, { ...limits, limiter, instances: count }, limited => openPool(pooled, limited));
    },
  };
}

function openParts(
  model: ModelPackage,
  own: OwnParts,
  workshop: Workshop,
): Promise<Scheduler & { readonly facts?: EnsembleFacts }> {
  if (!isEnsemble(model)) return openScheduler(model, programParts(model, own, workshop));
  const { config, clock, timers, table } = workshop;
  return openEnsemble(model, {
    ...own,
    clock,
    timers,
    members: table,
    maxQueue: config.maxQueue,
    maxWaitMs: config.inferenceTimeoutMs,
    openFused: program => openScheduler(program, programParts(program, own, workshop)),
  });
}

/**
 * Opens the instances of a version and warms them; it is ready when it returns. The members of an ensemble must run.
 * @param beside  the version as it runs already, whose requests these instances' are counted with
 * @throws BACKEND_UNKNOWN, MODEL_UNSERVABLE, ENSEMBLE_INVALID; nothing stays open then.
 */
export async function openVersion(
  model: ModelPackage,
  workshop: Workshop,
  beside?: Pick<RunningModel, 'statistics'>,
): Promise<RunningModel> {
  const { config, clock, table, cache } = workshop;
  const { served: plain } = describePackage(model);
  const described = { ...plain, outputs: await withLabels(model, plain.outputs) };
  const served = isEnsemble(model) ? describeEnsemble(model, described, table) : described;
  const cached = cachedPackage(model, config.cacheEveryModel);
  const startMs = clock.monotonic();
  const statistics =
    beside?.statistics ??
    modelStatistics({
      name: served.name,
      version: served.version,
      clock,
      guard: served.guard?.bounds,
      tags: model.config.metric_tags,
      isCached: cache !== undefined && cached.keeping === 'kept',
    });
  const inner = await openParts(model, { served, statistics }, workshop);
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
    leases: new Leases(),
    get pending() {
      return scheduler.pending;
    },
    get ensemble() {
      return inner.facts;
    },
    isReady: () => scheduler.isReady(),
  };
}
