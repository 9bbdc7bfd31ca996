// What a server says of itself and its models, as typed values.
import { count, isRecord, list, record, text } from './json.js';

export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  /** -1 is any size; the first is the batch where the model takes batches. */
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

/** One line of the repository's index; a model that was never loaded has its name alone. */
export interface IndexEntry {
  readonly name: string;
  readonly version?: string;
  readonly state?: string;
  readonly reason?: string;
}

export function readServerMetadata(value: unknown): ServerMetadata {
  const { name, version, extensions } = record(value, 'server metadata');
  return {
    name: text(name, 'name'),
    version: text(version, 'version'),
    extensions: list(extensions, 'extensions').map(extension => text(extension, 'extensions')),
  };
}

function dimension(value: unknown): number {
  return value === -1 ? -1 : count(value, 'shape');
}

function tensor(value: unknown): TensorMetadata {
  const { name, datatype, shape } = record(value, 'a tensor');
  return {
    name: text(name, 'name'),
    datatype: text(datatype, 'datatype'),
    shape: list(shape, 'shape').map(dimension),
  };
}

export function readModelMetadata(value: unknown): ModelMetadata {
  const { name, versions, platform, inputs, outputs } = record(value, 'model metadata');
  return {
    name: text(name, 'name'),
    versions: list(versions, 'versions').map(version => text(version, 'versions')),
    platform: typeof platform === 'string' ? platform : '',
    inputs: list(inputs, 'inputs').map(tensor),
    outputs: list(outputs, 'outputs').map(tensor),
  };
}

export function readIndex(value: unknown): IndexEntry[] {
  return list(value, 'the index').map(each => {
    const { name, version, state, reason } = isRecord(each) ? each : {};
    return {
      name: text(name, 'name'),
      ...(typeof version === 'string' ? { version } : {}),
      ...(typeof state === 'string' ? { state } : {}),
      ...(typeof reason === 'string' ? { reason } : {}),
    };
  });
}
