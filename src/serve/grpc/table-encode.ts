// Plain data into a protobuf message by its table: for every message that is not on the path of inference.
import type { ConfigField } from '../../model/index.js';
import { enumeratorsOf, tableOf } from './message-tables.js';
import { tagOf } from './wire-reader.js';
import { WireWriter } from './wire-writer.js';

const asNumber = (value: unknown): number => (typeof value === 'number' ? value : Number(value));

/** True for what proto3 leaves out. */
const isDefault = (value: unknown): boolean => value === 0 || value === '' || value === false;

function entriesOf(value: unknown): readonly [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

const membersOf = (value: unknown): ReadonlyMap<string, unknown> => new Map(entriesOf(value));

function writeScalar(writer: WireWriter, number: number, type: string, value: unknown): void {
  const varint = tagOf(number, 0);
  if (type === 'string') writer.string(tagOf(number, 2), String(value));
  else if (type === 'bool') writer.bool(varint, value === true);
  else if (type === 'double') writer.double(tagOf(number, 1), asNumber(value));
  else if (type === 'float') writer.float(tagOf(number, 5), asNumber(value));
  else writer.int64(varint, integerOf(type, value));
}

/** An enumerator's number, or an integer. */
function integerOf(type: string, value: unknown): number | bigint {
  const names = enumeratorsOf(type);
  if (names !== undefined) return Math.max(0, names.indexOf(String(value)));
  return typeof value === 'bigint' ? value : asNumber(value);
}

function writeOne(writer: WireWriter, number: number, type: string, value: unknown): void {
  if (tableOf(type) === undefined) {
    writeScalar(writer, number, type, value);
    return;
  }
  const start = writer.open(tagOf(number, 2));
  writeMembers(writer, type, value);
  writer.close(start);
}

function writeList(writer: WireWriter, { number, type }: ConfigField, items: readonly unknown[]): void {
  const isPacked = type !== 'string' && type !== 'float' && type !== 'double' && tableOf(type) === undefined;
  if (!isPacked || items.length === 0) {
    for (const item of items) writeOne(writer, number, type, item);
    return;
  }
  const start = writer.open(tagOf(number, 2));
  for (const item of items) writer.bareInt64(integerOf(type, item));
  writer.close(start);
}

function writeMap(writer: WireWriter, { number, type, keys = 'string' }: ConfigField, value: unknown): void {
  for (const [key, item] of entriesOf(value)) {
    const start = writer.open(tagOf(number, 2));
    writeScalar(writer, 1, keys, key);
    writeOne(writer, 2, type, item);
    writer.close(start);
  }
}

function writeMembers(writer: WireWriter, type: string, value: unknown): void {
  const members = membersOf(value);
  const table = tableOf(type) ?? {};
  for (const name in table) {
    const field = table[name];
    const member = members.get(name);
    if (field === undefined || member === undefined) continue;
    if (field.keys !== undefined) writeMap(writer, field, member);
    else if (field.repeated) writeList(writer, field, Array.isArray(member) ? member : []);
    else if (field.oneof !== undefined || !isDefault(member)) writeOne(writer, field.number, field.type, member);
  }
}

/** Bytes before each message on a gRPC stream: one flag and four of length. */
export const prefixBytes = 5;

/**
 * Encodes `value` as the message `type` of ./message-tables.ts: members by their protobuf names, enumerators as strings.
 * @returns the message with room for gRPC's prefix, already written, before it
 */
export function encodeMessage(type: string, value: object): Buffer {
  const writer = new WireWriter();
  writeMembers(writer, type, value);
  return framed(writer);
}

/** The writer's bytes behind gRPC's prefix. */
export function framed(writer: WireWriter): Buffer {
  const message = Buffer.allocUnsafe(prefixBytes + writer.length);
  message[0] = 0;
  message.writeUInt32BE(writer.length, 1);
  writer.copyTo(message, prefixBytes);
  return message;
}
