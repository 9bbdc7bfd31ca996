// Triton's ModelConfig as data: the messages, their fields with numbers and types, and which of them are not supported here.

export type ScalarType = 'string' | 'bool' | 'int32' | 'uint32' | 'int64' | 'uint64';

export interface FieldSpec {
  readonly number: number;
  /** A scalar type, or the name of an enumeration or of a message. */
  readonly type: string;
  readonly repeated?: true;
  /** Type of the keys, when the field is a map. */
  readonly keys?: ScalarType;
  /** At most one field of the same group is set. */
  readonly oneof?: string;
  /** Known, but refused by name unless it says what it says when absent. */
  readonly unsupported?: true;
}

type MessageSpec = Readonly<Record<string, FieldSpec>>;

/** Enumerators in the order of their numbers, from 0. */
export const enumerations = {
  DataType: [
    'TYPE_INVALID',
    'TYPE_BOOL',
    'TYPE_UINT8',
    'TYPE_UINT16',
    'TYPE_UINT32',
    'TYPE_UINT64',
    'TYPE_INT8',
    'TYPE_INT16',
    'TYPE_INT32',
    'TYPE_INT64',
    'TYPE_FP16',
    'TYPE_FP32',
    'TYPE_FP64',
    'TYPE_STRING',
    'TYPE_BF16',
  ],
  Format: ['FORMAT_NONE', 'FORMAT_NHWC', 'FORMAT_NCHW'],
  Kind: ['KIND_AUTO', 'KIND_GPU', 'KIND_CPU', 'KIND_MODEL'],
  TimeoutAction: ['REJECT', 'DELAY'],
} as const;

const no = { unsupported: true } as const;

const ModelConfig: MessageSpec = {
  name: { number: 1, type: 'string' },
  platform: { number: 2, type: 'string' },
  backend: { number: 17, type: 'string' },
  runtime: { number: 25, type: 'string', ...no },
  version_policy: { number: 3, type: 'ModelVersionPolicy' },
  max_batch_size: { number: 4, type: 'int32' },
  input: { number: 5, type: 'ModelInput', repeated: true },
  output: { number: 6, type: 'ModelOutput', repeated: true },
  batch_input: { number: 20, type: 'BatchInput', repeated: true, ...no },
  batch_output: { number: 21, type: 'BatchOutput', repeated: true, ...no },
  optimization: { number: 12, type: 'ModelOptimizationPolicy', ...no },
  dynamic_batching: { number: 11, type: 'ModelDynamicBatching', oneof: 'scheduling_choice' },
  sequence_batching: { number: 13, type: 'ModelSequenceBatching', oneof: 'scheduling_choice', ...no },
  ensemble_scheduling: { number: 15, type: 'ModelEnsembling', oneof: 'scheduling_choice', ...no },
  instance_group: { number: 7, type: 'ModelInstanceGroup', repeated: true },
  default_model_filename: { number: 8, type: 'string', ...no },
  cc_model_filenames: { number: 9, type: 'string', keys: 'string', ...no },
  metric_tags: { number: 10, type: 'string', keys: 'string', ...no },
  parameters: { number: 14, type: 'ModelParameter', keys: 'string' },
  model_warmup: { number: 16, type: 'ModelWarmup', repeated: true },
  model_operations: { number: 18, type: 'ModelOperations', ...no },
  model_transaction_policy: { number: 19, type: 'ModelTransactionPolicy' },
  model_repository_agents: { number: 23, type: 'ModelRepositoryAgents', ...no },
  response_cache: { number: 24, type: 'ModelResponseCache' },
  model_metrics: { number: 26, type: 'ModelMetrics', ...no },
};

const ModelInput: MessageSpec = {
  name: { number: 1, type: 'string' },
  data_type: { number: 2, type: 'DataType' },
  format: { number: 3, type: 'Format', ...no },
  dims: { number: 4, type: 'int64', repeated: true },
  reshape: { number: 5, type: 'ModelTensorReshape', ...no },
  is_shape_tensor: { number: 6, type: 'bool', ...no },
  allow_ragged_batch: { number: 7, type: 'bool', ...no },
  optional: { number: 8, type: 'bool', ...no },
  is_non_linear_format_io: { number: 9, type: 'bool', ...no },
};

