// Inputs and outputs of a model as its configuration declares them.
import { z } from 'zod';
import { enumerations } from './enumerations.js';
import { dataType, name, relativePath, size } from './values.js';

/** Element counts between the sizes that are free, so that two shapes with the same ones hold the same elements. */
function segments(shape: readonly number[]): number[] {
  const products = [1];
  for (const each of shape) {
    if (each === -1) products.push(1);
    else products.push((products.pop() ?? 1) * each);
  }
  return products;
}

interface Reshaped {
  readonly dims: readonly number[];
  readonly reshape?: { readonly shape: readonly number[] } | undefined;
}

/** The same elements in both shapes, or nothing said of one of them. */
function keepsElements({ dims, reshape }: Reshaped): boolean {
  if (reshape === undefined || dims.length === 0) return true;
  const [from, to] = [segments(dims), segments(reshape.shape)];
  return from.length === to.length && from.every((product, k) => product === to[k]);
}

const sameElements = { message: 'wanted as many elements as dims has', path: ['reshape'] };

const shared = {
  name,
  data_type: dataType,
  /** Of one item, without the batch axis; empty until the graph completes it. */
  dims: z.array(size).default([]),
  /** The shape in the graph, where it is another one than clients see; may be empty. */
  reshape: z.strictObject({ shape: z.array(size).default([]) }).optional(),
};

export const inputSchema = z
  .strictObject({
    ...shared,
    /** How images are laid out; says nothing to the engine. */
    format: z.enum(enumerations.Format).default('FORMAT_NONE'),
    /** Requests of different shapes go into one batch, their elements one after another. */
    allow_ragged_batch: z.boolean().default(false),
    /** A request may leave it out. */
    optional: z.boolean().default(false),
  })
  .refine(keepsElements, sameElements)
  .refine(({ format, dims }) => format === 'FORMAT_NONE' || [0, 3].includes(dims.length), {
    message: 'wanted three sizes for an image',
    path: ['format'],
  });

export const outputSchema = z
  .strictObject({
    ...shared,
    /** A file beside config.pbtxt with the name of one class per line; '' for none. */
    label_filename: z.union([z.literal(''), relativePath]).default(''),
  })
  .refine(keepsElements, sameElements);
