// Triton's generate extension: flat JSON in; flat JSON out, once or as a stream of server-sent events.
import type { CallOptions } from './calls.js';
import { GalerkinClientError } from './errors.js';
import { eventData } from './events.js';
import type { Scalar } from './infer-request.js';
import { isRecord, type JsonRecord, parseJson, record } from './json.js';
import type { Call, Transport } from './transport.js';

/** Inputs by name: a value, or a list of values; the server gives them the model's datatypes and shapes. */
export interface GenerateCall {
  readonly inputs: Readonly<Record<string, Scalar | readonly Scalar[]>>;
  readonly id?: string;
  readonly parameters?: Readonly<Record<string, Scalar>>;
}

type Generating = CallOptions & { readonly call: GenerateCall };

const decoder = new TextDecoder();

function callOf(path: string, { call, signal, deadlineMs }: Generating): Call {
  const { inputs, id, parameters } = call;
  const body = { ...inputs, ...(id === undefined ? {} : { id }), ...(parameters === undefined ? {} : { parameters }) };
  const headers = { 'content-type': 'application/json' };
  // What a model that answers many times does is not known to be harmless twice.
  return { method: 'POST', path, body: JSON.stringify(body), headers, isIdempotent: false, signal, deadlineMs };
}

/** One answer. */
export async function generate(transport: Transport, path: string, generating: Generating): Promise<JsonRecord> {
  const { bytes } = await transport.send(callOf(path, generating));
  return record(parseJson(decoder.decode(bytes), 'the body'), 'the body');
}

/** Every answer; one that says `error` ends the stream and is thrown (SERVER). Leaving the loop early cancels the request. */
export async function* generateStream(
  transport: Transport,
  path: string,
  generating: Generating,
): AsyncGenerator<JsonRecord> {
  const { deadlineMs = Number.POSITIVE_INFINITY } = generating;
  const { response, limit } = await transport.open(callOf(path, { ...generating, deadlineMs }));
  try {
    for await (const data of eventData(response.body)) {
      const answer = record(parseJson(data, 'an event'), 'an event');
      if (typeof answer.error === 'string') throw new GalerkinClientError('SERVER', answer.error, factsOf(answer));
      yield answer;
    }
  } catch (cause) {
    if (limit.reason !== undefined) throw limit.reason;
    if (cause instanceof GalerkinClientError) throw cause;
    throw new GalerkinClientError('CONNECTION', 'The stream of answers broke off.', { cause });
  } finally {
    limit.release();
  }
}

function factsOf({ error: _error, ...facts }: JsonRecord) {
  return { facts: isRecord(facts) ? facts : {} };
}
