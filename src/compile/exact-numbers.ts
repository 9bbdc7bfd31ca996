// Plain numbers in a traced function: the tracer reads them in single precision; here they stay what was written.
import { numpy, Array as TracedArray } from '@jax-js/jax';
import { replaceProperty } from './replace-property.js';

const rules = TracedArray._implRules();

/**
 * Runs `action`, a trace from beginning to end, in which single numbers are read in double precision. The tracer holds a
 * number as the expression that it was written as, so that widening comes before rounding. Whatever happens, the
 * tracer is as before afterwards.
 */
export function withExactNumbers<T>(action: () => T): T {
  const { prototype } = TracedArray;
  const read = prototype.dataSync;
  const restore = replaceProperty(prototype, 'dataSync', {
    value(this: TracedArray) {
      if (this.ndim > 0 || this.dtype !== 'float32') return read.call(this);
      const [wide] = rules.cast([this], { dtype: numpy.float64 });
      return read.call(wide ?? this);
    },
  });
  try {
    return action();
  } finally {
    restore();
  }
}
