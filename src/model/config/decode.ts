// The tree of a config into plain data by the schema's table; every fault is kept with its place, none ends the reading.
import type { Position } from './lexer.js';
import type { FieldNode, MessageNode, ScalarNode, ValueNode } from './parser.js';
import { defaultOf, enumeratorsOf, type FieldSpec, messages, rangeOf } from './schema.js';

export interface Fault {
  readonly at: Position;
  readonly text: string;
  /** Path of the value that is at fault, as `pathKey` writes it. */
  readonly path: string;
}

export interface Decoded {
  readonly value: unknown;
  readonly faults: readonly Fault[];
  /** Where each value stands in the text, by `pathKey`. */
  readonly positions: ReadonlyMap<string, Position>;
}

type Path = readonly (string | number)[];

/** One string for a path; keys of maps may hold any character but never this one. */
export const pathKey = (path: readonly PropertyKey[]): string => path.map(String).join('\0');

interface Context {
  readonly faults: Fault[];
  readonly positions: Map<string, Position>;
}

function fault(context: Context, at: Position, text: string, path: Path): undefined {
  context.faults.push({ at, text, path: pathKey(path) });
  return undefined;
}

function readInteger({ text, negative }: ScalarNode, [lowest, highest]: readonly [bigint, bigint]): number | string {
  const isOctal = /^0[0-7]+$/.test(text);
  if (text.length > 40 || !/^(0[xX][0-9a-fA-F]+|[1-9]\d*|0)$/.test(isOctal ? '0' : text)) return 'an integer';
  const magnitude = BigInt(isOctal ? `0o${text.slice(1)}` : text);
  const value = negative ? -magnitude : magnitude;
  if (value < lowest || value > highest) return `an integer from ${lowest} to ${highest}`;
  return Number.isSafeInteger(Number(value)) ? Number(value) : 'an integer below 2^53';
}

/** The value of a scalar of a type; a string in an array says what was wanted instead. */
function readScalar(node: ScalarNode, type: string): { value: string | number | boolean } | { wanted: string } {
  const range = rangeOf(type);
  if (type === 'string') return node.kind === 'string' ? { value: node.text } : { wanted: 'a string in quotes' };
  if (type === 'bool') {
    if (/^(true|True|t|1)$/.test(node.text) && node.kind !== 'string') return { value: true };
    if (/^(false|False|f|0)$/.test(node.text) && node.kind !== 'string') return { value: false };
    return { wanted: 'true or false' };
  }
  if (range !== undefined) {
    const value = node.kind === 'number' ? readInteger(node, range) : 'an integer';
    return typeof value === 'number' ? { value } : { wanted: value };
  }
  const names = enumeratorsOf(type) ?? [];
  const index = node.kind === 'number' ? readInteger(node, [0n, BigInt(names.length - 1)]) : names.indexOf(node.text);
  const value = typeof index === 'number' && node.kind !== 'string' ? names[index] : undefined;
  return value === undefined ? { wanted: `one of ${names.join(', ')}` } : { value };
}

function readValue(node: ValueNode, spec: FieldSpec, path: Path, context: Context): unknown {
  context.positions.set(pathKey(path), node.at);
  const isMessage = Object.hasOwn(messages, spec.type);
  const name = path.findLast(part => typeof part === 'string');
  if (node.kind === 'message') {
    if (isMessage) return readMessage(node, spec.type, path, context);
    return fault(context, node.at, `'${name}': wanted a ${spec.type}, got a message`, path);
  }
  if (isMessage)
    return fault(context, node.at, `'${name}': wanted a message in braces, got '${node.text.slice(0, 40)}'`, path);
  const read = readScalar(node, spec.type);
  if ('value' in read) return read.value;
  const got = `${node.negative ? '-' : ''}${node.text.slice(0, 40)}`;
  return fault(context, node.at, `'${name}': wanted ${read.wanted}, got '${got}'`, path);
}

/** One entry of a map: a message with a key and a value. */
function readEntry(node: ValueNode, spec: FieldSpec, path: Path, context: Context): [string, unknown] | undefined {
  if (node.kind !== 'message') return fault(context, node.at, `'${path.at(-1)}': wanted { key: … value: … }`, path);
  const known = node.fields.filter(({ name }) => name === 'key' || name === 'value');
  for (const { name, at } of node.fields) {
    if (name !== 'key' && name !== 'value') fault(context, at, `an entry of a map has no field '${name}'`, path);
  }
  const keyNode = known.find(({ name }) => name === 'key')?.values[0];
  const keyType = spec.keys ?? 'string';
  const key =
    keyNode === undefined ? defaultOf(keyType) : readValue(keyNode, { number: 1, type: keyType }, path, context);
  const valueNode = known.find(({ name }) => name === 'value')?.values[0];
  if (known.length > 2 || String(key) === '__proto__') {
    return fault(context, node.at, `'${path.at(-1)}': an entry has one key (not '__proto__') and one value`, path);
  }
  const entryPath = [...path, String(key)];
  if (valueNode !== undefined) return [String(key), readValue(valueNode, spec, entryPath, context)];
  context.positions.set(pathKey(entryPath), node.at);
  return [String(key), Object.hasOwn(messages, spec.type) ? {} : defaultOf(spec.type)];
}

