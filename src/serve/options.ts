// The options of a server: one schema for defaults, checks, command line flags and docs.
import type { z } from 'zod';
import { choiceOption, flagOption, integerOption, numberOption, optionSchema, textOption } from '../base/index.js';
import { cacheOptions } from './cache/options.js';
import { controlModes } from './engine/control-mode.js';
import { browserOptions, webSocketOptions } from './websocket/options.js';

/** What `serve` takes besides backends. Everything has a default; 0 instances or threads means "choose for me". */
export const serveOptions = optionSchema({
  repository: textOption({ doc: 'Folder that holds the model packages.', default: '.galerkin/models' }),
  host: textOption({
    doc: 'Address to listen on. Other machines reach the server only if you change it.',
    default: '127.0.0.1',
  }),
  serverName: textOption({
    doc: "What the server calls itself in its metadata; programs that insist on Triton want 'triton'.",
    default: 'galerkin',
  }),
  port: integerOption({ doc: 'TCP port to listen on; 0 takes any free one.', default: 8000, min: 0, max: 65_535 }),
  modelControl: choiceOption(controlModes, {
    doc: "Who decides what is served: 'none' loads everything once, 'poll' follows the folder, 'explicit' loads what clients ask for.",
    default: 'none',
  }),
  pollMs: numberOption({
    doc: "How often the folder is looked at when modelControl is 'poll'.",
    unit: 'ms',
    default: 15_000,
    min: 10,
  }),
  loadModels: textOption({
    doc: "Models loaded at the start when modelControl is 'explicit', separated by commas; '*' loads all.",
    default: '',
  }),
  strictReadiness: flagOption({
    doc: 'The server is ready only if every model that should run does; otherwise as soon as it answers.',
    default: true,
  }),
  instances: integerOption({
    doc: 'Instances per model; 0 takes the instance_group of its config.pbtxt.',
    default: 0,
    min: 0,
    max: 256,
  }),
  threads: integerOption({
    doc: 'Threads of the runtime in one instance; 0 shares the cores among the instances.',
    default: 0,
    min: 0,
    max: 256,
  }),
  grpc: flagOption({ doc: 'Serve KServe v2 over gRPC too.', default: true }),
  grpcPort: integerOption({
    doc: 'TCP port for gRPC; 0 takes any free one, -1 the next after the port for HTTP.',
    default: -1,
    min: -1,
    max: 65_535,
  }),
  metrics: flagOption({ doc: 'Serve metrics for Prometheus on a port of their own too.', default: true }),
  metricsPort: integerOption({
    doc: 'TCP port for metrics; 0 takes any free one, -1 the second after the port for HTTP.',
    default: -1,
    min: -1,
    max: 65_535,
  }),
  studioFolder: textOption({
    doc: 'Folder of the built studio, served under /studio/; empty serves none.',
    default: '',
  }),
  maxBodyBytes: integerOption({
    doc: 'Largest request body, after inflation.',
    unit: 'bytes',
    default: 64 * 1024 * 1024,
    min: 1024,
    max: 2 ** 31,
  }),
  allowClientShm: flagOption({
    doc: "Clients on this machine may hand over tensors in shared memory; they then read and write this machine's /dev/shm through the server.",
    default: false,
  }),
  maxQueue: integerOption({
    doc: 'Requests that may wait for one model before 503.',
    default: 256,
    min: 0,
    max: 1_000_000,
  }),
  maxConcurrency: integerOption({
    doc: 'Requests that may be in the server at once; who comes beyond waits his turn, unread.',
    default: 256,
    min: 1,
    max: 1_000_000,
  }),
  adaptiveConcurrency: flagOption({
    doc: 'Learn from latency how many requests may be in the server at once, up to maxConcurrency.',
    default: false,
  }),
  maxInFlightBytes: integerOption({
    doc: 'Bytes of requests that may be in the server at once; one request is always let in.',
    unit: 'bytes',
    default: 2 ** 30,
    min: 1024,
    max: 2 ** 40,
  }),
  maxWaiting: integerOption({
    doc: 'Requests that may wait to be let in before 429.',
    default: 256,
    min: 0,
    max: 1_000_000,
  }),
  maxWaitMs: numberOption({ doc: 'Longest wait to be let in before 429.', unit: 'ms', default: 1000, min: 1 }),
  rateLimitResources: textOption({
    doc: "How much there is of the resources that rate_limiter names, as 'R1=4,R2=2'; of others as much as one instance needs.",
    default: '',
  }),
  breakerFailures: integerOption({
    doc: 'Deaths or hangs of instances in a row after which a model version rests; 0: never.',
    default: 5,
    min: 0,
    max: 1_000_000,
  }),
  breakerRestMs: numberOption({
    doc: 'How long it rests at first; twice as long each time, up to 32 times.',
    unit: 'ms',
    default: 1000,
    min: 1,
  }),
  maxQueueBytes: integerOption({
    doc: 'Bytes of inputs that may wait for one model before 503.',
    unit: 'bytes',
    default: 2 ** 29,
    min: 1024,
    max: 2 ** 40,
  }),
  traceFile: textOption({
    doc: 'File that traces are appended to, once clients switch them on; empty: traces go to listeners only.',
    default: '',
  }),
  ...cacheOptions,
  requestTimeoutMs: numberOption({
    doc: 'Time a client has to send its whole request.',
    unit: 'ms',
    default: 30_000,
    min: 10,
  }),
  inferenceTimeoutMs: numberOption({
    doc: 'Longest wait in the queue, and again longest computation; an instance that overruns it is replaced.',
    unit: 'ms',
    default: 60_000,
    min: 1,
  }),
  drainTimeoutMs: numberOption({
    doc: 'Time that requests in flight get to finish when the server stops.',
    unit: 'ms',
    default: 10_000,
    min: 0,
  }),
  extensionTimeoutMs: numberOption({
    doc: 'Time that extensions, such as the desk of releases, get to close after the last request; then the server stops without them.',
    unit: 'ms',
    default: 10_000,
    min: 0,
  }),
  ...browserOptions,
  ...webSocketOptions,
});

/** The same, complete and checked. */
export type ServeConfig = Readonly<z.infer<typeof serveOptions>>;
export type ServeOptions = z.input<typeof serveOptions>;
