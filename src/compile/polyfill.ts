// What the tracer expects of Node 22 and newer, for Node 20: methods of iterators, and a name for half-precision arrays.
import { HalfArray } from './half-array.js';

type Step = (value: unknown, index: number) => unknown;

function* mapped(this: Iterable<unknown>, step: Step): Generator<unknown> {
  let index = 0;
  for (const value of this) yield step(value, index++);
}

function* filtered(this: Iterable<unknown>, step: Step): Generator<unknown> {
  let index = 0;
  for (const value of this) if (step(value, index++)) yield value;
}

function toArray(this: Iterable<unknown>): unknown[] {
  return [...this];
}

function forEach(this: Iterable<unknown>, step: Step): void {
  let index = 0;
  for (const value of this) step(value, index++);
}

function some(this: Iterable<unknown>, step: Step): boolean {
  let index = 0;
  for (const value of this) if (step(value, index++)) return true;
  return false;
}

function every(this: Iterable<unknown>, step: Step): boolean {
  let index = 0;
  for (const value of this) if (!step(value, index++)) return false;
  return true;
}

function defineMissing(target: object, name: string, value: unknown): void {
  if (name in target) return;
  Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: false });
}

/** Adds what is missing to this process; nothing on a Node that has it. */
export function installPolyfills(): void {
  const iteratorPrototype: object = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
  const methods = { map: mapped, filter: filtered, toArray, forEach, some, every };
  for (const [name, method] of Object.entries(methods)) defineMissing(iteratorPrototype, name, method);
  defineMissing(globalThis, 'Float16Array', HalfArray);
}
