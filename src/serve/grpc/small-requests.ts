// The requests that are not inference, each read by hand: a few names, numbers and settings.
import { malformed } from './malformed.js';
import { readEntryInto, readRepositoryParameterInto, type WireValue } from './wire-parameters.js';
import { WireReader } from './wire-reader.js';

/** Calls `field` for each field; it returns false for one that it does not know. */
function readFields(bytes: Buffer, field: (tag: number, reader: WireReader) => boolean): void {
  const reader = new WireReader(bytes);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (!field(tag, reader)) reader.skip(tag);
  }
}

export interface ModelName {
  readonly name: string;
  readonly version: string;
}

/** ModelReady, ModelMetadata, ModelConfig and ModelStatistics ask for a model; HealthCheck, and shared memory, for a name alone. */
export function readModelName(bytes: Buffer): ModelName {
  let name = '';
  let version = '';
  readFields(bytes, (tag, reader) => {
    if (tag === 10) name = reader.string();
    else if (tag === 18) version = reader.string();
    else return false;
    return true;
  });
  return { name, version };
}

export function readIndexRequest(bytes: Buffer): { readonly repository: string; readonly readyOnly: boolean } {
  let repository = '';
  let readyOnly = false;
  readFields(bytes, (tag, reader) => {
    if (tag === 10) repository = reader.string();
    else if (tag === 16) readyOnly = reader.bool();
    else return false;
    return true;
  });
  return { repository, readyOnly };
}

export interface ControlRequest {
  readonly repository: string;
  readonly model: string;
  readonly parameters: ReadonlyMap<string, WireValue | Buffer>;
}

/** RepositoryModelLoad and RepositoryModelUnload. */
export function readControlRequest(bytes: Buffer): ControlRequest {
  let repository = '';
  let model = '';
  const parameters = new Map<string, WireValue | Buffer>();
  readFields(bytes, (tag, reader) => {
    if (tag === 10) repository = reader.string();
    else if (tag === 18) model = reader.string();
    else if (tag === 26) readRepositoryParameterInto(reader, parameters);
    else return false;
    return true;
  });
  return { repository, model, parameters };
}

export interface RegionRequest {
  readonly name: string;
  readonly key: string;
  readonly offset: number;
  readonly byteSize: number;
}

const exact = (value: number | bigint, what: string): number => {
  if (typeof value === 'number') return value;
  throw malformed(what, 'at most 2^53', String(value));
};

/** SystemSharedMemoryRegister. */
export function readRegionRequest(bytes: Buffer): RegionRequest {
  let name = '';
  let key = '';
  let offset = 0;
  let byteSize = 0;
  readFields(bytes, (tag, reader) => {
    if (tag === 10) name = reader.string();
    else if (tag === 18) key = reader.string();
    else if (tag === 24) offset = exact(reader.uint64(), 'offset');
    else if (tag === 32) byteSize = exact(reader.uint64(), 'byte_size');
    else return false;
    return true;
  });
  return { name, key, offset, byteSize };
}

function readTraceValue(reader: WireReader): readonly string[] {
  const values: string[] = [];
  const outer = reader.enter();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (values.length >= 100) throw malformed('trace settings', 'at most 100 values', 'more');
    if (tag === 10) values.push(reader.string());
    else reader.skip(tag);
  }
  reader.leave(outer);
  return values;
}

export function readTraceRequest(bytes: Buffer): {
  readonly model: string;
  readonly settings: ReadonlyMap<string, readonly string[]>;
} {
  let model = '';
  const settings = new Map<string, readonly string[]>();
  readFields(bytes, (tag, reader) => {
    if (tag === 18) model = reader.string();
    else if (tag === 10) readEntryInto(reader, settings, readTraceValue);
    else return false;
    return true;
  });
  return { model, settings };
}

function readLogValue(reader: WireReader): string | number | boolean | null {
  let value: string | number | boolean | null = null;
  const outer = reader.enter();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 8) value = reader.bool();
    else if (tag === 16) value = reader.uint32();
    else if (tag === 26) value = reader.string();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return value;
}

export function readLogRequest(bytes: Buffer): ReadonlyMap<string, string | number | boolean | null> {
  const settings = new Map<string, string | number | boolean | null>();
  readFields(bytes, (tag, reader) => {
    if (tag === 10) readEntryInto(reader, settings, readLogValue);
    else return false;
    return true;
  });
  return settings;
}
