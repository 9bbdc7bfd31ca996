// The answer to a joined job becomes the members' answers again: views over its memory, or copies without the padding.
import { dtypeBytes, elementCount, type Tensor } from '../../base/index.js';
import type { Computed, Tensors } from '../backends/backend.js';
import { bytesOf, isFixed, tensorOver } from '../tensors/bytes.js';
import { copyBlock } from './blocks.js';
import type { BucketPlan } from './bucket-plan.js';
import { itemsOf } from './tensor-view.js';
import type { Waiting } from './waiting.js';

export interface SplitParts {
  readonly members: readonly Waiting[];
  /** Items of all members. */
  readonly items: number;
  readonly plan: BucketPlan | undefined;
  /** The sizes to which members were padded; undefined if they were not. */
  readonly bucket: readonly number[] | undefined;
}

/** Bucketed axes of an output; of the guard's, which have no signature, those whose place is a bucketed axis's label. */
function axesOf(plan: BucketPlan, name: string, tensor: Tensor): readonly number[] {
  const known = plan.outputs.find(output => output.name === name)?.axes;
  return known ?? tensor.shape.slice(1).map((_, axis) => plan.labels.indexOf(String(axis)));
}

/** A copy of some items of `tensor` with the sizes `dims`, which are at most its own. */
function cropItems(
  tensor: Tensor,
  dims: readonly number[],
  { start, count }: { start: number; count: number },
): Tensor {
  const shape = [count, ...dims];
  const padded = tensor.shape.slice(1);
  if (tensor.dtype === 'BYTES') {
    const data: string[] = [];
    for (let item = 0; item < count; item++) {
      const fromStart = (start + item) * elementCount(padded);
      const block = { fromShape: padded, toShape: dims, fromStart, toStart: item * elementCount(dims) };
      copyBlock(block, (from, to, length) => {
        for (let k = 0; k < length; k++) data[to + k] = tensor.data[from + k] ?? '';
      });
    }
    return { dtype: 'BYTES', shape, data };
  }
  const size = dtypeBytes[tensor.dtype];
  const fromShape = [...padded, size];
  const toShape = [...dims, size];
  const bytes = bytesOf(tensor);
  const out = new Uint8Array(elementCount(shape) * size);
  for (let item = 0; item < count; item++) {
    const fromStart = (start + item) * elementCount(fromShape);
    copyBlock({ fromShape, toShape, fromStart, toStart: item * elementCount(toShape) }, (from, to, length) => {
      out.set(bytes.subarray(from, from + length), to);
    });
  }
  return isFixed(tensor.dtype) ? tensorOver(tensor.dtype, shape, out.buffer) : tensor;
}

/** Puts each member's part of `tensor` into its record; false if the tensor is not of one entry per item. */
function splitTensor(
  tensor: Tensor,
  name: string,
  parts: SplitParts,
  into: readonly Record<string, Tensor>[],
): boolean {
  const { members, items, plan, bucket } = parts;
  if (tensor.shape[0] !== items) return false;
  const axes = plan === undefined || bucket === undefined ? undefined : axesOf(plan, name, tensor);
  const isKnown = plan?.outputs.some(output => output.name === name) ?? false;
  // What is not of the bucket's size was not computed cell by cell: which part of it belongs to the request is not known.
  const isPadded = axes?.some((label, axis) => label >= 0 && tensor.shape[axis + 1] === bucket?.[label]) ?? false;
  const isStrange = axes?.some((label, axis) => label >= 0 && tensor.shape[axis + 1] !== bucket?.[label]) ?? false;
  if (isKnown && isStrange) return false;
  let start = 0;
  for (let k = 0; k < members.length; k++) {
    const member = members[k];
    const record = into[k];
    if (member === undefined || record === undefined) return false;
    const count = member.work.items;
    if (axes !== undefined && isPadded) {
      const dims = tensor.shape.slice(1).map((size, axis) => {
        const label = axes[axis] ?? -1;
        return label >= 0 && size === bucket?.[label] ? (member.form.sizes[label] ?? size) : size;
      });
      record[name] = cropItems(tensor, dims, { start, count });
    } else record[name] = itemsOf(tensor, start, count);
    start += count;
  }
  return true;
}

function splitTensors(tensors: Tensors, parts: SplitParts): Record<string, Tensor>[] | undefined {
  const records = parts.members.map((): Record<string, Tensor> => ({}));
  for (const name in tensors) {
    const tensor = tensors[name];
    if (tensor !== undefined && !splitTensor(tensor, name, parts, records)) return undefined;
  }
  return records;
}

/**
 * One answer for each member, in order; guard outputs for those that asked for them. Undefined if the model's answer does
 * not fall apart into its items. Numbers that were not padded are views: they keep the whole batch's answer in memory.
 */
export function splitComputed(computed: Computed, parts: SplitParts): Computed[] | undefined {
  const { inferMs, guard } = computed;
  const outputs = splitTensors(computed.outputs, parts);
  const facts = guard === undefined ? undefined : splitTensors(guard, parts);
  if (outputs === undefined || (guard !== undefined && facts === undefined)) return undefined;
  return outputs.map((own, k): Computed => {
    const wants = parts.members[k]?.work.guard !== 'none';
    const fact = wants ? facts?.[k] : undefined;
    return fact === undefined ? { outputs: own, inferMs } : { outputs: own, guard: fact, inferMs };
  });
}
