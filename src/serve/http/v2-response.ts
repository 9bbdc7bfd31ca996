// An answer becomes a v2 response: JSON alone, or a JSON header and the tensors' bytes after it.
import type { TimedAnswer } from '../engine/engine.js';
import type { ServedModel } from '../engine/served-model.js';
import type { InferCall } from './v2-call.js';
import { guardParameters } from './v2-guard.js';
import { openOutputs } from './v2-outputs.js';
import type { InferRequest } from './v2-request.js';

export interface WireResponse {
  readonly body: Buffer;
  /** Bytes of the JSON part; undefined when the body is all JSON. */
  readonly jsonLength: number | undefined;
  /** Of the engine. */
  readonly latencyMs: number;
}

const prefixes = new WeakMap<ServedModel, string>();

/** What every response of a model says of it. */
function prefixOf(model: ServedModel): string {
  let prefix = prefixes.get(model);
  if (prefix === undefined) {
    prefix = `"model_name":${JSON.stringify(model.name)},"model_version":${JSON.stringify(model.version)}`;
    prefixes.set(model, prefix);
  }
  return prefix;
}

/** The guard's figures and who answered, in snake_case, as JSON. */
function parametersText(
  { guard, answeredBy, latencyMs, parameters }: TimedAnswer,
  outOfRange: readonly string[],
): string {
  const latency = Math.round(latencyMs * 1000) / 1000;
  if (guard === undefined && parameters === undefined && outOfRange.length === 0) {
    return `{"answered_by":"${answeredBy}","latency_ms":${latency}}`;
  }
  return JSON.stringify({
    ...parameters,
    ...(guard && guardParameters(guard)),
    answered_by: answeredBy,
    latency_ms: latency,
    ...(outOfRange.length > 0 ? { inputs_out_of_range: outOfRange.join(',') } : {}),
  });
}

/** The JSON before the outputs; it ends where their list begins. */
export function headText(
  model: ServedModel,
  request: Pick<InferRequest, 'id' | 'outOfRange'>,
  answered: TimedAnswer,
): string {
  const id = request.id === '' ? '' : `"id":${JSON.stringify(request.id)},`;
  return `{${id}${prefixOf(model)},"parameters":${parametersText(answered, request.outOfRange)},"outputs":[`;
}

/**
 * Writes the response of `answered` to `request`; outputs that go to shared memory are written there.
 * @throws SHARED_MEMORY_TOO_SMALL, SHARED_MEMORY_RANGE; REQUEST_MALFORMED for classes of a tensor that has none
 */
export function writeInferResponse(
  model: ServedModel,
  request: InferRequest,
  answered: TimedAnswer,
  call: InferCall,
): WireResponse {
  const outputs = openOutputs(model, request, { answered, call });
  const head = headText(model, request, answered);
  const headBytes = Buffer.byteLength(head);
  const jsonLength = headBytes + outputs.jsonBytes + 2;
  const body = Buffer.allocUnsafe(jsonLength + outputs.tailBytes);
  body.write(head, 0, 'utf8');
  let at = outputs.writeJson(body, headBytes);
  body[at++] = 0x5d;
  body[at++] = 0x7d;
  outputs.writeTail(body, at);
  return { body, jsonLength: outputs.hasTail ? jsonLength : undefined, latencyMs: answered.latencyMs };
}
