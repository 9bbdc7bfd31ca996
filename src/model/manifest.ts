// What a package says of itself beside Triton's configuration: physics, units, guard, lineage, figures, digests. Version 1 of the format.

import { z } from 'zod';
import { type DType, faultLines, GalerkinError } from '../base/index.js';

/** Version of the format that is written and read. */
export const manifestFormat = 1;

const text = z.string().min(1, 'wanted text, got an empty string');
const size = z.int().refine(value => value === -1 || value >= 1, 'wanted -1 (any size) or a size of at least 1');
const fraction = z.number().gt(0).lte(1);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'wanted sha256:<64 hexadecimal digits>');
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'wanted a plain file name');
const dtypes = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'BF16',
  'FP32',
  'FP64',
  'BYTES',
] as const satisfies readonly DType[];

const tensor = z.strictObject({
  name: text,
  dtype: z.enum(dtypes),
  /** Of one item: without the batch axis. */
  shape: z.array(size).min(1),
  /** Unit of the values; '1' when they have none. */
  unit: text,
  description: text,
  /** Values that the model was made for; others are answered too, and the guard judges. */
  range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low <= high, 'wanted [lowest, highest]')
    .optional(),
  /** NaN and infinities are refused. */
  finite: z.boolean(),
  /** The points that the last axes run over: their names, outermost first, and their spacing. */
  grid: z.strictObject({ axes: z.array(text).min(1), spacing: z.number().positive() }).optional(),
});

const guard = z
  .strictObject({
    /** What happens to an answer over a bound, unless the request says otherwise. */
    policy: z.enum(['annotate', 'reject', 'fallback']),
    /** Largest accepted relative residual of the discrete equation. */
    residualBound: z.number().positive(),
    /** Largest accepted relative imbalance of the global flux. */
    fluxBound: z.number().positive(),
    calibration: z.strictObject({
      /** How many held-out fields the bounds were taken from. */
      fields: z.int().min(1),
      quantile: fraction,
      seed: z.int(),
      residualQuantiles: z.array(z.strictObject({ quantile: z.number().min(0).max(1), value: z.number().min(0) })),
      method: text,
    }),
    /** Model that computes what the guard does not accept. */
    fallback: text.optional(),
    /** The guard's output that is a map of the residual over the grid. */
    mapOutput: text.optional(),
  })
  .refine(({ policy, fallback }) => policy !== 'fallback' || fallback !== undefined, {
    message: "wanted the name of a model, because the policy is 'fallback'",
    path: ['fallback'],
  });

const lineage = z.strictObject({
  createdAt: z.iso.datetime({ offset: true }),
  galerkinVersion: text,
  seed: z.int().optional(),
  /** What was done, with every option that changes the result. */
  recipe: z.record(z.string(), z.unknown()).default({}),
  gitCommit: text.optional(),
  dataDigest: digest.optional(),
  /** The package that this one was made from, as name/version. */
  parent: text.optional(),
});

/** How this version runs best, as measured: takes the place of what config.pbtxt, which all versions share, says of it. */
const runtime = z.strictObject({
  /** Threads that compute one run together. */
  threads: z.int().min(1).max(256),
  instances: z.int().min(1).max(1024),
  /** The runtime's own optimizations of the graph. */
  graphLevel: z.enum(['basic', 'extended', 'all']),
  /** Sizes that dynamic batching prefers, where the configuration has it. */
  preferredBatchSizes: z.array(z.int().min(1)).default([]),
});

export const manifestSchema = z
  .strictObject({
    format: z.literal(manifestFormat),
    name: text,
    version: z.int().min(1),
    /** One line for people. */
    title: text,
    /** What it solves; absent for models that came from elsewhere. */
    problem: z.strictObject({ name: text, n: z.int().min(2) }).optional(),
    inputs: z.array(tensor).min(1),
    outputs: z.array(tensor).min(1),
    /** How values are scaled, and whether the exported graph does it itself. */
    normalisation: z.strictObject({ method: text, inGraph: z.boolean() }).optional(),
    guard: guard.optional(),
    lineage,
    /** Figures of quality, each a number; `testError` is the mean relative L2 error on unseen fields. */
    metrics: z
      .object({ testError: z.number().min(0).optional() })
      .catchall(z.number())
      .default({}),
    /** The programs: file names in the version's folder. Absent for backends that need none. */
    onnx: z.strictObject({ model: fileName, guard: fileName.optional() }).optional(),
    runtime: runtime.optional(),
    digests: z.record(fileName, digest),
  })
  .superRefine(({ onnx, digests, guard: judged }, context) => {
    if (judged !== undefined && onnx?.guard === undefined) {
      context.addIssue({ code: 'custom', message: 'wanted the file of the guard program', path: ['onnx', 'guard'] });
    }
    for (const key of ['model', 'guard'] as const) {
      const file = onnx?.[key];
      if (file === undefined || Object.hasOwn(digests, file)) continue;
      context.addIssue({ code: 'custom', message: `wanted '${file}' among the digests`, path: ['onnx', key] });
    }
  });

export type Manifest = Readonly<z.infer<typeof manifestSchema>>;
export type TensorManifest = Manifest['inputs'][number];
export type RuntimeManifest = NonNullable<Manifest['runtime']>;
export type GuardManifest = NonNullable<Manifest['guard']>;
/** A manifest before publication: name, version and digests are filled in by `writePackage`. */
export type ManifestDraft = Omit<z.input<typeof manifestSchema>, 'format' | 'name' | 'version' | 'digests'>;

/**
 * Checks a manifest that was read or made.
 * @throws MANIFEST_INVALID with all faults.
 */
export function parseManifest(value: unknown, path = 'manifest.json'): Manifest {
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new GalerkinError('MANIFEST_INVALID', { path, faults: faultLines(parsed.error) });
}
