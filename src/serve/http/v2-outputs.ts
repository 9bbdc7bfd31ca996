// The outputs of a response: each as JSON, as bytes in the tail, as its best classes, or in shared memory.
import { dtypeBytes, GalerkinError, type Tensor } from '../../base/index.js';
import type { TimedAnswer } from '../engine/engine.js';
import type { ServedModel } from '../engine/served-model.js';
import { classify } from '../protocol/classification.js';
import { bytesOf } from '../tensors/bytes.js';
import { jsonText } from '../tensors/json-text.js';
import type { InferCall } from './v2-call.js';
import type { WantedOutput } from './v2-checked-header.js';
import type { InferRequest } from './v2-request.js';

const noLabels: readonly string[] = Object.freeze([]);

/** Described outputs by name, with the shape that they were described for: shapes seldom change from one answer to the next. */
interface Described {
  readonly shape: readonly number[];
  readonly text: string;
}
const describedByModel = new WeakMap<ServedModel, Map<string, Described>>();

const sameShape = (a: readonly number[], b: readonly number[]): boolean => {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
};

const describe = (name: string, { dtype, shape }: Tensor): string =>
  `{"name":${JSON.stringify(name)},"datatype":"${dtype}","shape":[${shape.join(',')}]`;

const describeBytes = (name: string, tensor: Tensor, size: number): string =>
  `${describe(name, tensor)},"parameters":{"binary_data_size":${size}}}`;

/** The description of an output that is all bytes; kept where its size follows from its shape. */
function binaryText(model: ServedModel, name: string, tensor: Tensor, size: number): string {
  if (dtypeBytes[tensor.dtype] === 0) return describeBytes(name, tensor, size);
  let described = describedByModel.get(model);
  if (described === undefined) {
    described = new Map();
    describedByModel.set(model, described);
  }
  const known = described.get(name);
  if (known !== undefined && sameShape(known.shape, tensor.shape)) return known.text;
  const text = describeBytes(name, tensor, size);
  described.set(name, { shape: tensor.shape, text });
  return text;
}

/** The parts of a response's list of outputs, measured before they are put together. */
export class Outputs {
  jsonBytes = 0;
  tailBytes = 0;
  /** True if an output is binary, be it of no bytes. */
  hasTail = false;
  private readonly json: (string | Buffer)[] = [];
  private readonly tail: Uint8Array[] = [];

  private text(part: string | Buffer): void {
    this.json.push(part);
    this.jsonBytes += typeof part === 'string' ? Buffer.byteLength(part) : part.length;
  }

  add(model: ServedModel, wanted: WantedOutput, tensor: Tensor): void {
    if (this.json.length > 0) this.text(',');
    if (wanted.place !== undefined) this.text(`${describe(wanted.name, tensor)}}`);
    else if (wanted.binary) {
      const bytes = bytesOf(tensor);
      this.text(binaryText(model, wanted.name, tensor, bytes.length));
      this.hasTail = true;
      this.tailBytes += bytes.length;
      this.tail.push(bytes);
    } else {
      this.text(`${describe(wanted.name, tensor)},"data":`);
      this.text(jsonText(tensor));
      this.text('}');
    }
  }

  writeJson(out: Buffer, start: number): number {
    let at = start;
    for (const part of this.json) {
      if (typeof part === 'string') at += out.write(part, at, 'utf8');
      else at += part.copy(out, at);
    }
    return at;
  }

  writeTail(out: Buffer, start: number): void {
    let at = start;
    for (const bytes of this.tail) {
      out.set(bytes, at);
      at += bytes.length;
    }
  }
}

function share(wanted: WantedOutput, tensor: Tensor, call: InferCall): void {
  const piece = call.piece(wanted.name);
  if (piece === undefined) return;
  const bytes = bytesOf(tensor);
  if (bytes.length > piece.byteSize) {
    throw new GalerkinError('SHARED_MEMORY_TOO_SMALL', {
      output: wanted.name,
      got: piece.byteSize,
      wanted: bytes.length,
    });
  }
  piece.write(bytes);
}

interface Answering {
  readonly answered: TimedAnswer;
  readonly call: InferCall;
}

/** Collects what the request wants of the answer, the guard's maps last; what goes to shared memory is written at once. */
export function openOutputs(model: ServedModel, request: InferRequest, { answered, call }: Answering): Outputs {
  const outputs = new Outputs();
  for (const wanted of request.outputs) {
    const tensor = answered.outputs[wanted.name];
    if (tensor === undefined) continue;
    if (wanted.place !== undefined) share(wanted, tensor, call);
    if (wanted.classes === 0) outputs.add(model, wanted, tensor);
    else {
      const labels = model.outputs.find(({ name }) => name === wanted.name)?.labels ?? noLabels;
      outputs.add(
        model,
        wanted,
        classify(wanted.name, tensor, { count: wanted.classes, batched: model.maxBatchSize > 0, labels }),
      );
    }
  }
  if (request.question.maps) {
    const binary = request.outputs.some(each => each.binary);
    for (const [name, tensor] of Object.entries(answered.maps)) {
      outputs.add(model, { name, binary, classes: 0, place: undefined }, tensor);
    }
  }
  return outputs;
}
