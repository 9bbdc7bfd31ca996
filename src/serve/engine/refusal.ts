// A version that refuses to begin a request: it rests after failures, is being stopped, or has no instance left.
import { isGalerkinError } from '../../base/index.js';
import type { ServedModel } from './served-model.js';

export type Refusal = 'CIRCUIT_OPEN' | 'MODEL_STOPPING' | 'MODEL_NOT_READY';

/** Which refusal `error` is of that very version; undefined for any other failure, also for a refusal of a model that it asks itself. */
export function refusalBy(
  { name, version }: Pick<ServedModel, 'name' | 'version'>,
  error: unknown,
): Refusal | undefined {
  if (!isGalerkinError(error)) return undefined;
  const { code, fields } = error;
  if (code !== 'CIRCUIT_OPEN' && code !== 'MODEL_STOPPING' && code !== 'MODEL_NOT_READY') return undefined;
  const isOwn = 'model' in fields && 'version' in fields && fields.model === name && fields.version === version;
  return isOwn ? code : undefined;
}
