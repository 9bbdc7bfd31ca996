// What a response says of an answer: the outputs asked for, the guard's figures, and who answered.
import type { Tensor } from '../../base/index.js';
import type { TimedAnswer } from '../engine/engine.js';
import type { ServedModel } from '../engine/served-model.js';
import { guardParameters } from '../http/v2-guard.js';
import { classify } from '../protocol/classification.js';
import type { SharedMemory } from '../protocol/shared-memory.js';
import { bytesOf } from '../tensors/bytes.js';
import type { WantedOutput } from './infer-outputs.js';
import type { InferQuestion } from './infer-question.js';
import type { InferReply, NamedTensor, ResponseParameters } from './infer-response.js';
import { writePlace } from './shared-tensors.js';

/** The guard's figures and who answered, as over HTTP. */
function parametersOf(
  { guard, answeredBy, latencyMs }: TimedAnswer,
  outOfRange: readonly string[],
): ResponseParameters {
  const latency = Math.round(latencyMs * 1000) / 1000;
  if (guard === undefined && outOfRange.length === 0) return { answered_by: answeredBy, latency_ms: latency };
  return {
    ...(guard && guardParameters(guard)),
    answered_by: answeredBy,
    latency_ms: latency,
    ...(outOfRange.length > 0 ? { inputs_out_of_range: outOfRange.join(',') } : {}),
  };
}

/** One output as it was asked for: its best classes, or itself; in the message, or in shared memory. */
function outputOf(model: ServedModel, wanted: WantedOutput, given: Tensor, memory: SharedMemory): NamedTensor {
  const { name, classes, place } = wanted;
  const labels = classes > 0 ? (model.outputs.find(spec => spec.name === name)?.labels ?? []) : [];
  const tensor =
    classes > 0 ? classify(name, given, { count: classes, batched: model.maxBatchSize > 0, labels }) : given;
  if (place === undefined) return { name, tensor, place };
  writePlace(memory, place, name, bytesOf(tensor));
  return { name, tensor, place };
}

/**
 * The response to one question: outputs in the order asked for, then the guard's maps.
 * @throws REQUEST_MALFORMED for classes of what is no number; the errors of shared memory
 */
export function replyOf(
  model: ServedModel,
  read: InferQuestion,
  answered: TimedAnswer,
  memory: SharedMemory,
): InferReply {
  const outputs: NamedTensor[] = [];
  for (const wanted of read.outputs) {
    const tensor = answered.outputs[wanted.name];
    if (tensor !== undefined) outputs.push(outputOf(model, wanted, tensor, memory));
  }
  for (const [name, tensor] of Object.entries(answered.maps)) outputs.push({ name, tensor, place: undefined });
  return {
    model: model.name,
    version: model.version,
    id: read.question.terms.id,
    parameters: parametersOf(answered, read.outOfRange),
    counts: answered.parameters,
    outputs,
  };
}
