// An answer becomes a v2 response: JSON alone, or a JSON header and the tensors' bytes after it.
import type { Tensor } from '../../base/index.js';
import type { TimedAnswer } from '../engine/engine.js';
import type { ServedModel } from '../engine/served-model.js';
import { bytesOf } from '../tensors/bytes.js';
import { jsonLeaves } from '../tensors/json-write.js';
import { guardParameters, type Parameters } from './v2-guard.js';
import type { InferRequest } from './v2-request.js';

export interface WireResponse {
  readonly body: Buffer | string;
  /** Bytes of the JSON part; undefined when the body is all JSON. */
  readonly jsonLength: number | undefined;
}

/** The guard's figures and who answered, in snake_case. */
function responseParameters({ guard, answeredBy, latencyMs }: TimedAnswer, outOfRange: readonly string[]): Parameters {
  return {
    ...(guard && guardParameters(guard)),
    answered_by: answeredBy,
    latency_ms: Math.round(latencyMs * 1000) / 1000,
    ...(outOfRange.length > 0 ? { inputs_out_of_range: outOfRange.join(',') } : {}),
  };
}

/** JSON cannot carry 16-bit floats; they go as bytes whatever was asked. */
const mustBeBinary = ({ dtype }: Tensor): boolean => dtype === 'FP16' || dtype === 'BF16';

/** Writes the response of `answered` to `request`. */
export function writeInferResponse(model: ServedModel, request: InferRequest, answered: TimedAnswer): WireResponse {
  const maps = Object.keys(answered.maps).map(name => ({ name, binary: request.outputs.some(({ binary }) => binary) }));
  const all = { ...answered.outputs, ...answered.maps };
  const tail: Uint8Array[] = [];
  const outputs: object[] = [];
  for (const { name, binary } of [...request.outputs, ...maps]) {
    const tensor = all[name];
    if (tensor === undefined) continue;
    const { dtype: datatype, shape } = tensor;
    if (binary || mustBeBinary(tensor)) {
      const bytes = bytesOf(tensor);
      tail.push(bytes);
      outputs.push({ name, datatype, shape, parameters: { binary_data_size: bytes.length } });
    } else outputs.push({ name, datatype, shape, data: jsonLeaves(tensor) });
  }
  const text = JSON.stringify({
    ...(request.id === undefined ? {} : { id: request.id }),
    model_name: model.name,
    model_version: model.version,
    parameters: responseParameters(answered, request.outOfRange),
    outputs,
  });
  if (tail.length === 0) return { body: text, jsonLength: undefined };
  const header = Buffer.from(text);
  return { body: Buffer.concat([header, ...tail]), jsonLength: header.length };
}
