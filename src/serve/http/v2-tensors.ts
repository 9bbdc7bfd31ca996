// The values of one input: from the body's tail, from shared memory, from a JSON list or a JSON value.
import { elementCount, GalerkinError, type Tensor } from '../../base/index.js';
import type { ServedModel } from '../engine/served-model.js';
import type { CheckedInput } from '../engine/signature.js';
import type { SharedMemory } from '../protocol/shared-memory.js';
import { decodeBytesElements, isFixed, ownBuffer, tensorOver, wantedBytes } from '../tensors/bytes.js';
import { readJsonList } from '../tensors/json-list.js';
import { describeJson, type JsonFault, readJsonTensor } from '../tensors/json-read.js';
import { scanNumbers } from '../tensors/number-scan.js';
import { structureFault, tooMany } from './json-body.js';
import type { ShmPlace } from './v2-checked-header.js';
import { malformed } from './v2-header.js';

const sizeError = (model: ServedModel, input: string, facts: { unit: string; expected: number; got: number }) =>
  new GalerkinError('INPUT_SIZE', { model: model.name, input, ...facts });

function overBuffer(model: ServedModel, { spec, shape }: CheckedInput, buffer: ArrayBuffer): Tensor {
  if (isFixed(spec.dtype)) {
    const expected = wantedBytes(spec.dtype, shape);
    if (buffer.byteLength === expected) return tensorOver(spec.dtype, shape, buffer);
    throw sizeError(model, spec.name, { unit: 'byte', expected, got: buffer.byteLength });
  }
  const elements = decodeBytesElements(new Uint8Array(buffer));
  const expected = elementCount(shape);
  if (elements === undefined)
    throw malformed(`input '${spec.name}'`, 'elements of 32-bit length and bytes', 'a cut element');
  if (elements.length !== expected)
    throw sizeError(model, spec.name, { unit: 'element count', expected, got: elements.length });
  return { dtype: 'BYTES', shape, data: elements };
}

/** A tensor of a copy of `bytes`. @throws INPUT_SIZE, REQUEST_MALFORMED */
export function fromBytes(model: ServedModel, input: CheckedInput, bytes: Uint8Array): Tensor {
  const { dtype } = input.spec;
  // Sizes are compared before anything is copied.
  if (isFixed(dtype) && bytes.length !== wantedBytes(dtype, input.shape)) {
    throw sizeError(model, input.spec.name, {
      unit: 'byte',
      expected: wantedBytes(dtype, input.shape),
      got: bytes.length,
    });
  }
  return overBuffer(model, input, ownBuffer(bytes));
}

/** A tensor of a copy of a piece of shared memory. @throws INPUT_SIZE, REQUEST_MALFORMED, and what SharedMemory.take throws */
export function fromMemory(
  model: ServedModel,
  input: CheckedInput,
  { memory, place }: { memory: SharedMemory; place: ShmPlace },
): Tensor {
  const { dtype, name } = input.spec;
  const piece = memory.take(place.region, place.offset, place.byteSize);
  try {
    if (isFixed(dtype) && place.byteSize !== wantedBytes(dtype, input.shape)) {
      throw sizeError(model, name, { unit: 'byte', expected: wantedBytes(dtype, input.shape), got: place.byteSize });
    }
    return overBuffer(model, input, piece.read());
  } finally {
    piece.release();
  }
}

function tensorOr(model: ServedModel, { spec }: CheckedInput, read: Tensor | JsonFault | undefined): Tensor {
  const { dtype, name } = spec;
  if (read === undefined)
    throw malformed(`Unable to parse 'data' of input '${name}'`, 'a JSON list', 'something that is not JSON');
  if ('dtype' in read) return read;
  if (read.kind === 'count')
    throw sizeError(model, name, { unit: 'element count', expected: read.expected, got: read.got });
  throw malformed(`input '${name}' at index ${read.index}`, `${read.wanted} for ${dtype}`, read.got);
}

/** A tensor out of the bytes of a JSON list. @throws INPUT_SIZE, REQUEST_MALFORMED */
export function fromJsonList(model: ServedModel, input: CheckedInput, bytes: Uint8Array): Tensor {
  const { dtype } = input.spec;
  const expected = elementCount(input.shape);
  // A value takes a byte at least: no tensor is made for values that cannot be there.
  if (expected > bytes.length) {
    const got = Math.max(0, scanNumbers(bytes, new Float64Array(0)));
    throw sizeError(model, input.spec.name, { unit: 'element count', expected, got });
  }
  // Numbers are read where they stand; text becomes objects, of which there may not be too many.
  if ((dtype === 'BYTES' || dtype === 'BOOL') && structureFault(bytes) === 'many') throw tooMany();
  return tensorOr(model, input, readJsonList(dtype, input.shape, bytes));
}

/** A tensor out of a JSON value that was parsed with its header. @throws INPUT_SIZE, REQUEST_MALFORMED */
export function fromJsonValue(model: ServedModel, input: CheckedInput, data: unknown): Tensor {
  const expected = elementCount(input.shape);
  const isList = Array.isArray(data);
  if (!isList && typeof data === 'object') {
    throw malformed(`input '${input.spec.name}' at index 0`, `values for ${input.spec.dtype}`, describeJson(data));
  }
  if (!isList && expected !== 1) {
    throw sizeError(model, input.spec.name, { unit: 'element count', expected, got: 1 });
  }
  if (isList && expected > 1_000_000)
    throw sizeError(model, input.spec.name, { unit: 'element count', expected, got: data.length });
  return tensorOr(model, input, readJsonTensor(input.spec.dtype, input.shape, data));
}
