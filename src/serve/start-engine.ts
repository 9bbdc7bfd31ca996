// Everything behind the protocols: the repository, its models, the door, the cache.
import { type Clock, GalerkinError, type Random, seededRandom, type Timers } from '../base/index.js';
import { openRepository, type Route } from '../model/index.js';
import { type Admission, admission } from './admission/admission.js';
import { fixedLimit, gradientLimit } from './admission/gradient-limit.js';
import type { Backend } from './backends/backend.js';
import { onnxruntimeBackend } from './backends/onnxruntime.js';
import { resourceLimiter } from './batching/resource-limiter.js';
import { openCache } from './cache/open-cache.js';
import { createEngine, type Engine } from './engine/engine.js';
import { lifecycle } from './engine/lifecycle.js';
import { modelTable } from './engine/model-table.js';
import { runRepository } from './engine/repository.js';
import { versionNotes } from './engine/version-notes.js';
import type { ServeConfig } from './options.js';
import { trafficControl } from './routing/traffic-control.js';
import { versionPins } from './routing/version-pins.js';

export interface EngineSurroundings {
  /** Backends besides 'onnxruntime'. */
  readonly backends: readonly Backend[];
  readonly clock: Clock;
  readonly timers: Timers;
  /** Draws which version takes a request. */
  readonly random?: Random;
  /** Obeyed before a door opens. */
  readonly routes?: readonly Route[];
}

function openDoor(config: ServeConfig, { clock, timers }: EngineSurroundings): Admission {
  const { maxConcurrency: max, adaptiveConcurrency } = config;
  const learnt = { initial: Math.min(64, max), min: Math.min(4, max), max };
  return admission({
    limit: adaptiveConcurrency ? gradientLimit(learnt) : fixedLimit(max),
    budgetBytes: config.maxInFlightBytes,
    maxWaiting: config.maxWaiting,
    maxWaitMs: config.maxWaitMs,
    clock,
    timers,
  });
}

/** `R1=4,R2=2`. @throws OPTIONS_INVALID */
function statedResources(text: string): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  for (const pair of text.split(',').filter(each => each.trim() !== '')) {
    const [, name, count] = /^\s*([^=\s]+)\s*=\s*(\d{1,9})\s*$/.exec(pair) ?? [];
    if (name === undefined || count === undefined) {
      const fault = `rateLimitResources: wanted 'name=count', separated by commas, got '${pair.slice(0, 80)}'`;
      throw new GalerkinError('OPTIONS_INVALID', { of: 'serve', faults: [fault] });
    }
    totals.set(name, Number(count));
  }
  return totals;
}

/** Loads what the options ask for. @throws as `serve` does, but for the ports */
export async function startEngine(config: ServeConfig, surroundings: EngineSurroundings): Promise<Engine> {
  const { backends, clock, timers, random = seededRandom(Math.floor(1000 * clock.now())), routes = [] } = surroundings;
  const notes = versionNotes();
  const table = modelTable(name => notes.isKnown(name));
  const find = ({ name, version }: { readonly name: string; readonly version?: string | undefined }) =>
    (version === undefined
      ? table.running(name)
      : table.versionsOf(name).find(({ served }) => served.version === version)
    )?.cached;
  const cache = await openCache(config, { clock, timers, find });
  const repository = openRepository(config.repository);
  const byName = new Map([onnxruntimeBackend, ...backends].map(backend => [backend.name, backend]));
  const limiter = resourceLimiter(statedResources(config.rateLimitResources));
  const workshop = { config, backends: byName, clock, timers, table, cache, limiter };
  const pins = versionPins();
  const parts = { repository, notes, table, lifecycle: lifecycle({ repository, notes, workshop, pins }) };
  const look = async (): Promise<void> => {
    for (const { name } of await repository.list()) notes.know(name);
  };
  const traffic = trafficControl({ ...parts, pins, clock, random, look });
  try {
    traffic.stand(routes);
    const running = await runRepository(parts, {
      location: config.repository,
      mode: config.modelControl,
      pollMs: config.pollMs,
      loadModels: config.loadModels.split(',').flatMap(name => (name.trim() === '' ? [] : [name.trim()])),
      isStrict: config.strictReadiness,
      timers,
    });
    await traffic.bringStanding();
    return createEngine({
      table,
      repository: running,
      traffic,
      admission: openDoor(config, surroundings),
      cache,
      clock,
    });
  } catch (error) {
    await cache?.close();
    throw error;
  }
}