function readMap(fields: readonly FieldNode[], spec: FieldSpec, path: Path, context: Context): unknown {
  const entries = new Map<string, unknown>();
  for (const node of fields.flatMap(({ values }) => values)) {
    const [key, value] = readEntry(node, spec, path, context) ?? [];
    if (key === undefined) continue;
    if (entries.has(key)) fault(context, node.at, `'${path.at(-1)}': the key '${key}' is given twice`, path);
    entries.set(key, value);
  }
  return Object.fromEntries(entries);
}

/** True when an unsupported field only repeats what its absence says. */
function saysNothing(fields: readonly FieldNode[], spec: FieldSpec): boolean {
  const nodes = fields.flatMap(({ values }) => values);
  if (spec.repeated || spec.keys) return nodes.length === 0;
  return nodes.every(node => {
    const read = node.kind === 'message' ? { wanted: '' } : readScalar(node, spec.type);
    return 'value' in read && read.value === defaultOf(spec.type);
  });
}

/** All that a message says about one field. */
function readField(fields: readonly FieldNode[], spec: FieldSpec, path: Path, context: Context): unknown {
  const [first, ...more] = fields;
  const nodes = fields.flatMap(({ values }) => values);
  const name = path.at(-1);
  if (first === undefined) return undefined;
  context.positions.set(pathKey(path), first.at);
  if (spec.unsupported) {
    if (saysNothing(fields, spec)) return undefined;
    return fault(context, first.at, `'${name}' is known, but not supported here`, path);
  }
  for (const { hasColon, values, at } of fields) {
    const needsColon = values.some(({ kind }) => kind !== 'message') && !hasColon;
    if (needsColon) fault(context, at, `'${name}': wanted ":" before its value`, path);
  }
  if (spec.keys) return readMap(fields, spec, path, context);
  if (spec.repeated) return nodes.map((node, k) => readValue(node, spec, [...path, k], context));
  const [node] = nodes;
  if (first.isList || node === undefined)
    return fault(context, first.at, `'${name}': wanted one value, got a list`, path);
  if (more[0] !== undefined) return fault(context, more[0].at, `'${name}' is given more than once`, path);
  return readValue(node, spec, path, context);
}

function checkOneofs(fields: readonly FieldNode[], messageName: string, path: Path, context: Context): void {
  const chosen = new Map<string, string>();
  for (const { name, at } of fields) {
    const group = messages[messageName]?.[name]?.oneof;
    const before = group === undefined ? undefined : chosen.get(group);
    if (group !== undefined && before === undefined) chosen.set(group, name);
    if (before !== undefined && before !== name) {
      fault(context, at, `'${name}' excludes '${before}': only one of them can be set`, [...path, name]);
    }
  }
}

function readMessage(node: MessageNode, messageName: string, path: Path, context: Context): Record<string, unknown> {
  const spec = messages[messageName] ?? {};
  const groups = new Map<string, FieldNode[]>();
  for (const field of node.fields) {
    if (!Object.hasOwn(spec, field.name)) {
      fault(context, field.at, `${messageName} has no field '${field.name.slice(0, 80)}'`, [...path, field.name]);
      continue;
    }
    const group = groups.get(field.name);
    if (group === undefined) groups.set(field.name, [field]);
    else group.push(field);
  }
  const known = [...groups.values()].flat();
  checkOneofs(known, messageName, path, context);
  const message: Record<string, unknown> = {};
  for (const [name, fields] of groups) {
    const fieldSpec = spec[name];
    if (fieldSpec === undefined) continue;
    const value = readField(fields, fieldSpec, [...path, name], context);
    if (value !== undefined) message[name] = value;
  }
  return message;
}

/** Plain data of a config: only what the text says, by field names. Linear in the size of the tree. */
export function decodeConfig(tree: MessageNode): Decoded {
  const context: Context = { faults: [], positions: new Map([['', tree.at]]) };
  const value = readMessage(tree, 'ModelConfig', [], context);
  return { value, ...context };
}
