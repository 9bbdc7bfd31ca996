// The messages that the gRPC door answers with, as tables: fields with their numbers and types, in the form of the model room's ModelConfig.
import { type ConfigField, configEnumerators, configMessage } from '../../model/index.js';

export type MessageTable = Readonly<Record<string, ConfigField>>;

const string = (number: number): ConfigField => ({ number, type: 'string' });
const strings = (number: number): ConfigField => ({ number, type: 'string', repeated: true });
const bool = (number: number): ConfigField => ({ number, type: 'bool' });
const uint64 = (number: number): ConfigField => ({ number, type: 'uint64' });
const one = (number: number, type: string): ConfigField => ({ number, type });
const many = (number: number, type: string): ConfigField => ({ number, type, repeated: true });
const mapOf = (number: number, type: string): ConfigField => ({ number, type, keys: 'string' });
const choice = (number: number, type: string): ConfigField => ({ number, type, oneof: 'choice' });

const duration = (number: number): ConfigField => one(number, 'StatisticDuration');

const statistics: Readonly<Record<string, MessageTable>> = {
  StatisticDuration: { count: uint64(1), ns: uint64(2) },
  InferStatistics: {
    success: duration(1),
    fail: duration(2),
    queue: duration(3),
    compute_input: duration(4),
    compute_infer: duration(5),
    compute_output: duration(6),
    cache_hit: duration(7),
    cache_miss: duration(8),
  },
  InferResponseStatistics: {
    compute_infer: duration(1),
    compute_output: duration(2),
    success: duration(3),
    fail: duration(4),
    empty_response: duration(5),
    cancel: duration(6),
  },
  InferBatchStatistics: {
    batch_size: uint64(1),
    compute_input: duration(2),
    compute_infer: duration(3),
    compute_output: duration(4),
  },
  MemoryUsage: { type: string(1), id: one(2, 'int64'), byte_size: uint64(3) },
  ModelStatistics: {
    name: string(1),
    version: string(2),
    last_inference: uint64(3),
    inference_count: uint64(4),
    execution_count: uint64(5),
    inference_stats: one(6, 'InferStatistics'),
    batch_stats: many(7, 'InferBatchStatistics'),
    memory_usage: many(8, 'MemoryUsage'),
    response_stats: mapOf(9, 'InferResponseStatistics'),
  },
  ModelStatisticsResponse: { model_stats: many(1, 'ModelStatistics') },
};

const settings: Readonly<Record<string, MessageTable>> = {
  SystemSharedMemoryStatusResponse: { regions: mapOf(1, 'SystemRegion') },
  SystemRegion: { name: string(1), key: string(2), offset: uint64(3), byte_size: uint64(4) },
  CudaSharedMemoryStatusResponse: { regions: mapOf(1, 'CudaRegion') },
  CudaRegion: { name: string(1), device_id: uint64(2), byte_size: uint64(3) },
  TraceSettingResponse: { settings: mapOf(1, 'TraceValue') },
  TraceValue: { value: strings(1) },
  LogSettingsResponse: { settings: mapOf(1, 'LogValue') },
  LogValue: { bool_param: choice(1, 'bool'), uint32_param: choice(2, 'uint32'), string_param: choice(3, 'string') },
};

const messages: ReadonlyMap<string, MessageTable> = new Map(
  Object.entries({
    ServerLiveResponse: { live: bool(1) },
    ServerReadyResponse: { ready: bool(1) },
    ModelReadyResponse: { ready: bool(1) },
    ServerMetadataResponse: { name: string(1), version: string(2), extensions: strings(3) },
    ModelMetadataResponse: {
      name: string(1),
      versions: strings(2),
      platform: string(3),
      inputs: many(4, 'TensorMetadata'),
      outputs: many(5, 'TensorMetadata'),
    },
    TensorMetadata: {
      name: string(1),
      datatype: string(2),
      shape: { number: 3, type: 'int64', repeated: true },
    },
    ModelConfigResponse: { config: one(1, 'ModelConfig') },
    RepositoryIndexResponse: { models: many(1, 'ModelIndex') },
    ModelIndex: { name: string(1), version: string(2), state: string(3), reason: string(4) },
    HealthCheckResponse: { status: one(1, 'ServingStatus') },
    Empty: {},
    ...statistics,
    ...settings,
  }),
);

/** From grpc.health.v1, in the order of their numbers. */
export const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

/** The fields of a message, ours or of ModelConfig; undefined for other types. */
export const tableOf = (type: string): MessageTable | undefined => messages.get(type) ?? configMessage(type);

export const enumeratorsOf = (type: string): readonly string[] | undefined =>
  type === 'ServingStatus' ? servingStatuses : configEnumerators(type);
