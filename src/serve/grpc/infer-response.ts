// An answer becomes a ModelInferResponse, written by hand: one allocation for the message, tensors always raw.
import type { Tensor } from '../../base/index.js';
import { bytesOf } from '../tensors/bytes.js';
import { placeParameters, type SharedPlace } from './shared-tensors.js';
import { prefixBytes } from './table-encode.js';
import { putVarint, varintBytes, WireWriter } from './wire-writer.js';

export type ResponseParameters = Readonly<Record<string, string | number | boolean>>;

export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
  /** Where in shared memory it already lies; undefined: it goes with the message. */
  readonly place: SharedPlace | undefined;
}

/** What a ModelInferResponse says. */
export interface InferReply {
  readonly model: string;
  readonly version: string;
  readonly id: string;
  readonly parameters: ResponseParameters;
  /** Integers that are counts, not measures: written as integers; other numbers are written as doubles. */
  readonly counts?: ResponseParameters | undefined;
  readonly outputs: readonly NamedTensor[];
}

/** The head of the message that is being written; writing never waits, so that one is enough. */
const head = new WireWriter();

const [nameTag, versionTag, idTag, parameterTag, outputTag, rawTag] = [10, 18, 26, 34, 42, 50];
const [boolChoice, int64Choice, stringChoice, doubleChoice] = [8, 16, 26, 33];

function writeParameter(name: string, value: string | number | boolean, asInteger: boolean): void {
  const entry = head.open(parameterTag);
  head.string(10, name);
  const choice = head.open(18);
  if (typeof value === 'boolean') head.bool(boolChoice, value);
  else if (typeof value === 'string') head.string(stringChoice, value);
  else if (asInteger && Number.isSafeInteger(value)) head.int64(int64Choice, value);
  else head.double(doubleChoice, value);
  head.close(choice);
  head.close(entry);
}

function writeParameters(parameters: ResponseParameters, asIntegers: boolean): void {
  for (const name in parameters) {
    const value = parameters[name];
    if (value !== undefined) writeParameter(name, value, asIntegers);
  }
}

function writeOutput({ name, tensor, place }: NamedTensor): void {
  const output = head.open(outputTag);
  head.string(10, name);
  head.string(18, tensor.dtype);
  if (tensor.shape.length > 0) {
    const shape = head.open(26);
    for (const size of tensor.shape) head.bareInt64(size);
    head.close(shape);
  }
  if (place !== undefined) writeParameters(placeParameters(place), true);
  head.close(output);
}

function writeHead({ model, version, id, parameters, counts, outputs }: InferReply): void {
  head.reset();
  head.string(nameTag, model);
  head.string(versionTag, version);
  if (id !== '') head.string(idTag, id);
  writeParameters(parameters, false);
  if (counts !== undefined) writeParameters(counts, true);
  for (const output of outputs) writeOutput(output);
}

function putRaw(message: Buffer, start: number, raw: readonly Uint8Array[]): void {
  let at = start;
  for (const bytes of raw) {
    message[at++] = rawTag;
    at = putVarint(message, at, bytes.length);
    message.set(bytes, at);
    at += bytes.length;
  }
}

/** Keeps the place of an output in the list of raw contents, which clients count through. */
const nothing = new Uint8Array(0);

/** The field of a ModelStreamInferResponse that holds a response. */
const wrapTag = 18;

/**
 * Encodes a response behind gRPC's prefix.
 * @param inStream wrapped into the `infer_response` of a ModelStreamInferResponse
 */
export function encodeReply(reply: InferReply, inStream: boolean): Buffer {
  writeHead(reply);
  let length = head.length;
  const raw: Uint8Array[] = [];
  for (const { tensor, place } of reply.outputs) {
    const bytes = place === undefined ? bytesOf(tensor) : nothing;
    raw.push(bytes);
    length += 1 + varintBytes(bytes.length) + bytes.length;
  }
  const wrapped = inStream ? 1 + varintBytes(length) + length : length;
  const message = Buffer.allocUnsafe(prefixBytes + wrapped);
  message[0] = 0;
  message.writeUInt32BE(wrapped, 1);
  let at = prefixBytes;
  if (inStream) {
    message[at++] = wrapTag;
    at = putVarint(message, at, length);
  }
  putRaw(message, head.copyTo(message, at), raw);
  return message;
}

/** A ModelStreamInferResponse that says what went wrong, with the model and the id of the request it is about. */
export function encodeStreamError(text: string, reply: Omit<InferReply, 'outputs'>): Buffer {
  writeHead({ ...reply, outputs: [] });
  const message = new WireWriter();
  message.string(10, text);
  const length = head.length;
  const response = Buffer.allocUnsafe(length);
  head.copyTo(response, 0);
  message.bytes(wrapTag, response);
  const all = Buffer.allocUnsafe(prefixBytes + message.length);
  all[0] = 0;
  all.writeUInt32BE(message.length, 1);
  message.copyTo(all, prefixBytes);
  return all;
}
