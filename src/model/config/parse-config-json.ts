// A configuration written as JSON, as load requests carry it: turned into the tree that protobuf text gives, then read the same way.
import type { FieldSpec, MessageSpec, ScalarType } from './field-spec.js';
import type { ModelConfig } from './model-config.js';
import { type ConfigReading, configInvalid, readTree } from './parse-config.js';
import type { FieldNode, MessageNode, ScalarNode, ValueNode } from './parser.js';
import { isFloat, messageOf, rangeOf } from './schema.js';

const maxCharacters = 4 * 2 ** 20;
/** Without a prototype, from which a key such as 'constructor' could be found. */
const noFields: MessageSpec = Object.freeze(Object.create(null));

const scalar = (kind: ScalarNode['kind'], text: string, negative = false): ScalarNode => ({
  kind,
  text,
  negative,
  at: 0,
});

/** Protobuf's JSON names: lowerCamelCase stands for snake_case. */
const snakeCase = (key: string): string => key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);

function numberNode(text: string): ScalarNode {
  const negative = text.startsWith('-');
  const digits = negative ? text.slice(1) : text;
  if (/^(Infinity|NaN)$/.test(digits)) return scalar('word', digits, negative);
  // A whole number in another writing, as 1e3 or 2.0, is that number.
  const value = Number(text);
  const isPlain = /^\d+$/.test(digits) || !Number.isSafeInteger(value) || digits.trim() === '';
  return /^[\d.eE+-]+$/.test(digits)
    ? scalar('number', isPlain ? digits : String(Math.abs(value)), negative)
    : scalar('string', text);
}

/** A value as the text format would write it for a field of this type; what does not fit becomes a fault there. */
function valueNode(value: unknown, type: string): ValueNode {
  if (typeof value === 'object' && value !== null) {
    if (!Array.isArray(value)) return messageNode(value, type);
    return scalar('word', 'a list');
  }
  const isNumeric = rangeOf(type) !== undefined || isFloat(type);
  if (typeof value === 'number') return numberNode(String(value));
  if (typeof value === 'string' && isNumeric) return numberNode(value);
  if (typeof value === 'string') return scalar(type === 'string' || type === 'bool' ? 'string' : 'word', value);
  return scalar('word', String(value));
}

function keyNode(key: string, type: ScalarType): ScalarNode {
  return type === 'string' ? scalar('string', key) : numberNode(key);
}

function entryNode(key: string, value: unknown, spec: FieldSpec): MessageNode {
  const field = (name: string, node: ValueNode): FieldNode => ({
    name,
    at: 0,
    values: [node],
    isList: false,
    hasColon: true,
  });
  const fields = [field('key', keyNode(key, spec.keys ?? 'string')), field('value', valueNode(value, spec.type))];
  return { kind: 'message', fields, at: 0 };
}

function fieldNode(name: string, value: unknown, spec: FieldSpec | undefined): FieldNode {
  const node = { name, at: 0, isList: false, hasColon: true };
  if (spec === undefined) return { ...node, values: [] };
  if (spec.keys !== undefined && typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return { ...node, values: Object.entries(value).map(([key, item]) => entryNode(key, item, spec)) };
  }
  if (Array.isArray(value)) {
    return { ...node, isList: true, values: value.map(item => valueNode(item, spec.type)) };
  }
  return { ...node, values: [valueNode(value, spec.type)] };
}

function messageNode(value: object, type: string): MessageNode {
  const spec = messageOf(type) ?? noFields;
  const fields = Object.entries(value)
    .filter(([, item]) => item !== null && item !== undefined)
    .map(([key, item]) => {
      const name = spec[key] === undefined ? snakeCase(key) : key;
      return fieldNode(spec[name] === undefined ? key : name, item, spec[name]);
    });
  return { kind: 'message', fields, at: 0 };
}

/** Reads a configuration in JSON without throwing. */
export function readConfigJson(text: string): ConfigReading {
  const unreadable = (fault: string): ConfigReading => ({
    config: undefined,
    salvage: () => undefined,
    faults: [{ text: fault }],
    more: 0,
    says: () => false,
    placeOf: () => undefined,
  });
  if (text.length > maxCharacters) return unreadable(`wanted at most ${maxCharacters} characters, got ${text.length}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return unreadable(`wanted JSON: ${error instanceof Error ? error.message.slice(0, 200) : 'not JSON'}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return unreadable('wanted a JSON object');
  return readTree(messageNode(value, 'ModelConfig'), () => undefined);
}

/**
 * Parses a configuration in JSON: names in snake_case or in protobuf's lowerCamelCase, 64-bit integers as numbers or text,
 * enumerators by name or number, null for what is not set.
 * @throws MODEL_CONFIG_INVALID with all faults, by path.
 */
export function parseConfigJson(text: string, path = 'config'): ModelConfig {
  const { config, faults, more } = readConfigJson(text);
  if (config !== undefined) return config;
  throw configInvalid(path, faults, more);
}
