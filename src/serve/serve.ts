// The verb of this room: a repository of model packages becomes a listening server.
import {
  type Clock,
  packageVersion,
  type Random,
  resolveOptions,
  systemClock,
  systemTimers,
  type Timers,
} from '../base/index.js';
import type { Route } from '../model/index.js';
import type { Backend } from './backends/backend.js';
import { checkExtensions } from './check-extensions.js';
import { closeExtensions } from './close-extensions.js';
import type { Engine } from './engine/engine.js';
import type { ServerExtension } from './extension.js';
import { type ServeConfig, type ServeOptions, serveOptions } from './options.js';
import { openServerLog } from './protocol/server-log.js';
import { type ProtocolState, protocolState } from './protocol/state.js';
import { writeTraces } from './protocol/trace-events.js';
import type { Traffic } from './routing/traffic.js';
import { startEngine } from './start-engine.js';

export interface Surroundings {
  /** Backends besides 'onnxruntime', found by the name in a model's config.pbtxt. */
  readonly backends?: readonly Backend[];
  readonly clock?: Clock;
  readonly timers?: Timers;
  /** Draws which version takes a request, where a route shares them out; seeded by the clock when absent. */
  readonly random?: Random;
  /** Obeyed before a door opens: a version that does not load is told in its status, and the stable one answers. */
  readonly routes?: readonly Route[];
  /** Routes and events that are not the server's own; each is closed once no more requests come, before the models go. */
  readonly extensions?: readonly ServerExtension[];
  /** Takes the lines of the server's log, each without its end; without it there is none. */
  readonly log?: (line: string) => void;
}

export interface Server {
  /** Such as http://127.0.0.1:8000, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** As it was asked for. */
  readonly host: string;
  /** What was loaded at the start, by name, newest version first. */
  readonly models: readonly { readonly name: string; readonly version: string }[];
  /** Undefined if gRPC is switched off. */
  readonly grpcPort: number | undefined;
  /** Undefined if the port for metrics is switched off; they are at GET /monitoring/metrics too. */
  readonly metricsPort: number | undefined;
  /** The hand on the traffic of its models. */
  readonly traffic: Traffic;
  /** Stops listening, finishes what is in flight, and ends every thread and child process. */
  close(): Promise<void>;
}

/**
 * Serves the models of a repository: KServe v2 over HTTP and gRPC, the routes for people, and metrics.
 * Ready when it returns. Listens on the loopback address unless told otherwise.
 * @throws OPTIONS_INVALID, PORT_UNAVAILABLE, REPOSITORY_EMPTY, BACKEND_UNKNOWN, MODEL_UNSERVABLE, and what reading packages throws
 */
export async function serve(options: ServeOptions = {}, surroundings: Surroundings = {}): Promise<Server> {
  const config = resolveOptions('serve', serveOptions, options);
  const {
    backends = [],
    clock = systemClock,
    timers = systemTimers,
    random,
    routes,
    extensions = [],
    log,
  } = surroundings;
  checkExtensions(extensions);
  // The HTTP stack takes as long to load as the models do, and child processes that import this room never need it.
  const loading = import('./doors.js');
  const protocol = stateOf(config);
  const endLog = log === undefined ? undefined : openServerLog({ log: protocol.log, clock, write: log });
  const endTraces = config.traceFile === '' ? undefined : writeTraces(config.traceFile);
  const end = async (engine: Engine | undefined): Promise<void> => {
    await engine?.close(config.drainTimeoutMs);
    await endTraces?.();
    endLog?.();
  };
  let engine: Engine | undefined;
  try {
    engine = await startEngine(config, {
      backends,
      clock,
      timers,
      ...(random && { random }),
      ...(routes && { routes }),
    });
    const { openDoors } = await loading;
    const doors = await openDoors({ engine, config, clock, timers, version: packageVersion(), protocol, extensions });
    return {
      ...doors,
      host: config.host,
      traffic: engine.traffic,
      models: engine.models.map(({ served: { name, version } }) => ({ name, version })),
      url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${doors.port}`,
      close: once(async () => {
        // Models stay until the last request has its answer.
        await doors.close();
        const warn = (text: string): void => process.emitWarning(text);
        await closeExtensions(extensions, { limitMs: config.extensionTimeoutMs, timers, warn });
        await end(engine);
      }),
    };
  } catch (error) {
    await end(engine);
    throw error;
  }
}

/** What the protocols share. */
function stateOf({ allowClientShm, modelControl, traceFile }: ServeConfig): ProtocolState {
  const abilities = { sequences: true, modelControl: modelControl === 'explicit', schedulePolicy: true };
  return protocolState({ allowClientShm, traceFile, abilities });
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
