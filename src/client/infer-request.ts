// A v2 inference request as bytes: a JSON header, then the tensors, each read straight from the caller's array.
import { encodeByteStrings } from './byte-strings.js';
import { GalerkinClientError } from './errors.js';
import { type Datatype, elementBytes, sizeOf, tensorOfValues } from './tensors.js';

type FixedArray =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/**
 * One input. A typed array says its datatype by itself (Uint8Array: UINT8, Uint16Array: UINT16, a list of texts or byte
 * strings: BYTES, of booleans: BOOL); `datatype` says it where the array cannot: BOOL, FP16, BF16, plain numbers.
 */
export interface InferInput {
  readonly shape: readonly number[];
  readonly data: FixedArray | readonly (string | Uint8Array)[] | readonly boolean[] | readonly number[];
  readonly datatype?: Datatype;
}

export type Scalar = string | number | boolean;

export interface SequenceOptions {
  /** A number or text other than 0 and ''. */
  readonly id: number | string;
  readonly start?: boolean;
  readonly end?: boolean;
}

/** What a request asks for besides its inputs. */
export interface InferTerms {
  /** Comes back with the answer. */
  readonly id?: string;
  /** Names wanted, all without; `classification: k` wants the k best classes as texts `value:index[:label]`. */
  readonly outputs?: readonly (string | { readonly name: string; readonly classification?: number })[];
  /** 1 is the highest; the model's default without. */
  readonly priority?: number;
  readonly sequence?: SequenceOptions;
  readonly guard?: 'annotate' | 'reject' | 'fallback';
  /** Appends the guard's maps to the outputs. */
  readonly guardOutputs?: boolean;
  /** Longest wait in the server's queue. */
  readonly queueTimeoutMs?: number;
  /** The model's own. */
  readonly parameters?: Readonly<Record<string, Scalar>>;
}

export interface WireRequest {
  readonly body: Uint8Array<ArrayBuffer>;
  /** Bytes of the JSON part. */
  readonly jsonBytes: number;
}

/** What a carrier other than HTTP adds. */
export interface Envelope {
  /** Further members of the JSON. */
  readonly members?: object;
  /** Bytes left free before the JSON. */
  readonly leadBytes?: number;
}

interface Part {
  readonly bytes: Uint8Array;
  readonly header: object;
}

const encoder = new TextEncoder();

function datatypeOf(data: InferInput['data']): Datatype | undefined {
  if (data instanceof Float32Array) return 'FP32';
  if (data instanceof Float64Array) return 'FP64';
  if (data instanceof Int32Array) return 'INT32';
  if (data instanceof BigInt64Array) return 'INT64';
  if (data instanceof Uint8Array) return 'UINT8';
  if (data instanceof Int8Array) return 'INT8';
  if (data instanceof Uint16Array) return 'UINT16';
  if (data instanceof Int16Array) return 'INT16';
  if (data instanceof Uint32Array) return 'UINT32';
  if (data instanceof BigUint64Array) return 'UINT64';
  if (typeof data[0] === 'boolean') return 'BOOL';
  return typeof data[0] === 'string' || data[0] instanceof Uint8Array ? 'BYTES' : undefined;
}

const argument = (name: string, words: string): GalerkinClientError =>
  new GalerkinClientError('ARGUMENT', `input '${name}': ${words}`);

/** The elements of a BYTES input; undefined where `data` holds something else. */
function byteStringsOf(data: InferInput['data']): (string | Uint8Array)[] | undefined {
  if (ArrayBuffer.isView(data)) return undefined;
  const elements: (string | Uint8Array)[] = [];
  for (const element of data) {
    if (typeof element !== 'string' && !(element instanceof Uint8Array)) return undefined;
    elements.push(element);
  }
  return elements;
}

function partBytes(name: string, datatype: Datatype, { shape, data }: InferInput): Uint8Array {
  if (datatype === 'BYTES') {
    const elements = byteStringsOf(data);
    if (elements === undefined) throw argument(name, 'BYTES wants a list of texts or Uint8Arrays.');
    return encodeByteStrings(elements);
  }
  const array = ArrayBuffer.isView(data) ? data : tensorOfValues(datatype, shape, data).data;
  if (!ArrayBuffer.isView(array)) throw argument(name, `${datatype} wants a typed array.`);
  if (array.BYTES_PER_ELEMENT !== elementBytes[datatype]) {
    throw argument(
      name,
      `${datatype} wants elements of ${elementBytes[datatype]} bytes, got ${array.BYTES_PER_ELEMENT}.`,
    );
  }
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function partOf(name: string, input: InferInput): Part {
  const { shape, data } = input;
  const datatype = input.datatype ?? datatypeOf(data);
  if (datatype === undefined) throw argument(name, "plain numbers need a 'datatype'.");
  if (data.length !== sizeOf(shape)) {
    throw argument(name, `shape [${shape}] wants ${sizeOf(shape)} elements, got ${data.length}.`);
  }
  const bytes = partBytes(name, datatype, input);
  return { bytes, header: { name, shape, datatype, parameters: { binary_data_size: bytes.length } } };
}

function parametersOf({ sequence, priority, queueTimeoutMs, guard, guardOutputs, outputs, parameters }: InferTerms) {
  return {
    ...parameters,
    ...(outputs === undefined ? { binary_data_output: true } : {}),
    ...(sequence === undefined
      ? {}
      : { sequence_id: sequence.id, sequence_start: sequence.start ?? false, sequence_end: sequence.end ?? false }),
    ...(priority === undefined ? {} : { priority }),
    ...(queueTimeoutMs === undefined ? {} : { timeout: Math.ceil(queueTimeoutMs * 1000) }),
    ...(guard === undefined ? {} : { guard }),
    ...(guardOutputs === undefined ? {} : { guard_outputs: guardOutputs }),
  };
}

const outputOf = (output: string | { readonly name: string; readonly classification?: number }): object => {
  if (typeof output === 'string') return { name: output, parameters: { binary_data: true } };
  const { name, classification } = output;
  return {
    name,
    parameters: { binary_data: true, ...(classification === undefined ? {} : { classification }) },
  };
};

/** Largest element of any datatype: tensors behind a header of a multiple of it can be read in place. */
const alignment = 8;

/** Writes a request: one allocation, one copy of each tensor. Throws ARGUMENT where an input contradicts itself. */
export function writeInferRequest(
  inputs: Readonly<Record<string, InferInput>>,
  terms: InferTerms,
  { members = {}, leadBytes = 0 }: Envelope = {},
): WireRequest {
  const parts = Object.entries(inputs).map(([name, input]) => partOf(name, input));
  const text = JSON.stringify({
    ...members,
    ...(terms.id === undefined ? {} : { id: terms.id }),
    parameters: parametersOf(terms),
    inputs: parts.map(({ header }) => header),
    ...(terms.outputs === undefined ? {} : { outputs: terms.outputs.map(outputOf) }),
  });
  const json = encoder.encode(text);
  // JSON may end in spaces.
  const jsonBytes = Math.ceil(json.length / alignment) * alignment;
  const body = new Uint8Array(parts.reduce((sum, { bytes }) => sum + bytes.length, leadBytes + jsonBytes));
  body.set(json, leadBytes);
  body.fill(0x20, leadBytes + json.length, leadBytes + jsonBytes);
  let at = leadBytes + jsonBytes;
  for (const { bytes } of parts) {
    body.set(bytes, at);
    at += bytes.length;
  }
  return { body, jsonBytes };
}
