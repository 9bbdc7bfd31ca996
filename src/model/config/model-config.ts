// A model's configuration as typed data, complete with defaults: the part of Triton's ModelConfig that is supported here.

import { z } from 'zod';
import { faultLines, GalerkinError } from '../../base/index.js';
import { enumerations } from './schema.js';

const unsigned = z.int().min(0);
const name = z.string().min(1, 'wanted a name, got an empty string');
const size = z.int().refine(value => value === -1 || value >= 1, 'wanted -1 (any size) or a size of at least 1');
const dataType = z
  .enum(enumerations.DataType)
  .refine(value => value !== 'TYPE_INVALID', 'wanted a data type, got TYPE_INVALID');

const tensorSpec = z.strictObject({
  name,
  data_type: dataType,
  dims: z.array(size).min(1, 'wanted at least one size'),
});

const queuePolicy = z.strictObject({
  timeout_action: z.enum(enumerations.TimeoutAction).default('REJECT'),
  default_timeout_microseconds: unsigned.default(0),
  allow_timeout_override: z.boolean().default(false),
  max_queue_size: unsigned.default(0),
});

const dynamicBatching = z.strictObject({
  preferred_batch_size: z.array(z.int().min(1)).default([]),
  max_queue_delay_microseconds: unsigned.default(0),
  preserve_ordering: z.boolean().default(false),
  priority_levels: unsigned.default(0),
  default_priority_level: unsigned.default(0),
  default_queue_policy: queuePolicy.optional(),
  priority_queue_policy: z.record(z.string().regex(/^\d+$/), queuePolicy).default({}),
});

const instanceGroup = z.strictObject({
  name: z.string().default(''),
  kind: z
    .enum(enumerations.Kind)
    .refine(kind => kind !== 'KIND_GPU', 'KIND_GPU is known, but not supported here: wanted KIND_CPU or KIND_AUTO')
    .default('KIND_AUTO'),
  count: z.int().min(1, 'wanted at least one instance').default(1),
});

const versionPolicy = z.strictObject({
  latest: z.strictObject({ num_versions: z.int().min(1).default(1) }).optional(),
  all: z.strictObject({}).optional(),
  specific: z.strictObject({ versions: z.array(z.int().min(1)).min(1) }).optional(),
});

const warmup = z.strictObject({
  name,
  batch_size: unsigned.default(0),
  inputs: z
    .record(
      z.string(),
      z.strictObject({
        data_type: dataType,
        dims: z.array(z.int().min(1)).default([]),
        zero_data: z.boolean().optional(),
        random_data: z.boolean().optional(),
        input_data_file: z.string().optional(),
      }),
    )
    .default({}),
  count: unsigned.default(0),
});

function checkUnique(names: readonly { readonly name: string }[], field: string, context: z.RefinementCtx): void {
  const seen = new Set<string>();
  names.forEach((item, k) => {
    if (seen.has(item.name)) {
      context.addIssue({ code: 'custom', message: `the name '${item.name}' is given twice`, path: [field, k, 'name'] });
    }
    seen.add(item.name);
  });
}

export const modelConfigSchema = z
  .strictObject({
    name: z.string().default(''),
    platform: z.string().default(''),
    backend: z.string().default(''),
    version_policy: versionPolicy.optional(),
    /** Largest batch; 0: the model has no batch axis. Otherwise `dims` leave out the batch axis, which comes first. */
    max_batch_size: z.int().min(0).default(0),
    input: z.array(tensorSpec).default([]),
    output: z.array(tensorSpec).default([]),
    dynamic_batching: dynamicBatching.optional(),
    instance_group: z.array(instanceGroup).default([]),
    parameters: z.record(z.string(), z.strictObject({ string_value: z.string().default('') })).default({}),
    model_warmup: z.array(warmup).default([]),
    model_transaction_policy: z.strictObject({ decoupled: z.boolean().default(false) }).optional(),
    response_cache: z.strictObject({ enable: z.boolean().default(false) }).optional(),
  })
  .superRefine((config, context) => {
    checkUnique(config.input, 'input', context);
    checkUnique(config.output, 'output', context);
    config.dynamic_batching?.preferred_batch_size.forEach((preferred, k) => {
      if (preferred <= config.max_batch_size) return;
      const message = `wanted at most max_batch_size (${config.max_batch_size}), got ${preferred}`;
      context.addIssue({ code: 'custom', message, path: ['dynamic_batching', 'preferred_batch_size', k] });
    });
    const { priority_levels: levels = 0, default_priority_level: level = 0 } = config.dynamic_batching ?? {};
    if (level > levels || (levels > 0 && level === 0)) {
      const message = `wanted a level from ${Math.min(levels, 1)} to priority_levels (${levels}), got ${level}`;
      context.addIssue({ code: 'custom', message, path: ['dynamic_batching', 'default_priority_level'] });
    }
  });

/** A complete configuration, with Triton's field names. */
export type ModelConfig = Readonly<z.infer<typeof modelConfigSchema>>;
/** The same as a person writes it: what has a default may be left out. */
export type ModelConfigInput = z.input<typeof modelConfigSchema>;
export type TensorConfig = ModelConfig['input'][number];

/**
 * Completes and checks a configuration written as data.
 * @throws MODEL_CONFIG_INVALID with all faults.
 */
export function modelConfig(input: ModelConfigInput): ModelConfig {
  const parsed = modelConfigSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new GalerkinError('MODEL_CONFIG_INVALID', { path: input.name ?? 'config', faults: faultLines(parsed.error) });
}
