// The verb of this room: an address becomes a client, whose every call is typed, bounded in time and safe to repeat or not repeated.
import { type CallOptions, createCalls } from './calls.js';
import { GalerkinClientError } from './errors.js';
import { type GenerateCall, generate, generateStream } from './generate.js';
import type { InferInput, InferTerms } from './infer-request.js';
import type { InferAnswer } from './infer-response.js';
import type { ServerMetadata } from './metadata.js';
import { type IndexEntry, type ModelMetadata, readIndex, readModelMetadata, readServerMetadata } from './metadata.js';
import { type Prediction, type PredictQuestion, readPrediction } from './predict.js';
import { defaultRetries, type RetryPolicy } from './retry.js';
import { openSession, type Session } from './session.js';
import { type ClientTimers, systemTimers } from './timers.js';
import { createTransport, type Fetch } from './transport.js';
import { type OpenWebSocket, openOwnWebSocket } from './web-socket.js';

export interface ClientOptions {
  /** Sent with every request, such as `authorization` or `x-tenant`; a function is asked each time, so that tokens may change. */
  readonly headers?:
    | Readonly<Record<string, string>>
    | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);
  /** Longest time for a whole call with its retries; default 60 000 ms, Infinity for none. */
  readonly deadlineMs?: number;
  /** Parts of the policy to change; `{ retries: 0 }` turns retries off. */
  readonly retry?: Partial<RetryPolicy>;
  /** Default: the runtime's own. */
  readonly fetch?: Fetch;
  /** For `session()`; default: the runtime's own WebSocket, which Node has from 22 on. */
  readonly webSocket?: OpenWebSocket;
  /** For the waits between tries, in [0, 1). */
  readonly random?: () => number;
  readonly timers?: ClientTimers;
}

export interface ModelOptions extends CallOptions {
  readonly version?: string;
}

export interface InferOptions extends InferTerms, ModelOptions {}

export interface Client {
  readonly url: string;
  readonly health: {
    /** False also where nobody answers. */
    live(options?: CallOptions): Promise<boolean>;
    ready(options?: CallOptions): Promise<boolean>;
    modelReady(model: string, options?: ModelOptions): Promise<boolean>;
  };
  serverMetadata(options?: CallOptions): Promise<ServerMetadata>;
  modelMetadata(model: string, options?: ModelOptions): Promise<ModelMetadata>;
  /** The configuration as Triton writes it in JSON. */
  modelConfig(model: string, options?: ModelOptions): Promise<Readonly<Record<string, unknown>>>;
  /** Of one model, or of all without a name. */
  statistics(model?: string, options?: ModelOptions): Promise<Readonly<Record<string, unknown>>>;
  readonly repository: {
    index(options?: CallOptions & { readonly readyOnly?: boolean }): Promise<IndexEntry[]>;
    load(model: string, options?: LoadOptions): Promise<void>;
    unload(model: string, options?: CallOptions & { readonly dependents?: boolean }): Promise<void>;
  };
  /** Tensors in, tensors out, as bytes. Tried again unless it belongs to a sequence. */
  infer(model: string, inputs: Readonly<Record<string, InferInput>>, options?: InferOptions): Promise<InferAnswer>;
  /** Nested lists in and out: one item without a batch axis, or a batch with it. */
  predict(model: string, question: PredictQuestion, options?: CallOptions): Promise<Prediction>;
  /** One answer of Triton's generate extension: flat JSON in and out. */
  generate(model: string, call: GenerateCall, options?: ModelOptions): Promise<Readonly<Record<string, unknown>>>;
  /** The answers of a model one after another, as they are computed (server-sent events). No deadline unless given. */
  generateStream(
    model: string,
    call: GenerateCall,
    options?: ModelOptions,
  ): AsyncGenerator<Readonly<Record<string, unknown>>>;
  /** A WebSocket for many requests at once, streams of tensors, and events. It is not opened again when it is lost. */
  session(): Promise<Session>;
}

export interface LoadOptions extends CallOptions {
  /** Replaces the model's config.pbtxt. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Replaces its files: `1/model.onnx` to bytes; needs `config`. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

function checkedUrl(url: string): string {
  if (!/^https?:\/\/[^\s/]+/.test(url) || /[?#]/.test(url)) {
    throw new GalerkinClientError('ARGUMENT', `connect wants an address such as http://127.0.0.1:8000, got '${url}'.`);
  }
  return url.replace(/\/+$/, '');
}

/** A number that is missing or breaks the rule would otherwise show as a call that never ends. */
function checkNumbers(numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (value >= 0) continue;
    throw new GalerkinClientError('ARGUMENT', `${name} wants a number, 0 or more; got ${value}.`);
  }
}

/**
 * A client of the server at `url` (http or https, with or without a path before /v2). Nothing is sent yet.
 * @throws ARGUMENT; its calls throw GalerkinClientError with the other codes too.
 */
export function connect(url: string, options: ClientOptions = {}): Client {
  const { deadlineMs = 60_000, random = Math.random, timers = systemTimers, headers = {} } = options;
  const retry = { ...defaultRetries, ...options.retry };
  checkNumbers({ deadlineMs, ...retry });
  const transport = createTransport({
    url: checkedUrl(url),
    // Looked up at each call and called as a plain function: browsers refuse fetch with another `this`.
    fetch: options.fetch ?? ((path, init) => globalThis.fetch(path, init)),
    headers: typeof headers === 'function' ? headers : () => headers,
    deadlineMs,
    retry,
    random,
    timers,
  });
  const calls = createCalls(transport);
  return {
    url: checkedUrl(url),
    health: {
      live: call => calls.isOk('/v2/health/live', call),
      ready: call => calls.isOk('/v2/health/ready', call),
      modelReady: (model, call) => calls.isOk(`${modelPath(model, call)}/ready`, call),
    },
    serverMetadata: async call => readServerMetadata(await calls.get('/v2', call)),
    modelMetadata: async (model, call) => readModelMetadata(await calls.get(modelPath(model, call), call)),
    modelConfig: (model, call) => calls.getRecord(`${modelPath(model, call)}/config`, call),
    statistics: (model, call) =>
      calls.getRecord(model === undefined ? '/v2/models/stats' : `${modelPath(model, call)}/stats`, call),
    repository: {
      index: async call =>
        readIndex(
          await calls.post(
            '/v2/repository/index',
            { ready: call?.readyOnly ?? false },
            { ...call, isIdempotent: true },
          ),
        ),
      load: (model, call) => calls.load(model, call),
      unload: (model, call) => calls.unload(model, call),
    },
    infer: (model, inputs, call = {}) => calls.infer(modelPath(model, call), inputs, call),
    predict: async (model, question, call) =>
      readPrediction(await calls.post('/predict', { model, ...question }, { ...call, isIdempotent: true })),
    generate: (model, call, more) => generate(transport, `${modelPath(model, more)}/generate`, { ...more, call }),
    generateStream: (model, call, more) =>
      generateStream(transport, `${modelPath(model, more)}/generate_stream`, { ...more, call }),
    session: () =>
      openSession({ url: checkedUrl(url), open: options.webSocket ?? openOwnWebSocket, timers, deadlineMs }),
  };
}

function modelPath(model: string, { version }: ModelOptions = {}): string {
  const path = `/v2/models/${encodeURIComponent(model)}`;
  return version === undefined ? path : `${path}/versions/${encodeURIComponent(version)}`;
}