const ModelOutput: MessageSpec = {
  name: { number: 1, type: 'string' },
  data_type: { number: 2, type: 'DataType' },
  dims: { number: 3, type: 'int64', repeated: true },
  reshape: { number: 5, type: 'ModelTensorReshape', ...no },
  label_filename: { number: 4, type: 'string', ...no },
  is_shape_tensor: { number: 6, type: 'bool', ...no },
  is_non_linear_format_io: { number: 7, type: 'bool', ...no },
};

const ModelInstanceGroup: MessageSpec = {
  name: { number: 1, type: 'string' },
  kind: { number: 4, type: 'Kind' },
  count: { number: 2, type: 'int32' },
  rate_limiter: { number: 6, type: 'ModelRateLimiter', ...no },
  gpus: { number: 3, type: 'int32', repeated: true, ...no },
  secondary_devices: { number: 8, type: 'SecondaryDevice', repeated: true, ...no },
  profile: { number: 5, type: 'string', repeated: true, ...no },
  passive: { number: 7, type: 'bool', ...no },
  host_policy: { number: 9, type: 'string', ...no },
};

const ModelDynamicBatching: MessageSpec = {
  preferred_batch_size: { number: 1, type: 'int32', repeated: true },
  max_queue_delay_microseconds: { number: 2, type: 'uint64' },
  preserve_ordering: { number: 3, type: 'bool' },
  priority_levels: { number: 4, type: 'uint64' },
  default_priority_level: { number: 5, type: 'uint64' },
  default_queue_policy: { number: 6, type: 'ModelQueuePolicy' },
  priority_queue_policy: { number: 7, type: 'ModelQueuePolicy', keys: 'uint64' },
};

const ModelQueuePolicy: MessageSpec = {
  timeout_action: { number: 1, type: 'TimeoutAction' },
  default_timeout_microseconds: { number: 2, type: 'uint64' },
  allow_timeout_override: { number: 3, type: 'bool' },
  max_queue_size: { number: 4, type: 'uint32' },
};

const WarmupInput: MessageSpec = {
  data_type: { number: 1, type: 'DataType' },
  dims: { number: 2, type: 'int64', repeated: true },
  zero_data: { number: 3, type: 'bool', oneof: 'input_data_type' },
  random_data: { number: 4, type: 'bool', oneof: 'input_data_type' },
  input_data_file: { number: 5, type: 'string', oneof: 'input_data_type' },
};

export const messages: Readonly<Record<string, MessageSpec>> = {
  ModelConfig,
  ModelInput,
  ModelOutput,
  ModelInstanceGroup,
  ModelDynamicBatching,
  ModelQueuePolicy,
  ModelVersionPolicy: {
    latest: { number: 1, type: 'Latest', oneof: 'policy_choice' },
    all: { number: 2, type: 'All', oneof: 'policy_choice' },
    specific: { number: 3, type: 'Specific', oneof: 'policy_choice' },
  },
  Latest: { num_versions: { number: 1, type: 'uint32' } },
  All: {},
  Specific: { versions: { number: 1, type: 'int64', repeated: true } },
  ModelParameter: { string_value: { number: 1, type: 'string' } },
  ModelTransactionPolicy: { decoupled: { number: 1, type: 'bool' } },
  ModelResponseCache: { enable: { number: 1, type: 'bool' } },
  ModelWarmup: {
    name: { number: 1, type: 'string' },
    batch_size: { number: 2, type: 'uint32' },
    inputs: { number: 3, type: 'WarmupInput', keys: 'string' },
    count: { number: 4, type: 'uint32' },
  },
  WarmupInput,
};

const ranges: ReadonlyMap<string, readonly [bigint, bigint]> = new Map([
  ['int32', [-(2n ** 31n), 2n ** 31n - 1n]],
  ['uint32', [0n, 2n ** 32n - 1n]],
  ['int64', [-(2n ** 63n), 2n ** 63n - 1n]],
  ['uint64', [0n, 2n ** 64n - 1n]],
]);

/** What an integer type can hold; undefined for other types. */
export const rangeOf = (type: string): readonly [bigint, bigint] | undefined => ranges.get(type);

/** Enumerators of an enumeration; undefined for other types. */
export function enumeratorsOf(type: string): readonly string[] | undefined {
  return Object.entries(enumerations).find(([name]) => name === type)?.[1];
}

/** What a scalar or enumeration says when it is absent; undefined for messages. */
export function defaultOf(type: string): string | boolean | number | undefined {
  if (type === 'string') return '';
  if (type === 'bool') return false;
  return rangeOf(type) === undefined ? enumeratorsOf(type)?.[0] : 0;
}
