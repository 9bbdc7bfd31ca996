// A v2 inference request becomes a checked question: JSON, binary or shared tensors, in the order of Triton's checks.
import type { Tensor } from '../../base/index.js';
import type { Question } from '../engine/question.js';
import type { ServedModel } from '../engine/served-model.js';
import { checkValues } from '../engine/signature.js';
import type { InferCall } from './v2-call.js';
import {
  allOutputs,
  type CheckedHeader,
  type PlannedInput,
  readForm,
  seenBy,
  type WantedOutput,
} from './v2-checked-header.js';
import { type CutJson, type CutList, cutJson } from './v2-cut.js';
import { malformed } from './v2-header.js';
import { rawInput } from './v2-raw.js';
import { fromBytes, fromJsonList, fromJsonValue, fromMemory } from './v2-tensors.js';
import { noTerms, RequestTerms } from './v2-terms.js';

export interface InferRequest {
  /** '' when the client gave none. */
  readonly id: string;
  readonly outputs: readonly WantedOutput[];
  readonly question: Question;
  /** Inputs with values outside the range that the manifest states. */
  readonly outOfRange: readonly string[];
}

const none: readonly string[] = Object.freeze([]);
const maxIdLength = 1024;

/** Bytes of JSON at the start of the body; all of it unless the header says otherwise. @throws REQUEST_MALFORMED */
export function headerLength(text: string | undefined, bodyLength: number): number {
  if (text === undefined) return bodyLength;
  const length = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (length <= bodyLength) return length;
  throw malformed(
    `inference header size should be in range (0, ${bodyLength}): Inference-Header-Content-Length`,
    `a whole number from 0 to ${bodyLength}, the bytes of the body`,
    `'${text.slice(0, 40)}'`,
  );
}

/** The id that was cut out of a request's JSON. */
function idOf(body: Uint8Array, { from, to }: CutList): string {
  let id: unknown;
  try {
    id = JSON.parse(Buffer.from(body.buffer, body.byteOffset + from, to - from).toString('utf8'));
  } catch {
    // A string that is none is a fault of the whole JSON; it is told as one of the id.
  }
  if (typeof id === 'string' && id.length <= maxIdLength) return id;
  throw malformed("Unable to parse 'id'", `a string of at most ${maxIdLength} characters`, 'something else');
}

/** A request's body with what has been read of its header. */
interface Opened {
  readonly model: ServedModel;
  readonly body: Uint8Array;
  readonly header: CheckedHeader;
  readonly lists: readonly CutList[];
}

/** Cuts the binary tensors off the body's tail, in the order of the inputs. */
function tailOf({ model, body }: Opened, at: number, { spec, source }: PlannedInput): Uint8Array {
  const wanted = source.kind === 'tail' ? source.bytes : 0;
  const left = body.length - at;
  if (wanted <= left) return body.subarray(at, at + wanted);
  throw malformed(
    `unexpected size for input '${spec.name}', expecting ${wanted - left} additional bytes for model '${model.name}'`,
    `${wanted} bytes`,
    `${left}`,
  );
}

function tensorOf(opened: Opened, input: PlannedInput, call: InferCall): Tensor {
  const { model, body, lists } = opened;
  const { source } = input;
  if (source.kind === 'memory') return fromMemory(model, input, { memory: call.memory, place: source.place });
  if (source.kind === 'data') return fromJsonValue(model, input, source.data);
  const list = source.kind === 'list' ? lists[source.cut] : undefined;
  if (list !== undefined) return fromJsonList(model, input, body.subarray(list.from, list.to));
  throw malformed(`input '${input.spec.name}'`, 'a list', 'an object');
}

function readTensors(opened: Opened, jsonLength: number, call: InferCall): InferRequest {
  const { model, body, header } = opened;
  const inputs: Record<string, Tensor> = {};
  const outOfRange: string[] = [];
  let at = jsonLength;
  for (const input of header.inputs) {
    const { spec, source } = input;
    let tensor: Tensor;
    if (source.kind === 'tail') {
      tensor = fromBytes(model, input, tailOf(opened, at, input));
      at += source.bytes;
    } else tensor = tensorOf(opened, input, call);
    if (!checkValues(model, spec, tensor)) outOfRange.push(spec.name);
    inputs[spec.name] = tensor;
  }
  if (at !== body.length) {
    const what = `unexpected additional input data for model '${model.name}'`;
    throw malformed(what, 'no bytes after the last input', `${body.length - at}`);
  }
  for (const { name, place } of header.outputs) if (place !== undefined) call.hold(name, place);
  const { items, terms, outputs, outputNames } = header;
  const asked = new RequestTerms(call.id, terms, outputNames, call);
  const question = { inputs, items, guard: terms.guard, maps: terms.maps, terms: asked };
  return { id: call.id, outputs, question, outOfRange };
}

const uncut: Pick<CutJson, 'lists'> = { lists: [] };

/**
 * Reads a request with a JSON header of `jsonLength` bytes and binary tensors after it; 0 means one raw tensor only.
 * About 2 us for a small binary request whose header has been seen before, and a copy of its tensors.
 * @param call  gets the id as soon as it is known, and the pieces of shared memory that the outputs go to: release it afterwards
 * @throws REQUEST_MALFORMED, OUTPUT_UNKNOWN, the errors of ../engine/signature.ts and of shared memory
 */
export function readInferRequest(
  model: ServedModel,
  body: Uint8Array,
  jsonLength: number,
  call: InferCall,
): InferRequest {
  if (jsonLength === 0 && body.length > 0) return readRawRequest(model, body, call);
  const json = body.subarray(0, jsonLength);
  const seen = seenBy(model);
  const known = seen.latest(json);
  if (known !== undefined) return readTensors({ model, body, header: known, lists: uncut.lists }, jsonLength, call);
  const cut = cutJson(json);
  if (cut.id !== undefined) call.id = idOf(body, cut.id);
  const header = readForm(model, cut);
  if (cut.id === undefined && cut.lists.length === 0) seen.remember(json, header);
  if (call.id === '') call.id = header.id;
  return readTensors({ model, body, header, lists: cut.lists }, jsonLength, call);
}

function readRawRequest(model: ServedModel, body: Uint8Array, call: InferCall): InferRequest {
  const input = rawInput(model, body.length);
  const { spec } = input;
  const tensor: Tensor =
    spec.dtype === 'BYTES'
      ? {
          dtype: 'BYTES',
          shape: input.shape,
          data: [Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8')],
        }
      : fromBytes(model, input, body);
  const outOfRange = checkValues(model, spec, tensor) ? none : [spec.name];
  const terms = new RequestTerms('', noTerms, undefined, call);
  const question = { inputs: { [spec.name]: tensor }, items: 1, guard: undefined, maps: false, terms };
  return { id: '', outputs: allOutputs(model, true), outOfRange, question };
}
