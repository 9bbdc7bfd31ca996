// Whose request an error is about: the prefix that Triton's core puts before its refusals of an inference.
import type { ErrorCode, GalerkinError } from '../../base/index.js';

/** What the core says of one request; what the protocols say for themselves, or of a model, has no prefix. */
const ofOneRequest: ReadonlySet<string> = new Set([
  'INPUTS_MISMATCH',
  'OUTPUT_UNKNOWN',
  'BATCH_REFUSED',
  'INPUT_DATATYPE',
  'INPUT_SHAPE',
  'INPUT_SIZE',
  'INPUT_NOT_FINITE',
  'QUEUE_FULL',
  'QUEUE_TIMEOUT',
  'INFERENCE_TIMEOUT',
] satisfies ErrorCode[]);

/** The text of an error in the answer to the inference request `id` ('' when the client gave none). */
export function withRequestId(error: GalerkinError, id: string): string {
  if (!ofOneRequest.has(error.code)) return error.message;
  return `[request id: ${id === '' ? '<id_unknown>' : id}] ${error.message}`;
}
