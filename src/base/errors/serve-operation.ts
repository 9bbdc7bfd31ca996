// Error codes of the room 'serve' for operating a server: its start, its models' coming and going, its limits.
import { entry } from './entry.js';

const list = (names: readonly string[]): string =>
  names.length === 0 ? 'none' : names.map(name => `'${name}'`).join(', ');

export const serveOperationErrors = {
  MODEL_STOPPING: entry<{ model: string; version: string }>({
    http: 503,
    exit: 69,
    message: ({ model, version }) =>
      `model '${model}' version ${version} takes no more requests: it is being stopped. Try again.`,
    doc: 'The version is being unloaded or the server is stopping. A newer version or another replica will answer.',
  }),
  OVERLOADED: entry<{ what: string; retryAfterMs: number }>({
    http: 429,
    exit: 69,
    message: ({ what, retryAfterMs }) =>
      `too many requests: ${what}. Try again in ${(retryAfterMs / 1000).toFixed(1)} s, or send fewer at once.`,
    doc: 'The server takes only as many requests at once as it can answer in good time. Retry after the time that it names.',
  }),
  CIRCUIT_OPEN: entry<{ model: string; version: string; failures: number; retryAfterMs: number }>({
    http: 503,
    exit: 69,
    message: ({ model, version, failures, retryAfterMs }) =>
      `model '${model}' version ${version} failed ${failures} times in a row and rests. Try again in ${(retryAfterMs / 1000).toFixed(1)} s.`,
    doc: 'The circuit breaker of the version is open: after too many failures it is spared for a while, then tried again.',
  }),
  CONTROL_REFUSED: entry<{ what: 'load' | 'unload'; mode: string }>({
    http: 503,
    exit: 69,
    message: ({ what, mode }) =>
      `explicit model load / unload is not allowed if polling is enabled: wanted --model-control explicit for ${what}, got '${mode}'.`,
    doc: "Clients may load and unload models only when the server's model control is 'explicit'.",
  }),
  MODEL_LOAD_FAILED: entry<{ model: string; why: string }>({
    http: 400,
    exit: 65,
    message: ({ model, why }) => `failed to load '${model}': ${why} What ran before goes on.`,
    doc: 'The model could not be read, verified or opened. The reason is given; a version that ran before keeps serving.',
  }),
  PORT_UNAVAILABLE: entry<{ host: string; port: number; flag: string; reason: string }>({
    http: 500,
    exit: 69,
    message: ({ host, port, flag, reason }) =>
      `Cannot listen on ${host} port ${port}: ${reason}. Stop what uses it, or choose another with ${flag} (0 takes any free one).`,
    doc: 'The port is taken or not allowed. Choose another with --port, --grpc-port or --metrics-port; 0 takes any free one.',
  }),
  REPOSITORY_EMPTY: entry<{ repository: string }>({
    http: 500,
    exit: 66,
    message: ({ repository }) =>
      `No model in '${repository}': wanted at least one package. Train one with 'galerkin learn darcy', or name another folder with --repository.`,
    doc: 'The repository folder holds no model package.',
  }),
  BACKEND_UNKNOWN: entry<{ model: string; backend: string; known: readonly string[] }>({
    http: 500,
    exit: 65,
    message: ({ model, backend, known }) => `Model '${model}' wants backend '${backend}', got only ${list(known)}.`,
    doc: "The model's config.pbtxt names a backend that this server was not started with.",
  }),
  MODEL_UNSERVABLE: entry<{ model: string; why: string }>({
    http: 500,
    exit: 65,
    message: ({ model, why }) => `Model '${model}' cannot be served: ${why}.`,
    doc: 'The package does not hold together: config, manifest and graphs disagree, or an instance did not start.',
  }),
};
