// Triton's schema looked up: the fields of a message, the range of an integer, the enumerators of an enumeration, defaults.
import { enumerations } from './enumerations.js';
import type { MessageSpec } from './field-spec.js';
import { modelMessages } from './messages.js';
import { schedulingMessages } from './messages-scheduling.js';

const messages: ReadonlyMap<string, MessageSpec> = new Map(
  Object.entries({ ...modelMessages, ...schedulingMessages }).map(([name, spec]): [string, MessageSpec] => [
    name,
    // Without a prototype: no name of a field is ever found by inheritance.
    Object.freeze(Object.assign(Object.create(null), spec)),
  ]),
);

/** The fields of a message; undefined for scalars and enumerations. */
export const messageOf = (type: string): MessageSpec | undefined => messages.get(type);

const ranges: ReadonlyMap<string, readonly [bigint, bigint]> = new Map([
  ['int32', [-(2n ** 31n), 2n ** 31n - 1n]],
  ['uint32', [0n, 2n ** 32n - 1n]],
  ['int64', [-(2n ** 63n), 2n ** 63n - 1n]],
  ['uint64', [0n, 2n ** 64n - 1n]],
]);

/** What an integer type can hold; undefined for other types. */
export const rangeOf = (type: string): readonly [bigint, bigint] | undefined => ranges.get(type);

/** True for 32- and 64-bit floating point. */
export const isFloat = (type: string): boolean => type === 'float' || type === 'double';

const enumeratorLists: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(enumerations));

/** Enumerators of an enumeration; undefined for other types. */
export const enumeratorsOf = (type: string): readonly string[] | undefined => enumeratorLists.get(type);

/** What a scalar or enumeration says when it is absent; undefined for messages. */
export function defaultOf(type: string): string | boolean | number | undefined {
  if (type === 'string') return '';
  if (type === 'bool') return false;
  return ranges.has(type) || isFloat(type) ? 0 : enumeratorsOf(type)?.[0];
}
