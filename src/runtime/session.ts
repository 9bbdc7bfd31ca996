// Native sessions: ONNX bytes or a file, opened in ONNX Runtime on the CPU; base tensors in and out, without copies of ours.
import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-node';
import {
  choiceOption,
  flagOption,
  GalerkinError,
  integerOption,
  optionSchema,
  resolveOptions,
  type Tensor,
} from '../base/index.js';
import { fromNative, type NativeTensor, type Runtime, toNative } from './session-tensors.js';
import { checkFeed, type SessionValue, sessionValues } from './session-values.js';

export const sessionOptions = optionSchema({
  threads: integerOption({
    doc: 'Threads that compute one run together; 0 takes one for each core.',
    default: 0,
    min: 0,
    max: 1024,
  }),
  spin: flagOption({
    doc: 'Threads wait busily between operators: faster, but a waiting session costs a core. Turn off where sessions share cores.',
    default: true,
  }),
  prepack: flagOption({
    doc: "Weights are kept rearranged for matrix products, in memory of the session's own. Off, weights in a file are only mapped, and shared by all sessions of the machine.",
    default: true,
  }),
  graphLevel: choiceOption(['disabled', 'basic', 'extended', 'all'], {
    doc: "The runtime's own graph optimizations: 'all' with its layouts for this processor, or fewer.",
    default: 'all',
  }),
});

export interface SessionOptions {
  /** Threads that compute one run together; 0 takes one for each core. @default 0 */
  readonly threads?: number;
  /** Threads wait busily between operators. @default true */
  readonly spin?: boolean;
  /** Weights are kept rearranged, in memory of the session's own; off, external weights are mapped and shared. @default true */
  readonly prepack?: boolean;
  /** The runtime's own graph optimizations. @default 'all' */
  readonly graphLevel?: 'disabled' | 'basic' | 'extended' | 'all';
}

export interface Session {
  readonly inputs: readonly SessionValue[];
  readonly outputs: readonly SessionValue[];
  /**
   * Runs the model. The work is done inside the call, on the thread that the promise is awaited on: nothing else of
   * that thread goes on meanwhile, so servers keep sessions in worker threads. Tensors are not copied on the way in;
   * they must not be changed until the promise has settled.
   * @throws SESSION_INPUT_INVALID, SESSION_CLOSED, SESSION_RUN_FAILED.
   */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  /** Frees the native memory; closing twice is fine. */
  close(): Promise<void>;
}

/** Errors of the runtime go through our table; its own log stays quiet. */
const logErrorsOnly = 3;
const logFatalOnly = 4;

async function createSession(
  runtime: Runtime,
  model: Uint8Array | string,
  {
    profilePrefix,
    writePath,
    ...options
  }: SessionOptions & { readonly profilePrefix?: string; readonly writePath?: string },
): Promise<InferenceSession> {
  const { threads, spin, graphLevel, prepack } = resolveOptions('openSession', sessionOptions, options);
  const config: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads === 0 ? availableParallelism() : threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: graphLevel,
    logSeverityLevel: logErrorsOnly,
    ...(writePath === undefined ? {} : { optimizedModelFilePath: writePath, logSeverityLevel: logFatalOnly }),
    // A session that measures complains when it was never opened; our own error says why.
    ...(profilePrefix === undefined
      ? {}
      : { enableProfiling: true, profileFilePrefix: profilePrefix, logSeverityLevel: logFatalOnly }),
    extra: {
      session: { intra_op: { allow_spinning: spin ? '1' : '0' }, disable_prepacking: prepack ? '0' : '1' },
      // It drops products with doubles that are one in single precision, and sums with those that are zero there.
      optimization: { disable_specified_optimizers: 'NoopElimination' },
    },
  };
  try {
    return await (typeof model === 'string'
      ? runtime.InferenceSession.create(model, config)
      : runtime.InferenceSession.create(model, config));
  } catch (cause) {
    const source = typeof model === 'string' ? `'${model}'` : `${model.byteLength} bytes`;
    throw new GalerkinError('SESSION_MODEL_INVALID', { source, reason: messageOf(cause) }, { cause });
  }
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

class NativeSession implements Session {
  readonly inputs: readonly SessionValue[];
  readonly outputs: readonly SessionValue[];
  readonly #runtime: Runtime;
  #native: InferenceSession | undefined;
  /** Runs and the closing follow one another. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(runtime: Runtime, native: InferenceSession) {
    this.#runtime = runtime;
    this.#native = native;
    this.inputs = sessionValues(native.inputMetadata);
    this.outputs = sessionValues(native.outputMetadata);
  }

  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const native = this.#native;
    if (native === undefined) throw new GalerkinError('SESSION_CLOSED', { what: 'The session' });
    const running = this.#execute(native, this.#nativeFeeds(feeds));
    this.#last = running.catch(() => undefined);
    return running;
  }

  async close(): Promise<void> {
    const native = this.#native;
    this.#native = undefined;
    await this.#last;
    await native?.release();
  }

  /** Writes what was measured so far; only sessions that were opened for it measure. */
  endProfiling(): void {
    this.#native?.endProfiling();
  }

  #nativeFeeds(feeds: Readonly<Record<string, Tensor>>): Record<string, NativeTensor> {
    for (const name of Object.keys(feeds)) {
      if (this.inputs.some(input => input.name === name)) continue;
      const wanted = `one of [${this.inputs.map(input => input.name).join(', ')}]`;
      throw new GalerkinError('SESSION_INPUT_INVALID', { name, wanted, got: 'a name that the model does not have' });
    }
    const native: Record<string, NativeTensor> = {};
    const sizes = new Map<string, number>();
    for (const input of this.inputs)
      native[input.name] = toNative(this.#runtime, checkFeed(input, feeds[input.name], sizes));
    return native;
  }

  async #execute(native: InferenceSession, feeds: Record<string, NativeTensor>): Promise<Record<string, Tensor>> {
    let results: InferenceSession.ReturnType;
    try {
      results = await native.run(feeds);
    } catch (cause) {
      throw new GalerkinError('SESSION_RUN_FAILED', { reason: messageOf(cause) }, { cause });
    }
    const outputs: Record<string, Tensor> = {};
    for (const { name } of this.outputs) {
      const result = results[name];
      if (result !== undefined) outputs[name] = fromNative(name, result);
    }
    return outputs;
  }
}

/**
 * Opens a model from its bytes or from a file. Needs no tracer; loads the runtime on first use (about 25 ms).
 * @throws OPTIONS_INVALID; SESSION_MODEL_INVALID for bytes that are no model.
 */
export async function openSession(model: Uint8Array | string, options: SessionOptions = {}): Promise<Session> {
  const runtime = await import('onnxruntime-node');
  return new NativeSession(runtime, await createSession(runtime, model, options));
}

/** A session that writes the times of its operators to a file that begins with `profilePrefix`. */
export async function openProfiled(
  model: Uint8Array | string,
  options: SessionOptions & { readonly profilePrefix: string },
): Promise<NativeSession> {
  const runtime = await import('onnxruntime-node');
  return new NativeSession(runtime, await createSession(runtime, model, options));
}

/** A session that writes the graph that it executes to `writePath`. */
export async function openWritten(
  model: Uint8Array | string,
  options: SessionOptions & { readonly writePath: string },
): Promise<NativeSession> {
  const runtime = await import('onnxruntime-node');
  return new NativeSession(runtime, await createSession(runtime, model, options));
}
