// permutation.json: in which order the channels of each stream stand, for which model, and what the order was worth.
import { z } from 'zod';
import { faultLines, GalerkinError } from '../../base/index.js';
import { type Model, writeModel } from '../../graph/index.js';
import { sha256 } from '../../store/index.js';
import { foldWeights } from './fold-weights.js';
import { applyPermutations, isPermutation } from './permute.js';

const count = z
  .int()
  .min(0)
  .max(2 ** 31);
const streamSchema = z.strictObject({
  name: z.string().min(1).max(1024),
  size: count,
  /** index along the axis = (outer · size + channel) · inner + rest. */
  touches: z.array(z.strictObject({ constant: z.string(), axis: count, outer: count.min(1), inner: count.min(1) })),
  /** The k-th place takes channel permutation[k]. */
  permutation: z.array(count).refine(isPermutation, 'wanted each channel once'),
  objective: z.strictObject({ before: z.number(), after: z.number(), bound: z.number() }).nullable(),
});

export const permutationFileSchema = z
  .strictObject({
    format: z.literal('galerkin permutation 1'),
    /** SHA-256 of the model with its weights folded, before any channel was moved. */
    model: z.string().regex(/^sha256:[0-9a-f]{64}$/),
    objective: z.string(),
    streams: z.array(streamSchema),
  })
  .refine(({ streams }) => streams.every(({ size, permutation }) => permutation.length === size), {
    message: 'wanted permutations as long as their streams',
    path: ['streams'],
  });

export type PermutationFile = z.infer<typeof permutationFileSchema>;

/** Digest of a model's bytes as we write them. */
export const modelDigest = (model: Model): string => sha256(writeModel(model));

export const encodePermutations = (file: PermutationFile): string => `${JSON.stringify(file, undefined, 2)}\n`;

/** @throws OPTIMIZE_INPUT_INVALID with all faults. */
export function decodePermutations(text: string, name = 'permutation.json'): PermutationFile {
  const fail = (got: string): never => {
    throw new GalerkinError('OPTIMIZE_INPUT_INVALID', { what: name, wanted: 'permutations of streams', got });
  };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return fail('text that is not JSON');
  }
  const parsed = permutationFileSchema.safeParse(json);
  return parsed.success ? parsed.data : fail(faultLines(parsed.error).slice(0, 5).join('; '));
}

/**
 * The model in the order of the file. The file is refused for any other model than the one that it was made for.
 * @throws OPTIMIZE_INPUT_INVALID
 */
export async function applyPermutationFile(model: Model, file: PermutationFile): Promise<Model> {
  const base = await foldWeights(model);
  const digest = modelDigest(base);
  if (digest !== file.model)
    throw new GalerkinError('OPTIMIZE_INPUT_INVALID', {
      what: 'permutation.json',
      wanted: `the model ${file.model}`,
      got: digest,
    });
  return applyPermutations(base, file.streams);
}
