// A v2 inference response becomes tensors: over the body itself where a tensor lies aligned in it, else over a copy.
import { decodeByteStrings } from './byte-strings.js';
import { GalerkinClientError } from './errors.js';
import { type GuardReport, guardOfParameters } from './guard.js';
import type { Scalar } from './infer-request.js';
import { count, isRecord, type JsonRecord, list, parseJson, record, text } from './json.js';
import { type Datatype, elementBytes, isDatatype, sizeOf, type Tensor, tensorOfValues, tensorOver } from './tensors.js';

export interface InferAnswer {
  readonly model: string;
  readonly version: string;
  /** The request's. */
  readonly id: string | undefined;
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly guard: GuardReport | undefined;
  readonly parameters: Readonly<Record<string, Scalar>>;
}

/** Where tensors are read from: the bytes behind the JSON header. */
interface Tail {
  readonly buffer: ArrayBuffer;
  at: number;
}

const protocol = (words: string): GalerkinClientError =>
  new GalerkinClientError('PROTOCOL', `The server's answer is not as KServe v2 says: ${words}`);

function binaryTensor(
  datatype: Datatype,
  shape: readonly number[],
  { size, tail }: { size: number; tail: Tail },
): Tensor {
  const { buffer, at } = tail;
  if (at + size > buffer.byteLength) throw protocol(`its tensors end ${at + size - buffer.byteLength} bytes early.`);
  tail.at += size;
  if (datatype === 'BYTES') {
    const data = decodeByteStrings(new Uint8Array(buffer, at, size));
    if (data.length !== sizeOf(shape)) throw protocol(`shape [${shape}] with ${data.length} byte strings.`);
    return { datatype, shape, data };
  }
  if (size !== sizeOf(shape) * elementBytes[datatype]) {
    throw protocol(`${size} bytes for ${datatype} of shape [${shape}].`);
  }
  if (at % elementBytes[datatype] === 0) return tensorOver(datatype, shape, { buffer, offset: at });
  return tensorOver(datatype, shape, { buffer: buffer.slice(at, at + size) });
}

const encoder = new TextEncoder();

function jsonTensor(datatype: Datatype, shape: readonly number[], data: unknown): Tensor {
  const values = list(data, 'data').flat(Number.POSITIVE_INFINITY);
  if (values.length !== sizeOf(shape)) throw protocol(`shape [${shape}] with ${values.length} values.`);
  if (datatype !== 'BYTES') return tensorOfValues(datatype, shape, values);
  return { datatype, shape, data: values.map(value => encoder.encode(text(value, 'a BYTES element'))) };
}

function outputOf(value: unknown, place: string, tail: Tail): readonly [string, Tensor] {
  const { name, datatype, shape, data, parameters } = record(value, place);
  const type = text(datatype, `${place}.datatype`);
  if (!isDatatype(type)) throw protocol(`'${type}' is no datatype.`);
  const sizes = list(shape, `${place}.shape`).map(size => count(size, `${place}.shape`));
  const binary = isRecord(parameters) ? parameters.binary_data_size : undefined;
  const tensor =
    binary === undefined
      ? jsonTensor(type, sizes, data)
      : binaryTensor(type, sizes, { size: count(binary, `${place}.parameters.binary_data_size`), tail });
  return [text(name, `${place}.name`), tensor];
}

function scalarsOf(value: unknown): Record<string, Scalar> {
  const scalars: [string, Scalar][] = [];
  for (const [name, each] of Object.entries(isRecord(value) ? value : {})) {
    if (typeof each === 'string' || typeof each === 'number' || typeof each === 'boolean') scalars.push([name, each]);
  }
  return Object.fromEntries(scalars);
}

/** Reads the JSON of a response; its binary tensors begin at `tailAt` of `buffer`. Throws PROTOCOL. */
export function readInferAnswer(json: JsonRecord, buffer: ArrayBuffer, tailAt: number): InferAnswer {
  const tail: Tail = { buffer, at: tailAt };
  const outputs = list(json.outputs, 'outputs').map((output, place) => outputOf(output, `outputs[${place}]`, tail));
  const parameters = scalarsOf(json.parameters);
  return {
    model: text(json.model_name, 'model_name'),
    version: typeof json.model_version === 'string' ? json.model_version : '',
    id: typeof json.id === 'string' ? json.id : undefined,
    outputs: Object.fromEntries(outputs),
    guard: guardOfParameters(parameters),
    parameters,
  };
}

const decoder = new TextDecoder();

/** Reads an HTTP response; `stated` is its header `inference-header-content-length`. Throws PROTOCOL. */
export function readInferResponse(buffer: ArrayBuffer, stated: string | null): InferAnswer {
  const jsonBytes = stated === null ? buffer.byteLength : Number(stated);
  if (!Number.isSafeInteger(jsonBytes) || jsonBytes < 0 || jsonBytes > buffer.byteLength) {
    throw protocol(`a JSON header of '${stated}' bytes in ${buffer.byteLength}.`);
  }
  const json = parseJson(decoder.decode(new Uint8Array(buffer, 0, jsonBytes)), 'the header');
  return readInferAnswer(record(json, 'the header'), buffer, jsonBytes);
}
