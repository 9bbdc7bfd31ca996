// The adviser on disk: the ONNX model that answers, and beside it the trees that explain it, what it was made from and how good it was.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { faultLines, GalerkinError } from '../../../base/index.js';
import type { Quality } from '../boosting/quality.js';
import type { Forest } from '../boosting/tree.js';
import { features } from '../features/features.js';

const onnxName = 'adviser.onnx';
const jsonName = 'adviser.json';

const finite = z.number();
const treeSchema = z
  .strictObject({
    feature: z.array(z.int().min(-1)).min(1).max(1023),
    threshold: z.array(finite),
    missingLeft: z.array(z.boolean()),
    left: z.array(z.int()),
    right: z.array(z.int()),
    value: z.array(finite),
    cover: z.array(finite.nonnegative()),
  })
  .refine(
    tree => Object.values(tree).every(column => column.length === tree.feature.length),
    'wanted one entry a node in every column',
  )
  .refine(
    // Children come after their parents, so that every walk ends.
    ({ feature, left, right }) =>
      feature.every((asked, node) =>
        asked < 0
          ? true
          : asked < features.length && [left[node], right[node]].every(child => child > node && child < feature.length),
      ),
    'wanted children after their parents, and features that exist',
  );

const fileSchema = z.strictObject({
  format: z.literal(1),
  /** Of the ONNX file beside. */
  sha256: z.string(),
  seed: z.int(),
  features: z.array(z.string()),
  forest: z.strictObject({ base: finite, trees: z.array(treeSchema).min(1) }),
  quality: z.strictObject({
    rows: z.int(),
    worse: finite,
    auc: finite,
    brier: finite,
    calibrationError: finite,
    confidence: finite,
    confident: finite,
    right: finite.nullable(),
  }),
});

export interface AdviserModel {
  readonly onnx: Uint8Array;
  readonly forest: Forest;
  readonly quality: Omit<Quality, 'right'> & { readonly right: number | null };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Readers see the old file or the new one, never a part. */
async function replace(path: string, content: Uint8Array | string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, content);
  await rename(draft, path);
}

/** Writes adviser.onnx and adviser.json. @returns bytes of both */
export async function writeAdviser(
  folder: string,
  { forest, quality, seed }: { readonly forest: Forest; readonly quality: Quality; readonly seed: number },
): Promise<{ readonly onnxBytes: number; readonly jsonBytes: number }> {
  // Only who trains writes: a server that reads need not load the graphs' room.
  const { forestModel } = await import('./forest-onnx.js');
  const onnx = forestModel(forest, features.length);
  const names = features.map(({ name }) => name);
  const json = JSON.stringify({ format: 1, sha256: sha256(onnx), seed, features: names, forest, quality });
  await mkdir(folder, { recursive: true });
  await replace(join(folder, onnxName), onnx);
  await replace(join(folder, jsonName), json);
  return { onnxBytes: onnx.length, jsonBytes: json.length };
}

function parsed(path: string, text: string): z.infer<typeof fileSchema> {
  const fail = (why: string, cause?: unknown): never => {
    throw new GalerkinError('ADVISER_UNUSABLE', { path, why }, { cause });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return fail('it is not JSON', cause);
  }
  const found = fileSchema.safeParse(value);
  if (!found.success) return fail(faultLines(found.error).slice(0, 3).join('; '));
  const ours = features.map(({ name }) => name);
  if (found.data.features.join() !== ours.join()) return fail('it was trained on other features than this version has');
  return found.data;
}

async function existing<T>(path: string, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (cause) {
    throw new GalerkinError('ADVISER_UNUSABLE', { path, why: 'it cannot be read' }, { cause });
  }
}

/** Reads both files and checks that they belong together. @throws ADVISER_UNUSABLE */
export async function readAdviser(folder: string): Promise<AdviserModel> {
  const path = join(folder, onnxName);
  const onnx = await existing(path, readFile(path));
  const jsonPath = join(folder, jsonName);
  const { forest, quality, sha256: wanted } = parsed(jsonPath, await existing(jsonPath, readFile(jsonPath, 'utf8')));
  if (sha256(onnx) !== wanted)
    throw new GalerkinError('ADVISER_UNUSABLE', { path, why: `it is not the one that ${jsonName} describes` });
  return { onnx, forest, quality };
}
