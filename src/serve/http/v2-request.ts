// A v2 inference request becomes a checked question: JSON or binary tensors, in the order of Triton's checks.
import { elementCount, GalerkinError, type Tensor } from '../../base/index.js';
import type { Question } from '../engine/question.js';
import type { ServedModel } from '../engine/served-model.js';
import { type CheckedInput, checkValues } from '../engine/signature.js';
import { decodeBytesElements, isFixed, ownBuffer, tensorOver, wantedBytes } from '../tensors/bytes.js';
import { readJsonTensor } from '../tensors/json-read.js';
import { readHeader, type WantedOutput } from './v2-checked-header.js';
import { type HeaderInput, malformed } from './v2-header.js';

export interface InferRequest {
  readonly id: string | undefined;
  readonly outputs: readonly WantedOutput[];
  readonly question: Question;
  /** Inputs with values outside the range that the manifest states. */
  readonly outOfRange: readonly string[];
}

/** Bytes of JSON at the start of the body; all of it unless the header says otherwise. */
export function headerLength(text: string | undefined, bodyLength: number): number {
  if (text === undefined) return bodyLength;
  const length = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (length <= bodyLength) return length;
  throw malformed(
    'Inference-Header-Content-Length',
    `a whole number from 0 to ${bodyLength}, the bytes of the body`,
    `'${text.slice(0, 40)}'`,
  );
}

/** Cuts the binary tensors off the body's tail, in the order of the inputs. */
class Tail {
  private at = 0;
  constructor(
    private readonly model: ServedModel,
    private readonly bytes: Uint8Array,
  ) {}

  take(input: string, count: number): Uint8Array {
    const left = this.bytes.length - this.at;
    if (count > left) {
      throw malformed(
        `unexpected size for input '${input}', expecting ${count - left} additional bytes for model '${this.model.name}'`,
        `${count} bytes`,
        `${left}`,
      );
    }
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  end(): void {
    const left = this.bytes.length - this.at;
    if (left > 0)
      throw malformed(
        `unexpected additional input data for model '${this.model.name}'`,
        'no bytes after the last input',
        `${left}`,
      );
  }
}

function fromBytes(model: ServedModel, { spec, shape }: CheckedInput, bytes: Uint8Array): Tensor {
  const sizeError = (unit: string, expected: number, got: number) =>
    new GalerkinError('INPUT_SIZE', { model: model.name, input: spec.name, unit, expected, got });
  if (isFixed(spec.dtype)) {
    const expected = wantedBytes(spec.dtype, shape);
    if (bytes.length !== expected) throw sizeError('byte', expected, bytes.length);
    return tensorOver(spec.dtype, shape, ownBuffer(bytes));
  }
  const elements = decodeBytesElements(bytes);
  const expected = elementCount(shape);
  if (elements === undefined)
    throw malformed(`input '${spec.name}'`, 'elements of 32-bit length and bytes', 'a cut element');
  if (elements.length !== expected) throw sizeError('element count', expected, elements.length);
  return { dtype: 'BYTES', shape, data: elements };
}

function fromJson(model: ServedModel, { spec, shape }: CheckedInput, data: unknown, bodyLength: number): Tensor {
  const { dtype, name } = spec;
  if (dtype === 'FP16' || dtype === 'BF16') {
    const what = `receiving ${dtype} data via JSON is not supported. Please use the binary data format for input '${name}'`;
    throw malformed(what, 'binary data', 'JSON');
  }
  const expected = elementCount(shape);
  const sizeError = (got: number) =>
    new GalerkinError('INPUT_SIZE', { model: model.name, input: name, unit: 'element count', expected, got });
  if (expected > bodyLength) throw sizeError(Array.isArray(data) ? data.length : 1);
  const read = readJsonTensor(dtype, shape, data);
  if ('dtype' in read) return read;
  if (read.kind === 'count') throw sizeError(read.got);
  throw malformed(`input '${name}' at index ${read.index}`, `${read.wanted} for ${dtype}`, read.got);
}

function readTensors(
  model: ServedModel,
  inputs: readonly CheckedInput[],
  given: readonly HeaderInput[],
  body: { tail: Tail; length: number },
) {
  const outOfRange: string[] = [];
  const tensors = inputs.map((input, place): [string, Tensor] => {
    const { spec } = input;
    const claim = given[place];
    const binarySize = claim?.parameters?.binary_data_size;
    const tensor =
      binarySize === undefined
        ? fromJson(model, input, claim?.data, body.length)
        : fromBytes(model, input, body.tail.take(spec.name, binarySize));
    if (!checkValues(model, spec, tensor)) outOfRange.push(spec.name);
    return [spec.name, tensor];
  });
  body.tail.end();
  return { tensors: Object.fromEntries(tensors), outOfRange };
}

/**
 * Reads a request with a JSON header of `jsonLength` bytes and binary tensors after it; 0 means one raw tensor only.
 * @throws REQUEST_MALFORMED and the errors of ../engine/signature.ts
 */
export function readInferRequest(model: ServedModel, body: Uint8Array, jsonLength: number): InferRequest {
  if (jsonLength === 0 && body.length > 0) return readRawRequest(model, body);
  const { header, items, inputs, outputs } = readHeader(model, body.subarray(0, jsonLength));
  const tail = new Tail(model, body.subarray(jsonLength));
  const { tensors, outOfRange } = readTensors(model, inputs, header.inputs, { tail, length: body.length });
  const { guard, guard_outputs: maps = false } = header.parameters;
  return { id: header.id, outputs, outOfRange, question: { inputs: tensors, items, guard, maps } };
}

/** A body that is one item of one tensor and nothing else; its one free axis, if any, follows from the byte count. */
function readRawRequest(model: ServedModel, body: Uint8Array): InferRequest {
  const [spec, second] = model.inputs;
  if (spec === undefined || second !== undefined || spec.dtype === 'BYTES') {
    throw malformed(
      'raw binary request',
      'a model with one input of fixed-size elements',
      `${model.inputs.length} inputs of '${model.name}'`,
    );
  }
  const free = spec.dims.filter(size => size === -1).length;
  if (free > 1)
    throw malformed('raw binary request', 'at most one axis of any size', `${free} of input '${spec.name}'`);
  const known = wantedBytes(spec.dtype, spec.dims.map(Math.abs));
  const size = Math.floor(body.length / Math.max(1, known));
  const dims = spec.dims.map(each => (each === -1 ? size : each));
  const input: CheckedInput = { spec, shape: model.maxBatchSize > 0 ? [1, ...dims] : dims };
  const tensor = fromBytes(model, input, body);
  const outOfRange = checkValues(model, spec, tensor) ? [] : [spec.name];
  const outputs = model.outputs.map(({ name }) => ({ name, binary: true }));
  const question = { inputs: { [spec.name]: tensor }, items: 1, guard: undefined, maps: false };
  return { id: undefined, outputs, outOfRange, question };
}
