// The verb of this room: a repository of model packages becomes a listening server.
import { type Clock, packageVersion, resolveOptions, systemClock } from '../base/index.js';
import type { Backend } from './backends/backend.js';
import { onnxruntimeBackend } from './backends/onnxruntime.js';
import { createEngine } from './engine/engine.js';
import { loadModels } from './engine/load.js';
import { listen } from './listen.js';
import { type ServeOptions, serveOptions } from './options.js';

export interface Surroundings {
  /** Backends besides 'onnxruntime', found by the name in a model's config.pbtxt. */
  readonly backends?: readonly Backend[];
  readonly clock?: Clock;
}

export interface Server {
  /** Such as http://127.0.0.1:8000, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Stops listening, finishes what is in flight, and ends every thread and child process. */
  close(): Promise<void>;
}

/**
 * Serves the latest version of every model in a repository over HTTP: KServe v2 and the routes for people.
 * Ready when it returns. Listens on the loopback address unless told otherwise.
 * @throws OPTIONS_INVALID, PORT_UNAVAILABLE, REPOSITORY_EMPTY, BACKEND_UNKNOWN, MODEL_UNSERVABLE, and what reading packages throws
 */
export async function serve(options: ServeOptions = {}, surroundings: Surroundings = {}): Promise<Server> {
  const config = resolveOptions('serve', serveOptions, options);
  const { backends = [], clock = systemClock } = surroundings;
  const byName = new Map([onnxruntimeBackend, ...backends].map(backend => [backend.name, backend]));
  // The HTTP stack takes as long to load as the models do, and child processes that import this room never need it.
  const loadingHttp = import('./http/server.js');
  const engine = createEngine(await loadModels(config, byName), clock);
  const stop = (): Promise<void> => engine.close(config.drainTimeoutMs);
  try {
    const { closeHttp, createHttp } = await loadingHttp;
    const app = await createHttp({ engine, config, clock, version: packageVersion() });
    const { port } = await listen(app, config);
    return {
      url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
      port,
      close: once(async () => {
        await Promise.all([closeHttp(app, config.drainTimeoutMs), stop()]);
      }),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
