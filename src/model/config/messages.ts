// Triton's ModelConfig as a table: its own fields, tensors, instances, versions, warm-up and the small messages.
import type { MessageSpec, MessageTable } from './field-spec.js';

const gpuOnly = 'instances run on the CPU';
const shapeTensors = 'it belongs to TensorRT';

const ModelConfig: MessageSpec = {
  name: { number: 1, type: 'string' },
  platform: { number: 2, type: 'string' },
  backend: { number: 17, type: 'string' },
  runtime: { number: 25, type: 'string', unsupported: 'the library of a backend cannot be chosen' },
  version_policy: { number: 3, type: 'ModelVersionPolicy' },
  max_batch_size: { number: 4, type: 'int32' },
  input: { number: 5, type: 'ModelInput', repeated: true },
  output: { number: 6, type: 'ModelOutput', repeated: true },
  batch_input: {
    number: 20,
    type: 'BatchInput',
    repeated: true,
    unsupported: 'inputs that the batcher makes are not fed',
  },
  batch_output: {
    number: 21,
    type: 'BatchOutput',
    repeated: true,
    unsupported: 'outputs are split along the first axis only',
  },
  optimization: { number: 12, type: 'ModelOptimizationPolicy' },
  dynamic_batching: { number: 11, type: 'ModelDynamicBatching', oneof: 'scheduling_choice' },
  sequence_batching: { number: 13, type: 'ModelSequenceBatching', oneof: 'scheduling_choice' },
  ensemble_scheduling: { number: 15, type: 'ModelEnsembling', oneof: 'scheduling_choice' },
  instance_group: { number: 7, type: 'ModelInstanceGroup', repeated: true },
  default_model_filename: { number: 8, type: 'string' },
  cc_model_filenames: { number: 9, type: 'string', keys: 'string', unsupported: 'it picks files by the kind of GPU' },
  metric_tags: { number: 10, type: 'string', keys: 'string' },
  parameters: { number: 14, type: 'ModelParameter', keys: 'string' },
  model_warmup: { number: 16, type: 'ModelWarmup', repeated: true },
  model_operations: { number: 18, type: 'ModelOperations', unsupported: 'libraries of operators are never loaded' },
  model_transaction_policy: { number: 19, type: 'ModelTransactionPolicy' },
  model_repository_agents: { number: 23, type: 'ModelRepositoryAgents' },
  response_cache: { number: 24, type: 'ModelResponseCache' },
  model_metrics: { number: 26, type: 'ModelMetrics' },
};

const ModelInput: MessageSpec = {
  name: { number: 1, type: 'string' },
  data_type: { number: 2, type: 'DataType' },
  format: { number: 3, type: 'Format' },
  dims: { number: 4, type: 'int64', repeated: true },
  reshape: { number: 5, type: 'ModelTensorReshape' },
  is_shape_tensor: { number: 6, type: 'bool', unsupported: shapeTensors },
  allow_ragged_batch: { number: 7, type: 'bool' },
  optional: { number: 8, type: 'bool' },
  is_non_linear_format_io: { number: 9, type: 'bool', unsupported: shapeTensors },
};

const ModelOutput: MessageSpec = {
  name: { number: 1, type: 'string' },
  data_type: { number: 2, type: 'DataType' },
  dims: { number: 3, type: 'int64', repeated: true },
  reshape: { number: 5, type: 'ModelTensorReshape' },
  label_filename: { number: 4, type: 'string' },
  is_shape_tensor: { number: 6, type: 'bool', unsupported: shapeTensors },
  is_non_linear_format_io: { number: 7, type: 'bool', unsupported: shapeTensors },
};

const ModelInstanceGroup: MessageSpec = {
  name: { number: 1, type: 'string' },
  kind: { number: 4, type: 'Kind' },
  count: { number: 2, type: 'int32' },
  rate_limiter: { number: 6, type: 'ModelRateLimiter' },
  gpus: { number: 3, type: 'int32', repeated: true, unsupported: gpuOnly },
  secondary_devices: { number: 8, type: 'SecondaryDevice', repeated: true, unsupported: gpuOnly },
  profile: { number: 5, type: 'string', repeated: true, unsupported: shapeTensors },
  passive: { number: 7, type: 'bool', unsupported: 'every instance takes requests' },
  host_policy: { number: 9, type: 'string', unsupported: 'instances are not pinned to parts of the machine' },
};

const WarmupInput: MessageSpec = {
  data_type: { number: 1, type: 'DataType' },
  dims: { number: 2, type: 'int64', repeated: true },
  zero_data: { number: 3, type: 'bool', oneof: 'input_data_type' },
  random_data: { number: 4, type: 'bool', oneof: 'input_data_type' },
  input_data_file: { number: 5, type: 'string', oneof: 'input_data_type' },
};

export const modelMessages: MessageTable = {
  ModelConfig,
  ModelInput,
  ModelOutput,
  ModelTensorReshape: { shape: { number: 1, type: 'int64', repeated: true } },
  ModelInstanceGroup,
  ModelRateLimiter: {
    resources: { number: 1, type: 'Resource', repeated: true },
    priority: { number: 2, type: 'uint32' },
  },
  Resource: {
    name: { number: 1, type: 'string' },
    global: { number: 2, type: 'bool' },
    count: { number: 3, type: 'uint32' },
  },
  SecondaryDevice: {
    kind: { number: 1, type: 'SecondaryDeviceKind' },
    device_id: { number: 2, type: 'int64', textInJson: true },
  },
  ModelVersionPolicy: {
    latest: { number: 1, type: 'Latest', oneof: 'policy_choice' },
    all: { number: 2, type: 'All', oneof: 'policy_choice' },
    specific: { number: 3, type: 'Specific', oneof: 'policy_choice' },
  },
  Latest: { num_versions: { number: 1, type: 'uint32' } },
  All: {},
  Specific: { versions: { number: 1, type: 'int64', repeated: true } },
  BatchInput: {
    kind: { number: 1, type: 'BatchInputKind' },
    target_name: { number: 2, type: 'string', repeated: true },
    data_type: { number: 3, type: 'DataType' },
    source_input: { number: 4, type: 'string', repeated: true },
  },
  BatchOutput: {
    target_name: { number: 1, type: 'string', repeated: true },
    kind: { number: 2, type: 'BatchOutputKind' },
    source_input: { number: 3, type: 'string', repeated: true },
  },
  ModelParameter: { string_value: { number: 1, type: 'string' } },
  ModelTransactionPolicy: { decoupled: { number: 1, type: 'bool' } },
  ModelResponseCache: { enable: { number: 1, type: 'bool' } },
  ModelOperations: { op_library_filename: { number: 1, type: 'string', repeated: true } },
  ModelWarmup: {
    name: { number: 1, type: 'string' },
    batch_size: { number: 2, type: 'uint32' },
    inputs: { number: 3, type: 'WarmupInput', keys: 'string' },
    count: { number: 4, type: 'uint32' },
  },
  WarmupInput,
  ModelRepositoryAgents: { agents: { number: 1, type: 'Agent', repeated: true } },
  Agent: { name: { number: 1, type: 'string' }, parameters: { number: 2, type: 'string', keys: 'string' } },
  ModelMetrics: { metric_control: { number: 1, type: 'MetricControl', repeated: true } },
  MetricControl: {
    metric_identifier: { number: 1, type: 'MetricIdentifier' },
    histogram_options: { number: 2, type: 'HistogramOptions', oneof: 'metric_options' },
  },
  MetricIdentifier: { family: { number: 1, type: 'string' } },
  HistogramOptions: { buckets: { number: 1, type: 'double', repeated: true } },
};
