// Shape buckets, read from a model's parameters: which free axes go together, and the sizes to which they are padded.
import { GalerkinError } from '../../base/index.js';
import type { ModelConfig } from '../../model/index.js';
import type { ServedModel, TensorSpec } from '../engine/served-model.js';

/** A tensor with, for each axis of one item, the number of the bucketed axis that it is; -1: none, -2: fixed. */
export interface BucketedTensor {
  readonly name: string;
  readonly axes: readonly number[];
}

export interface BucketPlan {
  readonly inputs: readonly BucketedTensor[];
  readonly outputs: readonly BucketedTensor[];
  /** The label of each bucketed axis: its place in an item, or the name that `bucket_axes` gives it. */
  readonly labels: readonly string[];
  /** Sizes of each bucketed axis, ascending. */
  readonly buckets: readonly (readonly number[])[];
  /** The input that says 1 where values are the request's own and 0 where they are padding. */
  readonly mask: TensorSpec | undefined;
  readonly padding: 'zero' | 'edge';
}

type Fail = (why: string) => GalerkinError<'MODEL_UNSERVABLE'>;

const partsOf = (text: string, separator: string): string[] =>
  text
    .split(separator)
    .map(part => part.trim())
    .filter(part => part !== '');

function readSizes(text: string, fail: Fail): readonly number[] {
  const sizes = partsOf(text, ',').map(Number);
  const ascends = sizes.every((size, k) => Number.isSafeInteger(size) && size > (sizes[k - 1] ?? 0));
  if (sizes.length > 0 && ascends) return sizes;
  throw fail(`parameter 'buckets': wanted ascending sizes such as '32,64,128', got '${text}'`);
}

/** `32,64` for all axes, or `0: 32,64; 1: 16,32` by label. */
function readBuckets(text: string, labels: readonly string[], fail: Fail): readonly (readonly number[])[] {
  if (!text.includes(':')) {
    const sizes = readSizes(text, fail);
    return labels.map(() => sizes);
  }
  const byLabel = new Map(
    partsOf(text, ';').map((part): [string, readonly number[]] => {
      const colon = part.indexOf(':');
      return [part.slice(0, colon).trim(), readSizes(part.slice(colon + 1), fail)];
    }),
  );
  const unknown = [...byLabel.keys()].find(label => !labels.includes(label));
  if (unknown !== undefined)
    throw fail(`parameter 'buckets' names axis '${unknown}', and the free axes are [${labels}]`);
  return labels.map(label => {
    const sizes = byLabel.get(label);
    if (sizes === undefined) throw fail(`parameter 'buckets' gives no sizes for axis '${label}'`);
    return sizes;
  });
}

/** `u:1=0, w:0=none`: the label of axes whose place in an item does not say it. */
function readAxes(text: string, model: ServedModel, fail: Fail): ReadonlyMap<string, string> {
  const specs = [...model.inputs, ...model.outputs];
  return new Map(
    partsOf(text, ',').map((part): [string, string] => {
      const [, name = '', axis = '', label = ''] = /^(.+):(\d+)\s*=\s*([\w-]+)$/.exec(part) ?? [];
      if (specs.find(spec => spec.name === name)?.dims[Number(axis)] === -1) return [`${name}:${Number(axis)}`, label];
      throw fail(`parameter 'bucket_axes': wanted NAME:AXIS=LABEL of a tensor's free axis, got '${part}'`);
    }),
  );
}

const none = 'none';
const labelOf = (name: string, axis: number, named: ReadonlyMap<string, string>): string =>
  named.get(`${name}:${axis}`) ?? String(axis);

function labelled(spec: TensorSpec, labels: readonly string[], named: ReadonlyMap<string, string>): BucketedTensor {
  const axes = spec.dims.map((size, axis) => (size === -1 ? labels.indexOf(labelOf(spec.name, axis, named)) : -2));
  return { name: spec.name, axes };
}

function checkOutputs(
  model: ServedModel,
  { labels, named }: { labels: readonly string[]; named: ReadonlyMap<string, string> },
  fail: Fail,
): void {
  for (const { name, dims } of model.outputs) {
    for (const [axis, size] of dims.entries()) {
      const label = labelOf(name, axis, named);
      if (size !== -1 || label === none || labels.includes(label)) continue;
      const mend = `say which with parameter 'bucket_axes', such as '${name}:${axis}=${labels[0]}' or '${name}:${axis}=none'`;
      throw fail(`axis ${axis} of output '${name}' is free and follows no input's axis of that place; ${mend}`);
    }
  }
}

function readMask(name: string, model: ServedModel, fail: Fail): TensorSpec | undefined {
  if (name === '') return undefined;
  const mask = model.inputs.find(spec => spec.name === name);
  if (mask === undefined) throw fail(`parameter 'mask_input' names '${name}', which is not an input`);
  if (mask.dtype === 'BYTES') throw fail(`mask input '${name}' holds strings, and a mask is of numbers`);
  return mask;
}

/** The plan of a model whose parameters ask for one. @throws MODEL_UNSERVABLE if they do not fit the model. */
export function bucketPlan(model: ServedModel, parameters: ModelConfig['parameters']): BucketPlan | undefined {
  const read = (key: string): string => (Object.hasOwn(parameters, key) ? (parameters[key]?.string_value ?? '') : '');
  const fail: Fail = why => new GalerkinError('MODEL_UNSERVABLE', { model: model.name, why });
  const text = read('buckets');
  const mask = readMask(read('mask_input'), model, fail);
  if (text === '') {
    if (mask !== undefined) throw fail("parameter 'mask_input' is of use only with parameter 'buckets'");
    return undefined;
  }
  if (model.maxBatchSize === 0) throw fail("parameter 'buckets' is of use only with max_batch_size above 0");
  if (model.guard !== undefined && mask === undefined)
    throw fail("its guard would judge padding as if it were an answer: 'buckets' with a guard need a 'mask_input'");
  const named = readAxes(read('bucket_axes'), model, fail);
  const found = model.inputs.flatMap(({ name, dims }) =>
    dims.flatMap((size, axis) => (size === -1 ? [labelOf(name, axis, named)] : [])),
  );
  const labels = [...new Set(found)].filter(label => label !== none);
  if (labels.length === 0) throw fail("parameter 'buckets' is of use only with inputs that have free sizes (-1)");
  checkOutputs(model, { labels, named }, fail);
  if (mask?.dims.some((size, axis) => size === -1 && !labels.includes(labelOf(mask.name, axis, named))))
    throw fail(`mask input '${mask.name}' has a free axis that is not bucketed`);
  const padding = read('bucket_padding') || 'zero';
  if (padding !== 'zero' && padding !== 'edge')
    throw fail(`parameter 'bucket_padding': wanted zero or edge, got '${padding}'`);
  return {
    inputs: model.inputs.map(spec => labelled(spec, labels, named)),
    outputs: model.outputs.map(spec => labelled(spec, labels, named)),
    labels,
    buckets: readBuckets(text, labels, fail),
    mask,
    padding,
  };
}
