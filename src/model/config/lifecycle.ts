// What surrounds a model's work: instances and what they share, versions, warm-up, agents of the repository, metrics.
import { z } from 'zod';
import { isRelativePath } from '../names.js';
import { enumerations } from './enumerations.js';
import { name, relativePath, saidDataType, unsigned } from './values.js';

export const instanceGroup = z.strictObject({
  name: z.string().default(''),
  kind: z
    .enum(enumerations.Kind)
    .refine(kind => kind !== 'KIND_GPU', 'KIND_GPU is known, but not supported here: wanted KIND_CPU or KIND_AUTO')
    .default('KIND_AUTO'),
  count: z.int().min(1, 'wanted at least one instance').default(1),
  rate_limiter: z
    .strictObject({
      resources: z
        .array(z.strictObject({ name, global: z.boolean().default(false), count: unsigned.default(0) }))
        .default([]),
      /** Relative weight: an instance of priority 2 gets half the turns of one of priority 1; 0 stands for 1. */
      priority: unsigned.default(0),
    })
    .optional(),
});

export const versionPolicy = z.strictObject({
  latest: z.strictObject({ num_versions: z.int().min(1).default(1) }).optional(),
  all: z.strictObject({}).optional(),
  specific: z.strictObject({ versions: z.array(z.int().min(1)).min(1) }).optional(),
});

export const warmup = z.strictObject({
  name,
  batch_size: unsigned.default(0),
  inputs: z
    .record(
      z.string(),
      z.strictObject({
        data_type: saidDataType,
        dims: z.array(z.int().min(1)).default([]),
        zero_data: z.boolean().optional(),
        random_data: z.boolean().optional(),
        /** A file below the model's folder `warmup`. */
        input_data_file: relativePath.optional(),
      }),
    )
    .default({}),
  count: unsigned.default(0),
});

/** The one agent that is known here compares files with the MD5 sums of its parameters, 'MD5:path' → sum. */
const checksumAgent = z.strictObject({
  name: z.string().refine(agent => agent === 'checksum', "the only agent that is supported here is 'checksum'"),
  parameters: z
    .record(
      z
        .string()
        .refine(key => /^MD5:/.test(key) && isRelativePath(key.slice(4)), "wanted 'MD5:' and a path below the model"),
      z.string().regex(/^[0-9a-fA-F]{32}$/, 'wanted 32 hexadecimal digits'),
    )
    .default({}),
});

export const repositoryAgents = z.strictObject({ agents: z.array(checksumAgent).default([]) });

export const metrics = z.strictObject({
  metric_control: z
    .array(
      z.strictObject({
        metric_identifier: z.strictObject({ family: z.string().default('') }).optional(),
        histogram_options: z.strictObject({ buckets: z.array(z.number()).default([]) }).optional(),
      }),
    )
    .default([]),
});
