// One inference over HTTP, from the body's bytes to the response's, whatever server received them.
import { type Clock, GalerkinError } from '../../base/index.js';
import type { Engine, RunningModel } from '../engine/engine.js';
import type { ProtocolState } from '../protocol/state.js';
import { RequestTrace } from '../protocol/trace-events.js';
import type { InferCall } from './v2-call.js';
import { headerLength, readInferRequest } from './v2-request.js';
import { type WireResponse, writeInferResponse } from './v2-response.js';

export const headerLengthName = 'inference-header-content-length';

export interface V2Options {
  readonly engine: Engine;
  readonly maxBodyBytes: number;
  /** Of the server, for its metadata. */
  readonly name: string;
  readonly version: string;
  readonly protocol: ProtocolState;
  readonly clock: Clock;
}

/** True for models that answer one request several times, or never. */
export const isDecoupled = ({ package: { config } }: RunningModel): boolean =>
  config.model_transaction_policy?.decoupled === true;

/** A header that may come several times, as one text. */
export const oneHeader = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'object' ? value.join() : value;

export interface InferBody {
  /** Inflated. */
  readonly body: Uint8Array;
  /** The header Inference-Header-Content-Length, if there was one. */
  readonly stated: string | undefined;
}

/**
 * Answers one request to a model.
 * @throws what reading, the engine and writing throw; `call` then holds the id, and holds on to nothing any more
 */
export async function answerInference(
  { engine, protocol, clock }: Pick<V2Options, 'engine' | 'protocol' | 'clock'>,
  model: RunningModel,
  { body, stated, call }: InferBody & { readonly call: InferCall },
): Promise<WireResponse> {
  if (isDecoupled(model)) {
    const what = "HTTP end point doesn't support models with decoupled transaction policy";
    throw new GalerkinError('FEATURE_UNSUPPORTED', {
      what,
      instead: 'Use generate_stream, or ModelStreamInfer over gRPC.',
    });
  }
  const { name } = model.served;
  let { version } = model.served;
  const trace = protocol.trace.sample(name) ? new RequestTrace(clock.monotonic) : undefined;
  trace?.stamp('REQUEST_START');
  try {
    const jsonLength = headerLength(stated, body.length);
    const {
      asked,
      answered,
      model: home,
    } = await engine.ask(model, ({ served }) => readInferRequest(served, body, jsonLength, call));
    version = home.served.version;
    trace?.stamp('INFER_RESPONSE_COMPLETE');
    return writeInferResponse(home.served, asked, answered, call);
  } finally {
    call.release();
    trace?.stamp('REQUEST_END');
    trace?.publish(name, version, call.id);
  }
}
