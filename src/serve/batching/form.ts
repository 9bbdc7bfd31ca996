// The form of a request: what it must have in common with another one to share a batch.
import type { Tensors } from '../backends/backend.js';
import type { ServedModel } from '../engine/served-model.js';
import type { BucketPlan } from './bucket-plan.js';

export interface Form {
  readonly key: string;
  /** Own sizes of the bucketed axes, by the plan's order; empty if the request is not bucketed. */
  readonly sizes: readonly number[];
  /** The sizes to which these are padded. */
  readonly bucket: readonly number[];
}

export const isSameForm = (a: Form, b: Form): boolean => a === b || a.key === b.key;

const none: readonly number[] = Object.freeze([]);
/** The form of every request of a model without free sizes. */
export const plainForm: Form = Object.freeze({ key: '', sizes: none, bucket: none });

/** @param from 1 where the first axis is the batch's, which may differ. */
function shapesKey(model: ServedModel, inputs: Tensors, from: number): string {
  let key = 's';
  for (const { name } of model.inputs) {
    const shape = inputs[name]?.shape;
    key += '|';
    if (shape === undefined) continue;
    key += '.';
    for (let axis = from; axis < shape.length; axis++) key += `${shape[axis]},`;
  }
  return key;
}

/** Own sizes of the bucketed axes; undefined if two inputs give one axis two sizes, or a size is over every bucket. */
function sizesOf(plan: BucketPlan, inputs: Tensors): number[] | undefined {
  const sizes = new Array<number>(plan.buckets.length).fill(-1);
  for (const { name, axes } of plan.inputs) {
    const shape = inputs[name]?.shape;
    if (shape === undefined) continue;
    for (let axis = 0; axis < axes.length; axis++) {
      const label = axes[axis] ?? -1;
      const size = shape[axis + 1];
      if (label < 0 || size === undefined) continue;
      const known = sizes[label] ?? -1;
      if (known >= 0 && known !== size) return undefined;
      sizes[label] = size;
    }
  }
  return sizes;
}

function bucketForm(plan: BucketPlan, inputs: Tensors): Form | undefined {
  const sizes = sizesOf(plan, inputs);
  if (sizes === undefined) return undefined;
  const bucket: number[] = [];
  let key = 'b';
  for (let label = 0; label < sizes.length; label++) {
    const own = sizes[label] ?? -1;
    const fitting = own < 0 ? undefined : plan.buckets[label]?.find(size => size >= own);
    if (fitting === undefined) return undefined;
    bucket.push(fitting);
    key += `${fitting},`;
  }
  for (const { name, axes } of plan.inputs) {
    const shape = inputs[name]?.shape;
    // A mask that is not given is made: whether it is given makes no difference.
    if (shape === undefined) key += name === plan.mask?.name ? '|' : '|-';
    else {
      key += '|';
      for (let axis = 0; axis < axes.length; axis++) if (axes[axis] === -1) key += `${shape[axis + 1]},`;
    }
  }
  return { key, sizes, bucket };
}

/**
 * Reads the form of requests. Models whose sizes are all fixed have one form, which costs no more than a look at each input.
 * Otherwise requests of equal shapes have one form, and with `plan` those that fit the same bucket.
 */
export function formReader(model: ServedModel, plan: BucketPlan | undefined): (inputs: Tensors) => Form {
  const isFree = model.inputs.some(({ dims }) => dims.includes(-1));
  const from = model.maxBatchSize > 0 ? 1 : 0;
  return inputs => {
    if (plan !== undefined) {
      const bucketed = bucketForm(plan, inputs);
      if (bucketed !== undefined) return bucketed;
    }
    if (!isFree && model.inputs.every(({ name }) => inputs[name] !== undefined)) return plainForm;
    return { key: shapesKey(model, inputs, from), sizes: none, bucket: none };
  };
}
