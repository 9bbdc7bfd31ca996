// Idioms of exponentials over sums along one axis: softmax and its logarithm.
import type { Atom, Equation } from '../../jaxpr.js';
import { settle } from '../factor.js';
import { isFloat } from '../operators.js';
import { alongAxis } from './along-axis.js';
import { bothWays, type Facts, type Idiom, type Pattern } from './pattern.js';

/** The one axis of a reduction by `op`. */
function axisOf(equation: Equation | undefined, op: string): number | undefined {
  const axis: unknown = equation?.params.axis;
  if (equation?.params.op !== op || !Array.isArray(axis) || axis.length !== 1) return undefined;
  const [only]: readonly unknown[] = axis;
  return typeof only === 'number' ? only : undefined;
}

/** True where a kept axis of size 1 stands at `axis`. */
function keeps(atom: Atom | undefined, like: Atom, axis: number): boolean {
  const shape = atom?.aval.shape ?? [];
  return `${shape}` === `${like.aval.shape.with(axis, 1)}`;
}

/** x - max(x) along an axis, which it returns; read `uses` times. */
function shiftedInput(facts: Facts, atom: Atom, { axis, uses }: { axis: number; uses: number }): Atom | undefined {
  const sum = facts.made(atom, 'add', uses);
  if (sum === undefined) return undefined;
  for (const [x, negative] of bothWays(sum)) {
    const kept = facts.through(negative, 'neg');
    const column = facts.made(kept, 'stop_gradient') === undefined ? kept : facts.through(kept, 'stop_gradient');
    const largest = facts.made(facts.through(column, 'reshape'), 'reduce');
    if (largest?.inputs[0] === x && axisOf(largest, 'Max') === axis && keeps(column, x, axis)) return x;
  }
  return undefined;
}

/** An operator along one axis, wherever it lies in memory. */
const emit =
  (operator: string, axis: number): Idiom['emit'] =>
  ({ graph }, [view]) => {
    if (view === undefined || view.literal !== undefined || !isFloat(view.dtype)) return undefined;
    return alongAxis(graph, settle(graph, view), {
      operator,
      axis,
      node: position => ({ attributes: { axis: position } }),
    });
  };

/** exp(x - max) / sum(exp(x - max)). */
export const softmax: Pattern = (root, facts) => {
  for (const [power, inverse] of bothWays(root)) {
    const column = facts.through(inverse, 'reciprocal');
    const total = facts.made(facts.through(column, 'reshape'), 'reduce');
    const axis = axisOf(total, 'Add');
    const exponent = facts.made(power, 'exp', 2)?.inputs[0];
    if (axis === undefined || exponent === undefined || total?.inputs[0] !== power) continue;
    const x = shiftedInput(facts, exponent, { axis, uses: 1 });
    if (x !== undefined && keeps(column, x, axis)) return { inputs: [x], emit: emit('Softmax', axis) };
  }
  return undefined;
};

/** (x - max) - log(sum(exp(x - max))). */
export const logSoftmax: Pattern = (root, facts) => {
  for (const [shifted, negative] of bothWays(root)) {
    const column = facts.through(negative, 'neg', 'log');
    const total = facts.made(facts.through(column, 'reshape'), 'reduce');
    const axis = axisOf(total, 'Add');
    if (axis === undefined || facts.through(total?.inputs[0], 'exp') !== shifted) continue;
    const x = shiftedInput(facts, shifted, { axis, uses: 2 });
    if (x !== undefined && keeps(column, x, axis)) return { inputs: [x], emit: emit('LogSoftmax', axis) };
  }
  return undefined;
};
