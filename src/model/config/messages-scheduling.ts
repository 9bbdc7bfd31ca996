// Triton's schema, the part that schedules and optimises: batching, queues, sequences, ensembles, optimization.
import type { MessageSpec, MessageTable } from './field-spec.js';

const ModelDynamicBatching: MessageSpec = {
  preferred_batch_size: { number: 1, type: 'int32', repeated: true },
  max_queue_delay_microseconds: { number: 2, type: 'uint64' },
  preserve_ordering: { number: 3, type: 'bool' },
  priority_levels: { number: 4, type: 'uint64' },
  default_priority_level: { number: 5, type: 'uint64' },
  default_queue_policy: { number: 6, type: 'ModelQueuePolicy' },
  priority_queue_policy: { number: 7, type: 'ModelQueuePolicy', keys: 'uint64' },
};

const ModelSequenceBatching: MessageSpec = {
  direct: { number: 3, type: 'StrategyDirect', oneof: 'strategy_choice' },
  oldest: { number: 4, type: 'StrategyOldest', oneof: 'strategy_choice' },
  max_sequence_idle_microseconds: { number: 1, type: 'uint64' },
  control_input: { number: 2, type: 'ControlInput', repeated: true },
  state: { number: 5, type: 'State', repeated: true },
  iterative_sequence: { number: 6, type: 'bool', unsupported: 'a request is not fed back into its own sequence' },
};

const sequenceMessages: MessageTable = {
  ModelSequenceBatching,
  StrategyDirect: {
    max_queue_delay_microseconds: { number: 1, type: 'uint64' },
    minimum_slot_utilization: { number: 2, type: 'float' },
  },
  StrategyOldest: {
    max_candidate_sequences: { number: 1, type: 'int32' },
    preferred_batch_size: { number: 2, type: 'int32', repeated: true },
    max_queue_delay_microseconds: { number: 3, type: 'uint64' },
    preserve_ordering: { number: 4, type: 'bool' },
  },
  ControlInput: {
    name: { number: 1, type: 'string' },
    control: { number: 2, type: 'Control', repeated: true },
  },
  Control: {
    kind: { number: 1, type: 'ControlKind' },
    int32_false_true: { number: 2, type: 'int32', repeated: true },
    fp32_false_true: { number: 3, type: 'float', repeated: true },
    bool_false_true: { number: 5, type: 'bool', repeated: true },
    data_type: { number: 4, type: 'DataType' },
  },
  State: {
    input_name: { number: 1, type: 'string' },
    output_name: { number: 2, type: 'string' },
    data_type: { number: 3, type: 'DataType' },
    dims: { number: 4, type: 'int64', repeated: true },
    initial_state: { number: 5, type: 'InitialState', repeated: true },
    use_same_buffer_for_input_output: { number: 6, type: 'bool' },
    use_growable_memory: { number: 7, type: 'bool', unsupported: 'it is a kind of GPU memory' },
  },
  InitialState: {
    data_type: { number: 1, type: 'DataType' },
    dims: { number: 2, type: 'int64', repeated: true },
    zero_data: { number: 3, type: 'bool', oneof: 'state_data' },
    data_file: { number: 4, type: 'string', oneof: 'state_data' },
    name: { number: 5, type: 'string' },
  },
};

const ensembleMessages: MessageTable = {
  ModelEnsembling: {
    step: { number: 1, type: 'Step', repeated: true },
    max_inflight_requests: { number: 2, type: 'uint32' },
  },
  Step: {
    model_name: { number: 1, type: 'string' },
    model_version: { number: 2, type: 'int64' },
    input_map: { number: 3, type: 'string', keys: 'string' },
    output_map: { number: 4, type: 'string', keys: 'string' },
    model_namespace: { number: 5, type: 'string', unsupported: 'all models share one space of names' },
  },
};

const optimizationMessages: MessageTable = {
  ModelOptimizationPolicy: {
    graph: { number: 1, type: 'OptimizationGraph' },
    priority: { number: 2, type: 'ModelPriority' },
    cuda: { number: 3, type: 'Cuda' },
    execution_accelerators: { number: 4, type: 'ExecutionAccelerators' },
    input_pinned_memory: { number: 5, type: 'PinnedMemoryBuffer' },
    output_pinned_memory: { number: 6, type: 'PinnedMemoryBuffer' },
    gather_kernel_buffer_threshold: { number: 7, type: 'uint32' },
    eager_batching: { number: 8, type: 'bool' },
  },
  OptimizationGraph: { level: { number: 1, type: 'int32' } },
  Cuda: {
    graphs: { number: 1, type: 'bool' },
    busy_wait_events: { number: 2, type: 'bool' },
    graph_spec: { number: 3, type: 'GraphSpec', repeated: true },
    output_copy_stream: { number: 4, type: 'bool' },
  },
  GraphSpec: {
    batch_size: { number: 1, type: 'int32' },
    input: { number: 2, type: 'Shape', keys: 'string' },
    graph_lower_bound: { number: 3, type: 'LowerBound' },
  },
  LowerBound: { batch_size: { number: 1, type: 'int32' }, input: { number: 2, type: 'Shape', keys: 'string' } },
  Shape: { dim: { number: 1, type: 'int64', repeated: true, textInJson: true } },
  ExecutionAccelerators: {
    gpu_execution_accelerator: { number: 1, type: 'Accelerator', repeated: true },
    cpu_execution_accelerator: {
      number: 2,
      type: 'Accelerator',
      repeated: true,
      unsupported: 'the runtime has its own CPU provider only',
    },
  },
  Accelerator: { name: { number: 1, type: 'string' }, parameters: { number: 2, type: 'string', keys: 'string' } },
  PinnedMemoryBuffer: { enable: { number: 1, type: 'bool' } },
};

export const schedulingMessages: MessageTable = {
  ModelDynamicBatching,
  ModelQueuePolicy: {
    timeout_action: { number: 1, type: 'TimeoutAction' },
    default_timeout_microseconds: { number: 2, type: 'uint64' },
    allow_timeout_override: { number: 3, type: 'bool' },
    max_queue_size: { number: 4, type: 'uint32' },
  },
  ...sequenceMessages,
  ...ensembleMessages,
  ...optimizationMessages,
};
