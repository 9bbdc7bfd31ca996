// From a repository folder to running models: packages read and verified, backends chosen, instances opened, all at once.
import { availableParallelism } from 'node:os';
import { GalerkinError } from '../../base/index.js';
import { listModels, type ModelListing, type ModelPackage, readPackage, servedVersions } from '../../model/index.js';
import type { Backend } from '../backends/backend.js';
import type { ServeConfig } from '../options.js';
import { describePackage } from './describe.js';
import { openPool } from './pool.js';
import type { Computing } from './question.js';
import type { ServedModel } from './served-model.js';

/** A model with what opens it, before anything runs. */
interface Plan {
  readonly served: ServedModel;
  readonly package: ModelPackage;
  readonly backend: Backend;
  readonly instances: number;
}

/** The newest version that the model's own version policy lets in. */
async function readNewest(repository: string, { name, versions }: ModelListing): Promise<ModelPackage> {
  const newest = await readPackage(repository, name);
  const [version] = servedVersions(newest.config, versions);
  if (version === undefined) {
    throw new GalerkinError('MODEL_UNSERVABLE', {
      model: name,
      why: `its version_policy lets in none of [${versions}]`,
    });
  }
  return version === newest.version ? newest : readPackage(repository, name, version);
}

/** One version of every model. Throws REPOSITORY_EMPTY, and what reading a package throws. */
async function readModels(repository: string): Promise<ModelPackage[]> {
  const listed = await listModels(repository);
  if (listed.length === 0) throw new GalerkinError('REPOSITORY_EMPTY', { repository });
  return Promise.all(listed.map(model => readNewest(repository, model)));
}

function plan(model: ModelPackage, config: ServeConfig, backends: ReadonlyMap<string, Backend>): Plan {
  const { served, instances } = describePackage(model);
  const backend = backends.get(served.backend);
  if (backend === undefined) {
    throw new GalerkinError('BACKEND_UNKNOWN', {
      model: served.name,
      backend: served.backend,
      known: [...backends.keys()],
    });
  }
  return { served, package: model, backend, instances: config.instances > 0 ? config.instances : instances };
}

/** Threads of each instance: what was asked, or the cores shared among the instances of in-process models. */
function threadsOf(plans: readonly Plan[], config: ServeConfig): number {
  if (config.threads > 0) return config.threads;
  const sharing = plans
    .filter(({ backend }) => backend.name === 'onnxruntime')
    .reduce((sum, each) => sum + each.instances, 0);
  return Math.max(1, Math.floor(availableParallelism() / Math.max(1, sharing)));
}

/**
 * Opens every model of the repository.
 * @throws REPOSITORY_EMPTY, BACKEND_UNKNOWN, MODEL_UNSERVABLE, and what reading packages throws; nothing stays open then.
 */
export async function loadModels(config: ServeConfig, backends: ReadonlyMap<string, Backend>): Promise<Computing[]> {
  const plans = (await readModels(config.repository)).map(model => plan(model, config, backends));
  const threads = threadsOf(plans, config);
  const opened = await Promise.allSettled(
    plans.map(async ({ served, package: model, backend, instances }): Promise<Computing> => {
      const pool = await openPool({
        model: served.name,
        version: served.version,
        instances,
        maxQueue: config.maxQueue,
        timeoutMs: config.inferenceTimeoutMs,
        open: () => backend.open(model, { threads }),
      });
      return { served, package: model, pool };
    }),
  );
  const running = opened.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = opened.find(result => result.status === 'rejected');
  if (failed === undefined) return running;
  await Promise.all(running.map(({ pool }) => pool.close(0)));
  throw failed.reason;
}
