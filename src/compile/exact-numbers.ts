// Plain numbers in a traced function: the tracer keeps them in single precision; here they stay what was written.
import { Array as TracedArray } from '@jax-js/jax';
import { type Restore, replaceProperty } from './replace-property.js';
import { tracerClasses } from './tracer-classes.js';

/** Numbers in the text of a function, by their values in single precision. */
type Written = Map<number, number>;

/** Notes numbers where a trace first meets them. */
function noteIn(trace: object, written: Written): Restore[] {
  return ['pure', 'getOrMakeConstTracer'].map(name => {
    const method: unknown = Reflect.get(trace, name);
    if (typeof method !== 'function') return () => undefined;
    return replaceProperty(trace, name, {
      value(this: unknown, value: unknown) {
        if (typeof value === 'number') written.set(Math.fround(value), value);
        return Reflect.apply(method, this, [value]);
      },
    });
  });
}

/** A single number in single precision is read as the one that was written. */
function readExactly(written: Written): Restore {
  const { prototype } = TracedArray;
  const read = prototype.dataSync;
  return replaceProperty(prototype, 'dataSync', {
    value(this: TracedArray) {
      const { ndim, dtype } = this;
      const data = read.call(this);
      const value = ndim === 0 && dtype === 'float32' ? written.get(data[0] ?? Number.NaN) : undefined;
      return value === undefined ? data : Float64Array.of(value);
    },
  });
}

/** Runs `action`, a trace from beginning to end. Whatever happens, the tracer is as before afterwards. */
export function withExactNumbers<T>(action: () => T): T {
  const written: Written = new Map();
  const restores = [...tracerClasses().traces.flatMap(trace => noteIn(trace, written)), readExactly(written)];
  try {
    return action();
  } finally {
    for (const restore of restores.reverse()) restore();
  }
}
