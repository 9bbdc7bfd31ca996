// One written value of a scalar or enumeration type: what it stands for, or what was wanted instead.
import type { FieldSpec } from './field-spec.js';
import type { ScalarNode, ValueNode } from './parser.js';
import { defaultOf, enumeratorsOf, isFloat, rangeOf } from './schema.js';

type Read = { readonly value: string | number | boolean } | { readonly wanted: string };

const decimal = /^(?:0|[1-9]\d*)$/;
const octal = /^0[0-7]+$/;
const hexadecimal = /^0[xX][0-9a-fA-F]+$/;
const yes: ReadonlySet<string> = new Set(['true', 'True', 't', '1']);
const no: ReadonlySet<string> = new Set(['false', 'False', 'f', '0']);

/** Every integer type holds what nine digits write. */
function readInteger({ text, negative }: ScalarNode, [lowest, highest]: readonly [bigint, bigint]): Read {
  if (!negative && text.length <= 9 && decimal.test(text)) return { value: Number(text) };
  const isOctal = octal.test(text);
  if (text.length > 40 || !(isOctal || decimal.test(text) || hexadecimal.test(text))) return { wanted: 'an integer' };
  const magnitude = BigInt(isOctal ? `0o${text.slice(1)}` : text);
  const value = negative ? -magnitude : magnitude;
  if (value < lowest || value > highest) return { wanted: `an integer from ${lowest} to ${highest}` };
  const number = Number(value);
  return Number.isSafeInteger(number) ? { value: number } : { wanted: 'an integer below 2^53' };
}

/** Numbers as written, and the words inf and nan. */
function readFloat({ kind, text, negative }: ScalarNode): Read {
  const sign = negative ? -1 : 1;
  if (kind === 'word' && /^(inf|infinity)$/i.test(text)) return { value: sign * Number.POSITIVE_INFINITY };
  if (kind === 'word' && /^nan$/i.test(text)) return { value: Number.NaN };
  const digits = text.replace(/[fF]$/, '');
  // An octal or hexadecimal number is no floating point number.
  if (kind !== 'number' || /^0[0-7xX]/.test(text) || text.length > 400) return { wanted: 'a number' };
  return { value: sign * Number(digits) };
}

function readBoolean({ kind, text, negative }: ScalarNode): Read {
  if (kind !== 'string' && !negative) {
    if (yes.has(text)) return { value: true };
    if (no.has(text)) return { value: false };
  }
  return { wanted: 'true or false' };
}

function readEnumerator(node: ScalarNode, names: readonly string[]): Read {
  const number = node.kind === 'number' ? readInteger(node, [0n, 2n ** 31n - 1n]) : undefined;
  const index = number === undefined ? names.indexOf(node.text) : 'value' in number ? Number(number.value) : -1;
  const value = node.kind === 'string' ? undefined : names[index];
  return value === undefined ? { wanted: `one of ${names.join(', ')}` } : { value };
}

/** The value of a scalar of a type, or what was wanted instead. */
export function readScalar(node: ScalarNode, type: string): Read {
  if (type === 'string') return node.kind === 'string' ? { value: node.text } : { wanted: 'a string in quotes' };
  if (type === 'bool') return readBoolean(node);
  if (isFloat(type)) return readFloat(node);
  const range = rangeOf(type);
  if (range !== undefined) return node.kind === 'number' ? readInteger(node, range) : { wanted: 'an integer' };
  return readEnumerator(node, enumeratorsOf(type) ?? []);
}

/** True when an unsupported field only repeats what its absence says. */
export function saysNothing(nodes: readonly ValueNode[], spec: FieldSpec): boolean {
  if (spec.repeated || spec.keys) return nodes.length === 0;
  return nodes.every(node => {
    const read = node.kind === 'message' ? { wanted: '' } : readScalar(node, spec.type);
    return 'value' in read && read.value === defaultOf(spec.type);
  });
}
