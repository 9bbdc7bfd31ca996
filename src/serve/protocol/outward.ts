// Which failures of the server clients may read the words of; all others could name files and stay inside.
import { type ErrorCode, type GalerkinError, isGalerkinError } from '../../base/index.js';

const outward: ReadonlySet<string> = new Set([
  'QUEUE_FULL',
  'QUEUE_TIMEOUT',
  'OVERLOADED',
  'CIRCUIT_OPEN',
  'MODEL_NOT_READY',
  'MODEL_STOPPING',
  'CONTROL_REFUSED',
  'INFERENCE_TIMEOUT',
  'INSTANCE_DIED',
  'INFERENCE_FAILED',
  'FALLBACK_FAILED',
  'ENCODING_UNSUPPORTED',
  'SETTING_REFUSED',
  // Whoever may ask about releases may move traffic, and must learn why it does not move.
  'DATABASE_IN_USE',
  'DATABASE_UNREACHABLE',
  'REPLICA_UNREACHABLE',
] satisfies ErrorCode[]);

/** The error, if it is ours and its words are meant for clients. */
export function outwardError(error: unknown): GalerkinError | undefined {
  if (!isGalerkinError(error)) return undefined;
  return error.http < 500 || error.http === 501 || outward.has(error.code) ? error : undefined;
}
