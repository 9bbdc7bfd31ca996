// A raw binary request: the body is one item of the model's only input, and nothing says so but the model.
import type { ServedModel } from '../engine/served-model.js';
import type { CheckedInput } from '../engine/signature.js';
import { wantedBytes } from '../tensors/bytes.js';
import { malformed } from './v2-header.js';

/**
 * The one input that such a body can be, and its shape: one free axis follows from the number of bytes.
 * @throws REQUEST_MALFORMED for models whose input cannot be told from its bytes
 */
export function rawInput(model: ServedModel, bodyBytes: number): CheckedInput {
  const [spec, second] = model.inputs;
  if (spec === undefined || second !== undefined) {
    const what = `Raw request must only have 1 input (found 1) to be deduced but got ${model.inputs.length} inputs in '${model.name}' model configuration`;
    throw malformed(what, 'a raw binary request for a model with one input', `${model.inputs.length} inputs`);
  }
  const batch = model.maxBatchSize > 0 ? [1] : [];
  if (spec.dtype === 'BYTES') {
    if (spec.dims.length === 1 && spec.dims[0] === 1) return { spec, shape: [...batch, 1] };
    const what = `For BYTE datatype raw input '${spec.name}', the model must have input shape [1]`;
    throw malformed(what, 'one element', `shape [${spec.dims}]`);
  }
  const free = spec.dims.filter(size => size === -1).length;
  if (free > 1) {
    const what = `The shape of the raw input '${spec.name}' can not be deduced because there are more than one variable-sized dimension`;
    throw malformed(what, 'at most one axis of any size', `${free}`);
  }
  const known = wantedBytes(spec.dtype, spec.dims.map(Math.abs));
  const size = Math.floor(bodyBytes / Math.max(1, known));
  return { spec, shape: [...batch, ...spec.dims.map(each => (each === -1 ? size : each))] };
}
