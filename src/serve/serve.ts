// The verb of this room: a repository of model packages becomes a listening server.
import { type Clock, packageVersion, resolveOptions, systemClock, systemTimers, type Timers } from '../base/index.js';
import { openRepository } from '../model/index.js';
import { admission } from './admission/admission.js';
import { fixedLimit, gradientLimit } from './admission/gradient-limit.js';
import type { Backend } from './backends/backend.js';
import { onnxruntimeBackend } from './backends/onnxruntime.js';
import { createEngine, type Engine } from './engine/engine.js';
import { lifecycle } from './engine/lifecycle.js';
import { modelTable } from './engine/model-table.js';
import { runRepository } from './engine/repository.js';
import { versionNotes } from './engine/version-notes.js';
import { listen } from './listen.js';
import { type ServeConfig, type ServeOptions, serveOptions } from './options.js';

export interface Surroundings {
  /** Backends besides 'onnxruntime', found by the name in a model's config.pbtxt. */
  readonly backends?: readonly Backend[];
  readonly clock?: Clock;
  readonly timers?: Timers;
}

export interface Server {
  /** Such as http://127.0.0.1:8000, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Stops listening, finishes what is in flight, and ends every thread and child process. */
  close(): Promise<void>;
}

/**
 * Serves the models of a repository over HTTP: KServe v2 and the routes for people.
 * Ready when it returns. Listens on the loopback address unless told otherwise.
 * @throws OPTIONS_INVALID, PORT_UNAVAILABLE, REPOSITORY_EMPTY, BACKEND_UNKNOWN, MODEL_UNSERVABLE, and what reading packages throws
 */
export async function serve(options: ServeOptions = {}, surroundings: Surroundings = {}): Promise<Server> {
  const config = resolveOptions('serve', serveOptions, options);
  const { clock = systemClock } = surroundings;
  // The HTTP stack takes as long to load as the models do, and child processes that import this room never need it.
  const loadingHttp = import('./http/server.js');
  const engine = await startEngine(config, surroundings);
  const stop = (): Promise<void> => engine.close(config.drainTimeoutMs);
  try {
    const { closeHttp, createHttp } = await loadingHttp;
    const app = await createHttp({ engine, config, clock, version: packageVersion() });
    const { port } = await listen(app, config);
    return {
      url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
      port,
      close: once(async () => {
        // Models stay until the last request has its answer.
        await closeHttp(app, config.drainTimeoutMs);
        await stop();
      }),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Everything behind the protocols, with its models loaded. */
async function startEngine(config: ServeConfig, surroundings: Surroundings): Promise<Engine> {
  const { backends = [], clock = systemClock, timers = systemTimers } = surroundings;
  const notes = versionNotes();
  const table = modelTable(name => notes.isKnown(name));
  const byName = new Map([onnxruntimeBackend, ...backends].map(backend => [backend.name, backend]));
  const repository = openRepository(config.repository);
  const running = await runRepository(
    {
      repository,
      notes,
      table,
      lifecycle: lifecycle(repository, notes, { config, backends: byName, clock, timers, table }),
    },
    {
      location: config.repository,
      mode: config.modelControl,
      pollMs: config.pollMs,
      loadModels: config.loadModels.split(',').flatMap(name => (name.trim() === '' ? [] : [name.trim()])),
      isStrict: config.strictReadiness,
      timers,
    },
  );
  const { maxConcurrency: max } = config;
  const door = admission({
    limit: config.adaptiveConcurrency
      ? gradientLimit({ initial: Math.min(64, max), min: Math.min(4, max), max })
      : fixedLimit(max),
    budgetBytes: config.maxInFlightBytes,
    maxWaiting: config.maxWaiting,
    maxWaitMs: config.maxWaitMs,
    clock,
    timers,
  });
  return createEngine({ table, repository: running, admission: door, clock });
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
