// Parameters on the wire: maps from names to a bool, an integer, a text, a double or, for the repository, bytes.
import { malformed, shortName } from './malformed.js';
import type { WireReader } from './wire-reader.js';

/** Integers that no number holds exactly stay bigints. */
export type WireValue = string | number | boolean | bigint;
export type WireParameters = ReadonlyMap<string, WireValue>;

export const noWireParameters: WireParameters = new Map();

/** Parameters of one request, or of one tensor. */
const maxParameters = 1000;

interface Entry<Value> {
  readonly key: string;
  readonly value: Value | undefined;
}

function readEntry<Value>(reader: WireReader, readValue: (reader: WireReader) => Value): Entry<Value> {
  let key = '';
  let value: Value | undefined;
  const outer = reader.enter();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 10) key = reader.string();
    else if (tag === 18) value = readValue(reader);
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { key, value };
}

/** InferParameter; undefined when none of its choices is set. */
function readInferParameter(reader: WireReader): WireValue | undefined {
  let value: WireValue | undefined;
  const outer = reader.enter();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 8) value = reader.bool();
    else if (tag === 16) value = reader.int64();
    else if (tag === 26) value = reader.string();
    else if (tag === 33) value = reader.double();
    else if (tag === 40) value = reader.uint64();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return value;
}

/** ModelRepositoryParameter; undefined when none of its choices is set. */
function readRepositoryParameter(reader: WireReader): WireValue | Buffer | undefined {
  let value: WireValue | Buffer | undefined;
  const outer = reader.enter();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 8) value = reader.bool();
    else if (tag === 16) value = reader.int64();
    else if (tag === 26) value = reader.string();
    else if (tag === 34) value = reader.view();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return value;
}

function put<Value>(map: Map<string, Value>, { key, value }: Entry<Value | undefined>): void {
  if (value === undefined) {
    throw malformed(`parameter '${shortName(key)}'`, 'a bool, an integer, a double or a string', 'none of them');
  }
  if (map.size >= maxParameters) throw malformed('parameters', `at most ${maxParameters}`, 'more');
  map.set(key, value);
}

/** Reads one entry of a map of InferParameters into `map`. @throws REQUEST_MALFORMED if it has no value, or there are too many */
export const readParameterInto = (reader: WireReader, map: Map<string, WireValue>): void =>
  put(map, readEntry(reader, readInferParameter));

/** The same for a map of ModelRepositoryParameters. */
export const readRepositoryParameterInto = (reader: WireReader, map: Map<string, WireValue | Buffer>): void =>
  put(map, readEntry(reader, readRepositoryParameter));

/** Reads one entry of a map whose values `readValue` reads; an entry without a value is left out. */
export function readEntryInto<Value>(
  reader: WireReader,
  map: Map<string, Value>,
  readValue: (reader: WireReader) => Value,
): void {
  const { key, value } = readEntry(reader, readValue);
  if (map.size >= maxParameters) throw malformed('settings', `at most ${maxParameters}`, 'more');
  if (value !== undefined) map.set(key, value);
}
