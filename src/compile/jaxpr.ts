// What we read of the tracer's intermediate form: equations over variables and literals, in order.
import type { ClosedJaxpr, Jaxpr } from '@jax-js/jax';

export type { ClosedJaxpr, Jaxpr };
export type Equation = Jaxpr['eqns'][number];
export type Variable = Jaxpr['inBinders'][number];
export type Atom = Jaxpr['outs'][number];

/** Shape and element type of a value, as the tracer knows them. */
export interface AbstractValue {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Came from a plain number: takes the type of what it meets. */
  readonly weakType: boolean;
}

const rank = ['bool', 'uint32', 'int32', 'float16', 'float32', 'float64'];

/** The wider of two element types on the tracer's lattice. */
function wider(a: string, b: string): string {
  return rank.indexOf(a) >= rank.indexOf(b) ? a : b;
}

/** The element type in which values meet: plain numbers give way to arrays, but not to booleans. */
export function promotedType(values: readonly AbstractValue[]): string {
  const strong = values.filter(value => !value.weakType).map(value => value.dtype);
  if (strong.length === 0) return values.map(value => value.dtype).reduce(wider);
  const joined = strong.reduce(wider);
  return strong.length === values.length ? joined : wider(joined, 'uint32');
}
