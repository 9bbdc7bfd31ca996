// A ModelInferRequest becomes a checked question: raw or typed tensors, in the order of Triton's checks.
import { dtypeBytes, elementCount, GalerkinError, type Tensor } from '../../base/index.js';
import type { Question } from '../engine/question.js';
import type { ServedModel } from '../engine/served-model.js';
import { type CheckedInput, checkSignature, checkValues } from '../engine/signature.js';
import type { SharedMemory } from '../protocol/shared-memory.js';
import { decodeBytesElements, type FixedDType, isFixed, ownBuffer, tensorOver, wantedBytes } from '../tensors/bytes.js';
import { readContents } from './infer-contents.js';
import type { InferMessage, WireInput } from './infer-message.js';
import { type WantedOutput, wantedOutputs } from './infer-outputs.js';
import { type Asked, type Caller, readAsked, termsOf } from './infer-terms.js';
import { malformed } from './malformed.js';
import { isShared, placeOf, readPlace } from './shared-tensors.js';

export interface InferQuestion {
  readonly question: Question;
  readonly asked: Asked;
  readonly outputs: readonly WantedOutput[];
  /** Inputs with values outside the range that the manifest states. */
  readonly outOfRange: readonly string[];
}

/** A view of the message where it is aligned for the datatype, else a copy; nobody writes to a message. */
function tensorAt(dtype: FixedDType, shape: readonly number[], bytes: Buffer): Tensor {
  const { buffer, byteOffset, byteLength } = bytes;
  const size = dtypeBytes[dtype];
  if (byteOffset % size !== 0 || !(buffer instanceof ArrayBuffer)) return tensorOver(dtype, shape, ownBuffer(bytes));
  return tensorOver(dtype, shape, buffer, byteOffset, byteLength / size);
}

function fromRaw(model: ServedModel, { spec, shape }: CheckedInput, bytes: Buffer): Tensor {
  const sizeError = (unit: string, expected: number, got: number) =>
    new GalerkinError('INPUT_SIZE', { model: model.name, input: spec.name, unit, expected, got });
  if (isFixed(spec.dtype)) {
    const expected = wantedBytes(spec.dtype, shape);
    if (bytes.length !== expected) throw sizeError('byte', expected, bytes.length);
    return tensorAt(spec.dtype, shape, bytes);
  }
  const expected = elementCount(shape);
  const elements = decodeBytesElements(bytes);
  if (elements === undefined)
    throw malformed(`input '${spec.name}'`, 'elements of 32-bit length and bytes', 'a cut element');
  if (elements.length !== expected) throw sizeError('element count', expected, elements.length);
  return { dtype: 'BYTES', shape, data: elements };
}

function checkSources(model: ServedModel, { inputs, raw }: InferMessage): void {
  let wanted = 0;
  for (const { name, contents, parameters } of inputs) {
    if (!isShared(parameters)) wanted++;
    if (contents !== undefined && (raw.length > 0 || isShared(parameters))) {
      const what = `contents field must not be specified when using raw_input_contents for '${name}' for model '${model.name}'`;
      throw malformed(what, 'one of the two', 'both');
    }
  }
  if (raw.length > 0 && raw.length !== wanted) {
    const each = `${wanted}, one for each input that is not in shared memory`;
    throw malformed(`raw_input_contents for model '${model.name}'`, each, `${raw.length}`);
  }
}

function tensorOf(model: ServedModel, input: CheckedInput, claim: WireInput, raw: Buffer | undefined): Tensor {
  if (raw !== undefined) return fromRaw(model, input, raw);
  if (claim.contents !== undefined) return readContents(model.name, input, claim.contents);
  if (elementCount(input.shape) === 0) return fromRaw(model, input, Buffer.alloc(0));
  throw malformed(
    `unable to find data for input tensor '${claim.name}' for model '${model.name}' in request`,
    'raw_input_contents or contents',
    'neither',
  );
}

/** Who asks, and where tensors lie that are not in the message. */
export interface Surroundings {
  readonly caller: Caller;
  readonly memory: SharedMemory;
}

function readTensors(model: ServedModel, message: InferMessage, inputs: readonly CheckedInput[], memory: SharedMemory) {
  const tensors: Record<string, Tensor> = {};
  const outOfRange: string[] = [];
  let raw = 0;
  for (const [place, input] of inputs.entries()) {
    const claim = message.inputs[place];
    if (claim === undefined) continue;
    const tensor = isShared(claim.parameters)
      ? fromRaw(model, input, readPlace(memory, placeOf(claim.parameters, claim.name)))
      : tensorOf(model, input, claim, message.raw[raw++]);
    if (!checkValues(model, input.spec, tensor)) outOfRange.push(input.spec.name);
    tensors[input.spec.name] = tensor;
  }
  return { tensors, outOfRange };
}

/**
 * Holds a message against its model and reads its tensors.
 * @throws REQUEST_MALFORMED, OUTPUT_UNKNOWN, the errors of ../engine/signature.ts and of shared memory
 */
export function questionOf(model: ServedModel, message: InferMessage, { caller, memory }: Surroundings): InferQuestion {
  const asked = readAsked(message);
  const { items, inputs } = checkSignature(model, message.inputs);
  checkSources(model, message);
  const outputs = wantedOutputs(model, message.outputs);
  for (const { place } of outputs) {
    if (place !== undefined) memory.take(place.region, place.offset, place.byteSize).release();
  }
  const { tensors, outOfRange } = readTensors(model, message, inputs, memory);
  const names = message.outputs.length === 0 ? undefined : outputs.map(({ name }) => name);
  const terms = termsOf(message.id, asked, names, caller);
  return {
    question: { inputs: tensors, items, guard: asked.guard, maps: asked.maps, terms },
    asked,
    outputs,
    outOfRange,
  };
}
