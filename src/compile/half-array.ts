// An array of half-precision numbers for a JavaScript that has none: 16-bit patterns that read and write as numbers.
import { fromFloat16, toFloat16 } from '../base/index.js';

/** The position that a property's name stands for. */
function positionOf(key: string | symbol): number | undefined {
  return typeof key === 'string' && /^\d+$/.test(key) ? Number(key) : undefined;
}

const handler: ProxyHandler<Uint16Array> = {
  get(patterns, key) {
    const position = positionOf(key);
    if (position !== undefined) {
      const pattern = patterns[position];
      return pattern === undefined ? undefined : fromFloat16(pattern);
    }
    if (key === Symbol.iterator) return () => Array.from(patterns, fromFloat16)[Symbol.iterator]();
    if (key === 'fill') {
      return (value: number) => {
        patterns.fill(toFloat16(value));
        return wrapped(patterns);
      };
    }
    const value: unknown = Reflect.get(patterns, key, patterns);
    return typeof value === 'function' ? value.bind(patterns) : value;
  },
  set(patterns, key, value) {
    const position = positionOf(key);
    return position === undefined
      ? Reflect.set(patterns, key, value)
      : Reflect.set(patterns, position, toFloat16(Number(value)));
  },
};

function wrapped(patterns: Uint16Array): Uint16Array {
  return new Proxy(patterns, handler);
}

/**
 * Stands in for Float16Array: over a buffer, of a length, or of numbers. What the tracer needs and no more; it has no
 * `from`, so that other libraries do not take it for the real class.
 */
export function HalfArray(
  source: ArrayBuffer | number | Iterable<number>,
  offset?: number,
  length?: number,
): Uint16Array {
  const patterns =
    source instanceof ArrayBuffer || typeof source === 'number'
      ? makePatterns(source, offset, length)
      : Uint16Array.from(source, toFloat16);
  Object.setPrototypeOf(patterns, HalfArray.prototype);
  return wrapped(patterns);
}
Object.setPrototypeOf(HalfArray.prototype, Uint16Array.prototype);

const makePatterns = (source: ArrayBuffer | number, offset?: number, length?: number): Uint16Array =>
  typeof source === 'number' ? new Uint16Array(source) : new Uint16Array(source, offset, length);
