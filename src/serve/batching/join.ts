// Several requests become one job: their inputs joined along the batch axis, padded to a common size where they differ.
import { dtypeBytes, elementCount, type Tensor } from '../../base/index.js';
import type { Tensors } from '../backends/backend.js';
import type { ServedModel } from '../engine/served-model.js';
import { bytesOf, isFixed, tensorOver } from '../tensors/bytes.js';
import { copyBlock, drawOutEdges } from './blocks.js';
import type { BucketedTensor, BucketPlan } from './bucket-plan.js';
import type { BufferShelf } from './buffer-shelf.js';
import { ones } from './mask.js';
import type { Waiting } from './waiting.js';

export interface JoinParts {
  readonly served: ServedModel;
  readonly plan: BucketPlan | undefined;
  readonly shelf: BufferShelf;
}

export interface Joined {
  readonly inputs: Tensors;
  /** Memory of the joined inputs, for the shelf once nobody reads them. */
  readonly buffers: readonly ArrayBuffer[];
  /** The sizes of the bucketed axes if the members were padded to them. */
  readonly bucket: readonly number[] | undefined;
}

/** True if the members fill their bucket to different degrees. */
function differ(members: readonly Waiting[]): boolean {
  const first = members[0]?.form.sizes ?? [];
  return members.some(({ form }) => form.sizes.some((size, label) => size !== first[label]));
}

/** The mask of a request that gives none: ones in its own sizes. */
function maskOf({ mask, inputs: axes }: BucketPlan, { inputs, items }: Waiting['work']): Tensor | undefined {
  if (mask === undefined || !isFixed(mask.dtype)) return undefined;
  const sizeOf = (label: number): number => {
    for (const tensor of axes) {
      const axis = tensor.axes.indexOf(label);
      const size = inputs[tensor.name]?.shape[axis + 1];
      if (axis >= 0 && size !== undefined) return size;
    }
    return 1;
  };
  const labels = axes.find(({ name }) => name === mask.name)?.axes ?? [];
  const own = mask.dims.map((size, axis) => (size === -1 ? sizeOf(labels[axis] ?? -1) : size));
  return ones(mask.dtype, [items, ...own]);
}

/** One request's inputs as the model takes them: its own, and the mask if it gives none. */
export function aloneInputs(plan: BucketPlan | undefined, work: Waiting['work']): Tensors {
  const name = plan?.mask?.name;
  if (plan === undefined || name === undefined || work.inputs[name] !== undefined) return work.inputs;
  const mask = maskOf(plan, work);
  return mask === undefined ? work.inputs : { ...work.inputs, [name]: mask };
}

function joinStrings(parts: readonly Tensor[], shape: readonly number[]): Tensor {
  const data: string[] = [];
  for (const part of parts) if (part.dtype === 'BYTES') for (const element of part.data) data.push(element);
  return { dtype: 'BYTES', shape, data };
}

function joinEqual(parts: readonly Tensor[], items: number, shelf: BufferShelf): Tensor {
  const [first] = parts;
  const shape = [items, ...(first?.shape.slice(1) ?? [])];
  if (first === undefined || !isFixed(first.dtype)) return joinStrings(parts, shape);
  const buffer = shelf.take(elementCount(shape) * dtypeBytes[first.dtype]);
  const out = new Uint8Array(buffer);
  let at = 0;
  for (const part of parts) {
    const bytes = bytesOf(part);
    out.set(bytes, at);
    at += bytes.byteLength;
  }
  return tensorOver(first.dtype, shape, buffer);
}

interface Padding {
  /** Sizes of one item once padded. */
  readonly dims: readonly number[];
  readonly items: number;
  readonly isEdge: boolean;
}

function padStrings(parts: readonly Tensor[], { dims, items, isEdge }: Padding): Tensor {
  const step = elementCount(dims);
  const data = new Array<string>(items * step).fill('');
  let at = 0;
  for (const part of parts) {
    if (part.dtype !== 'BYTES') continue;
    const own = part.shape.slice(1);
    for (let item = 0; item < (part.shape[0] ?? 0); item++, at += step) {
      const block = { fromShape: own, toShape: dims, fromStart: item * elementCount(own), toStart: at };
      copyBlock(block, (from, to, length) => {
        for (let k = 0; k < length; k++) data[to + k] = part.data[from + k] ?? '';
      });
      if (isEdge) drawOutEdges(data, at, own, dims);
    }
  }
  return { dtype: 'BYTES', shape: [items, ...dims], data };
}

function joinPadded(parts: readonly Tensor[], padding: Padding, shelf: BufferShelf): Tensor {
  const { dims, items, isEdge } = padding;
  const dtype = parts[0]?.dtype ?? 'BYTES';
  if (!isFixed(dtype)) return padStrings(parts, padding);
  const size = dtypeBytes[dtype];
  const step = elementCount(dims) * size;
  const buffer = shelf.take(items * step);
  const out = new Uint8Array(buffer).fill(0);
  const toShape = [...dims, size];
  let at = 0;
  for (const part of parts) {
    const bytes = bytesOf(part);
    const fromShape = [...part.shape.slice(1), size];
    const itemBytes = elementCount(fromShape);
    for (let item = 0; item < (part.shape[0] ?? 0); item++, at += step) {
      copyBlock({ fromShape, toShape, fromStart: item * itemBytes, toStart: at }, (from, to, length) => {
        out.set(bytes.subarray(from, from + length), to);
      });
      if (isEdge) drawOutEdges(out, at, fromShape, toShape);
    }
  }
  return tensorOver(dtype, [items, ...dims], buffer);
}

/** The sizes of one item of `tensor` in its bucket; undefined if no axis of it is bucketed. */
function paddedDims(axes: BucketedTensor | undefined, own: readonly number[], bucket: readonly number[]) {
  if (axes === undefined || axes.axes.every(label => label < 0)) return undefined;
  return axes.axes.map((label, axis) => (label < 0 ? own[axis + 1] : bucket[label]) ?? 0);
}

/**
 * Joins requests of one form. Each input is written once, into memory of its own; requests of equal sizes are not padded.
 * A mask that the plan wants and a request does not give is made.
 */
export function joinInputs(members: readonly Waiting[], items: number, { served, plan, shelf }: JoinParts): Joined {
  const pads = plan !== undefined && differ(members);
  const bucket = pads ? members[0]?.form.bucket : undefined;
  const maskName = plan?.mask?.name;
  const inputs: Record<string, Tensor> = {};
  const buffers: ArrayBuffer[] = [];
  for (const { name } of served.inputs) {
    const parts: Tensor[] = [];
    for (const { work } of members) {
      const part = work.inputs[name] ?? (plan !== undefined && name === maskName ? maskOf(plan, work) : undefined);
      if (part !== undefined) parts.push(part);
    }
    const [first] = parts;
    if (first === undefined) continue;
    const axes = plan?.inputs.find(each => each.name === name);
    const dims = bucket === undefined ? undefined : paddedDims(axes, first.shape, bucket);
    const isEdge = plan?.padding === 'edge' && name !== maskName;
    const joined =
      dims === undefined ? joinEqual(parts, items, shelf) : joinPadded(parts, { dims, items, isEdge }, shelf);
    inputs[name] = joined;
    if (joined.dtype !== 'BYTES' && joined.data.buffer instanceof ArrayBuffer) buffers.push(joined.data.buffer);
  }
  return { inputs, buffers, bucket };
}
