// A ModelConfig as text: config.pbtxt for people and for Triton, and JSON as Triton's /config endpoint shows it.

import type { FieldSpec } from './field-spec.js';
import type { ModelConfig } from './model-config.js';
import { defaultOf, isFloat, messageOf } from './schema.js';

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

const isMessage = (type: string): boolean => messageOf(type) !== undefined;

/** The fields of a value that is a message or a map; none otherwise. */
function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function quoted(text: string): string {
  const escaped = text.replaceAll(/[\\"\p{Cc}]/gu, character => {
    if (character === '\n') return '\\n';
    if (character === '\\' || character === '"') return `\\${character}`;
    const bytes = [...new TextEncoder().encode(character)];
    return bytes.map(byte => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  });
  return `"${escaped}"`;
}

function printScalar(value: unknown, type: string): string {
  if (type === 'string') return quoted(String(value));
  return isFloat(type) ? String(value).replace('Infinity', 'inf').replace('NaN', 'nan') : String(value);
}

function printMessage(value: unknown, type: string, indent: string): string {
  const inside = printFields(value, type, `${indent}  `);
  return inside === '' ? '{ }' : `{\n${inside}${indent}}`;
}

function printMap(name: string, value: unknown, spec: FieldSpec, indent: string): string {
  return entriesOf(value)
    .map(([key, item]) => {
      const printedKey = printScalar(key, spec.keys ?? 'string');
      const printed = isMessage(spec.type)
        ? `value ${printMessage(item, spec.type, `${indent}  `)}`
        : `value: ${printScalar(item, spec.type)}`;
      return `${indent}${name} {\n${indent}  key: ${printedKey}\n${indent}  ${printed}\n${indent}}\n`;
    })
    .join('');
}

function printList(name: string, items: readonly unknown[], type: string, indent: string): string {
  if (items.length === 0) return '';
  if (!isMessage(type)) return `${indent}${name}: [ ${items.map(item => printScalar(item, type)).join(', ')} ]\n`;
  const printed = items.map(item => `${indent}  ${printMessage(item, type, `${indent}  `)}`);
  return `${indent}${name} [\n${printed.join(',\n')}\n${indent}]\n`;
}

function printField(name: string, value: unknown, spec: FieldSpec, indent: string): string {
  if (value === undefined) return '';
  if (spec.keys) return printMap(name, value, spec, indent);
  if (Array.isArray(value)) return printList(name, value, spec.type, indent);
  if (isMessage(spec.type)) return `${indent}${name} ${printMessage(value, spec.type, indent)}\n`;
  if (spec.oneof === undefined && value === defaultOf(spec.type)) return '';
  return `${indent}${name}: ${printScalar(value, spec.type)}\n`;
}

function printFields(value: unknown, type: string, indent: string): string {
  const fields = new Map(entriesOf(value));
  return Object.entries(messageOf(type) ?? {})
    .map(([name, spec]) => printField(name, fields.get(name), spec, indent))
    .join('');
}

/** The text of a configuration in protobuf text format; `parseConfig` gives the same configuration back. */
export function printConfig(config: ModelConfig): string {
  return printFields(config, 'ModelConfig', '');
}

/** JSON has no infinities; protobuf writes them, and 64-bit integers, as text. */
function scalarJson(value: unknown, { textInJson }: FieldSpec): Json {
  if (typeof value === 'number') return textInJson || !Number.isFinite(value) ? String(value) : value;
  return typeof value === 'boolean' ? value : String(value);
}

function fieldJson(value: unknown, spec: FieldSpec): Json | undefined {
  const one = (item: unknown): Json => (isMessage(spec.type) ? messageJson(item, spec.type) : scalarJson(item, spec));
  if (spec.keys) return Object.fromEntries(entriesOf(value).map(([key, item]) => [key, one(item)]));
  if (spec.repeated) return Array.isArray(value) ? value.map(one) : [];
  if (value !== undefined) return one(value);
  return spec.oneof === undefined ? defaultOf(spec.type) : undefined;
}

function messageJson(value: unknown, type: string): { readonly [key: string]: Json } {
  const fields = new Map(entriesOf(value));
  const entries = Object.entries(messageOf(type) ?? {}).flatMap(([name, spec]): [string, Json][] => {
    const json = fieldJson(fields.get(name), spec);
    return json === undefined ? [] : [[name, json]];
  });
  return Object.fromEntries(entries);
}

/**
 * A configuration as Triton's `/v2/models/M/config` prints it: snake_case, every scalar, list and map present with its
 * default, enumerations as strings, messages that are not set absent. 64-bit integers are numbers, as the core mends them, but
 * for those that it does not (the sizes of CUDA graphs).
 */
export function configToJson(config: ModelConfig): { readonly [key: string]: Json } {
  return messageJson(config, 'ModelConfig');
}
