// The tree of a config into plain data by the schema's table; every fault is kept with its place, none ends the reading.
import type { FieldSpec, MessageSpec } from './field-spec.js';
import type { FieldNode, MessageNode, ScalarNode, ValueNode } from './parser.js';
import { readScalar, saysNothing } from './scalars.js';
import { defaultOf, messageOf } from './schema.js';

export interface Fault {
  /** Offset in the text. */
  readonly at: number;
  readonly text: string;
  /** Path of the value that is at fault. */
  readonly path: readonly (string | number)[];
}

export interface Decoded {
  readonly value: Readonly<Record<string, unknown>>;
  readonly faults: readonly Fault[];
}

/** Items of one list or map: more are not read, so that no text keeps its reader busy for seconds. */
const maxItems = 20_000;

const mapKey = (spec: FieldSpec): FieldSpec => ({ number: 1, type: spec.keys ?? 'string' });

/** Reads one tree; keeps the path of what it is reading, and the faults. */
class Decoder {
  readonly faults: Fault[] = [];
  readonly #path: (string | number)[] = [];

  message(node: MessageNode, type: string): Record<string, unknown> {
    const spec = messageOf(type) ?? {};
    const message: Record<string, unknown> = {};
    let chosen: Map<string, string> | undefined;
    for (const [name, fields] of this.#known(node, type, spec)) {
      const fieldSpec = spec[name];
      if (fieldSpec === undefined) continue;
      this.#path.push(name);
      if (fieldSpec.oneof !== undefined) chosen ??= new Map();
      if (chosen === undefined || !this.#isExcluded(name, fieldSpec, fields, chosen)) {
        const value = this.#field(name, fields, fieldSpec);
        if (value !== undefined) message[name] = value;
      }
      this.#path.pop();
    }
    return message;
  }

  #fault(at: number, text: string): undefined {
    this.faults.push({ at, text, path: [...this.#path] });
    return undefined;
  }

  /** The fields that the message has, by name in the order of the text; the others are faults. */
  #known(node: MessageNode, type: string, spec: MessageSpec): Map<string, FieldNode[]> {
    const groups = new Map<string, FieldNode[]>();
    for (const field of node.fields) {
      const group = groups.get(field.name);
      if (group !== undefined) group.push(field);
      else if (spec[field.name] !== undefined) groups.set(field.name, [field]);
      else {
        this.#path.push(field.name);
        this.#fault(field.at, `${type} has no field '${field.name.slice(0, 80)}'`);
        this.#path.pop();
      }
    }
    return groups;
  }

  /** True, with a fault, when another field of the same group came before. */
  #isExcluded(name: string, { oneof }: FieldSpec, fields: readonly FieldNode[], chosen: Map<string, string>): boolean {
    if (oneof === undefined) return false;
    const before = chosen.get(oneof);
    if (before === undefined) chosen.set(oneof, name);
    else this.#fault(fields[0]?.at ?? 0, `'${name}' excludes '${before}': only one of them can be set`);
    return before !== undefined;
  }

  /** All that a message says about one field. */
  #field(name: string, fields: readonly FieldNode[], spec: FieldSpec): unknown {
    const [first, second] = fields;
    if (first === undefined) return undefined;
    const nodes = second === undefined ? first.values : fields.flatMap(({ values }) => values);
    if (spec.unsupported !== undefined) {
      if (saysNothing(nodes, spec)) return undefined;
      return this.#fault(first.at, `'${name}' is known, but not supported here: ${spec.unsupported}`);
    }
    for (const { hasColon, values, at } of fields) {
      if (!hasColon && values.some(({ kind }) => kind !== 'message')) {
        this.#fault(at, `'${name}': wanted ":" before its value`);
      }
    }
    if (nodes.length > maxItems) {
      return this.#fault(first.at, `'${name}': wanted at most ${maxItems} items, got ${nodes.length}`);
    }
    if (spec.keys !== undefined) return this.#map(name, nodes, spec);
    if (spec.repeated) return this.#list(name, nodes, spec);
    const [node] = nodes;
    if (first.isList || node === undefined) return this.#fault(first.at, `'${name}': wanted one value, got a list`);
    if (second !== undefined) return this.#fault(second.at, `'${name}' is given more than once`);
    return this.#value(name, node, spec);
  }

  #list(name: string, nodes: readonly ValueNode[], spec: FieldSpec): unknown[] {
    return nodes.map((node, k) => {
      this.#path.push(k);
      const value = this.#value(name, node, spec);
      this.#path.pop();
      return value;
    });
  }

  #value(name: string, node: ValueNode, spec: FieldSpec): unknown {
    const isMessage = messageOf(spec.type) !== undefined;
    if (node.kind === 'message') {
      if (isMessage) return this.message(node, spec.type);
      return this.#fault(node.at, `'${name}': wanted a ${spec.type}, got a message`);
    }
    if (isMessage) {
      return this.#fault(node.at, `'${name}': wanted a message in braces, got '${node.text.slice(0, 40)}'`);
    }
    return this.#scalar(name, node, spec);
  }

  #scalar(name: string, node: ScalarNode, spec: FieldSpec): unknown {
    const read = readScalar(node, spec.type);
    if ('value' in read) return read.value;
    const got = `${node.negative ? '-' : ''}${node.text.slice(0, 40)}`;
    return this.#fault(node.at, `'${name}': wanted ${read.wanted}, got '${got}'`);
  }

  #map(name: string, nodes: readonly ValueNode[], spec: FieldSpec): unknown {
    const entries = new Map<string, unknown>();
    for (const node of nodes) {
      const entry = this.#entry(name, node, spec);
      if (entry === undefined) continue;
      const [key, value] = entry;
      if (entries.has(key)) this.#fault(node.at, `'${name}': the key '${key.slice(0, 80)}' is given twice`);
      entries.set(key, value);
    }
    return Object.fromEntries(entries);
  }

  /** One entry of a map: a message with a key and a value. */
  #entry(name: string, node: ValueNode, spec: FieldSpec): readonly [string, unknown] | undefined {
    if (node.kind !== 'message') return this.#fault(node.at, `'${name}': wanted { key: … value: … }`);
    const keys = node.fields.filter(field => field.name === 'key');
    const values = node.fields.filter(field => field.name === 'value');
    const stranger = node.fields.find(field => field.name !== 'key' && field.name !== 'value');
    if (stranger !== undefined)
      this.#fault(stranger.at, `an entry of a map has no field '${stranger.name.slice(0, 80)}'`);
    const keyNode = keys[0]?.values[0];
    const read = keyNode === undefined ? defaultOf(spec.keys ?? 'string') : this.#value(name, keyNode, mapKey(spec));
    const key = String(read);
    if (keys.length > 1 || values.length > 1 || key === '__proto__') {
      return this.#fault(node.at, `'${name}': an entry has one key (not '__proto__') and one value`);
    }
    const valueNode = values[0]?.values[0];
    this.#path.push(key);
    const absent = messageOf(spec.type) === undefined ? defaultOf(spec.type) : {};
    const value = valueNode === undefined ? absent : this.#value(name, valueNode, spec);
    this.#path.pop();
    return [key, value];
  }
}

/** Plain data of a config: only what the text says, by field names. Linear in the size of the tree. */
export function decodeConfig(tree: MessageNode): Decoded {
  const decoder = new Decoder();
  const value = decoder.message(tree, 'ModelConfig');
  return { value, faults: decoder.faults };
}
