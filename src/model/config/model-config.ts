// A model's configuration as typed data, complete with defaults: the part of Triton's ModelConfig that is supported here.

import { z } from 'zod';
import { faultLines, GalerkinError } from '../../base/index.js';
import { checkDynamicBatching, dynamicBatching } from './batching.js';
import { checkEnsemble, ensembleScheduling } from './ensembles.js';
import { instanceGroup, metrics, repositoryAgents, versionPolicy, warmup } from './lifecycle.js';
import { optimization } from './optimization.js';
import { checkSequences, sequenceBatching } from './sequences.js';
import { inputSchema, outputSchema } from './tensors.js';
import { checkUnique } from './values.js';

const schedulers = ['dynamic_batching', 'sequence_batching', 'ensemble_scheduling'] as const;

const fields = z.strictObject({
  name: z.string().default(''),
  platform: z.string().default(''),
  backend: z.string().default(''),
  version_policy: versionPolicy.optional(),
  /** Largest batch; 0: the model has no batch axis. Otherwise `dims` leave out the batch axis, which comes first. */
  max_batch_size: z.int().min(0).default(0),
  input: z.array(inputSchema).default([]),
  output: z.array(outputSchema).default([]),
  optimization: optimization.optional(),
  dynamic_batching: dynamicBatching.optional(),
  sequence_batching: sequenceBatching.optional(),
  ensemble_scheduling: ensembleScheduling.optional(),
  instance_group: z.array(instanceGroup).default([]),
  /** The program in the version's folder; '': model.onnx. */
  default_model_filename: z
    .string()
    .regex(/^([A-Za-z0-9][A-Za-z0-9._-]{0,127})?$/, 'wanted a plain file name')
    .default(''),
  metric_tags: z.record(z.string(), z.string()).default({}),
  parameters: z.record(z.string(), z.strictObject({ string_value: z.string().default('') })).default({}),
  model_warmup: z.array(warmup).default([]),
  model_transaction_policy: z.strictObject({ decoupled: z.boolean().default(false) }).optional(),
  model_repository_agents: repositoryAgents.optional(),
  response_cache: z.strictObject({ enable: z.boolean().default(false) }).optional(),
  model_metrics: metrics.optional(),
});

function checkTogether(config: z.infer<typeof fields>, context: z.RefinementCtx): void {
  const { max_batch_size: max, dynamic_batching: batching, sequence_batching: sequences } = config;
  checkUnique(config.input, ['input'], context);
  checkUnique(config.output, ['output'], context);
  const [first, second] = schedulers.filter(scheduler => config[scheduler] !== undefined);
  if (second !== undefined) {
    context.addIssue({ code: 'custom', message: `excludes '${first}': only one of them can be set`, path: [second] });
  }
  if (batching !== undefined) checkDynamicBatching(batching, max, context);
  if (sequences !== undefined) checkSequences(sequences, max, context);
  if (config.ensemble_scheduling === undefined) {
    if (config.platform !== 'ensemble') return;
    context.addIssue({ code: 'custom', message: 'an ensemble wants ensemble_scheduling', path: ['platform'] });
    return;
  }
  checkEnsemble(config.ensemble_scheduling.step, config, context);
  if (config.instance_group.length > 0) {
    context.addIssue({ code: 'custom', message: 'an ensemble has no instances of its own', path: ['instance_group'] });
  }
}

export const modelConfigSchema = fields.superRefine(checkTogether);

/** A complete configuration, with Triton's field names. */
export type ModelConfig = Readonly<z.infer<typeof modelConfigSchema>>;
/** The same as a person writes it: what has a default may be left out. */
export type ModelConfigInput = z.input<typeof modelConfigSchema>;
export type InputConfig = ModelConfig['input'][number];
export type OutputConfig = ModelConfig['output'][number];
export type TensorConfig = InputConfig | OutputConfig;

/**
 * Completes and checks a configuration written as data.
 * @throws MODEL_CONFIG_INVALID with all faults.
 */
export function modelConfig(input: ModelConfigInput): ModelConfig {
  const parsed = modelConfigSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new GalerkinError('MODEL_CONFIG_INVALID', { path: input.name ?? 'config', faults: faultLines(parsed.error) });
}
