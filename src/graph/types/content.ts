// Whole numbers inside small tensors, as far as the sizes of the model's inputs give them: what Shape begins and Reshape ends.
import { intOf, intsOf } from '../attributes.js';
import type { Dimension, Node } from '../model.js';
import { allKnown, axisOf, type Shape } from './rule.js';
import { product, quotient } from './shape.js';

/** What is known of a node's inputs. */
export interface Contents {
  readonly opset: number;
  shape(at: number): Shape | undefined;
  integers(at: number): readonly Dimension[] | undefined;
}

type Tracer = (node: Node, contents: Contents) => readonly Dimension[] | undefined;

/** Longer lists are data, not sizes. */
export const longestContent = 64;

const passed: Tracer = (_, { integers }) => integers(0);

const bounded = (at: number, size: number): number => Math.min(Math.max(at < 0 ? at + size : at, 0), size);

const shape: Tracer = (node, contents) => {
  const sizes = contents.shape(0);
  if (sizes === undefined) return undefined;
  const { length } = sizes;
  return sizes.slice(bounded(intOf(node, 'start', 0), length), bounded(intOf(node, 'end', length), length));
};

const gather: Tracer = (node, { integers }) => {
  const [data, indices] = [integers(0), allKnown(integers(1))];
  if (data === undefined || indices === undefined || intOf(node, 'axis', 0) !== 0) return undefined;
  return indices.map(index => data[axisOf(index, data.length) ?? data.length]);
};

const slice: Tracer = (node, { integers }) => {
  const data = integers(0);
  const list = (name: string, at: number) => intsOf(node, name) ?? allKnown(integers(at));
  const [[start] = [], [end] = [], [step] = [1]] = [list('starts', 1), list('ends', 2), list('steps', 4)];
  const hasSteps = (node.inputs[4] ?? '') !== '';
  if (data === undefined || start === undefined || end === undefined || (hasSteps && list('steps', 4) === undefined))
    return undefined;
  if (step !== 1) return step === -1 && start === -1 && end < -data.length ? data.toReversed() : undefined;
  return data.slice(bounded(start, data.length), Math.max(bounded(start, data.length), bounded(end, data.length)));
};

const concat: Tracer = (node, { integers }) => {
  const parts = node.inputs.map((_, at) => integers(at));
  const known = parts.filter(part => part !== undefined);
  return known.length === parts.length ? known.flat() : undefined;
};

const pairwise =
  (operation: (a: Dimension, b: Dimension) => Dimension): Tracer =>
  (_, { integers }) => {
    const [a, b] = [integers(0), integers(1)];
    if (a === undefined || b === undefined) return undefined;
    if (a.length !== b.length && a.length !== 1 && b.length !== 1) return undefined;
    return Array.from({ length: Math.max(a.length, b.length) }, (__, k) =>
      operation(a[a.length === 1 ? 0 : k], b[b.length === 1 ? 0 : k]),
    );
  };

const numbers =
  (operation: (a: number, b: number) => number) =>
  (a: Dimension, b: Dimension): Dimension =>
    typeof a === 'number' && typeof b === 'number' ? operation(a, b) : undefined;

const minus = (a: Dimension, b: Dimension): Dimension => (b === 0 ? a : numbers((x, y) => x - y)(a, b));
const plus = (a: Dimension, b: Dimension): Dimension => (b === 0 ? a : a === 0 ? b : numbers((x, y) => x + y)(a, b));

const divided = (a: Dimension, b: Dimension): Dimension =>
  typeof a === 'number' && typeof b === 'number' ? (b === 0 ? undefined : Math.trunc(a / b)) : quotient([a], [b]);

export const tracers: Readonly<Record<string, Tracer>> = {
  Shape: shape,
  Size: (_, contents) => {
    const sizes = contents.shape(0);
    return sizes === undefined ? undefined : [product(sizes)];
  },
  Identity: passed,
  // Only between whole numbers: the driver asks for the type of the output.
  Cast: passed,
  Squeeze: passed,
  Unsqueeze: passed,
  Reshape: passed,
  Gather: gather,
  Slice: slice,
  Concat: concat,
  Add: pairwise(plus),
  Sub: pairwise(minus),
  Mul: pairwise((a, b) => product([a, b])),
  Div: pairwise(divided),
  Max: pairwise(numbers(Math.max)),
  Min: pairwise(numbers(Math.min)),
  ReduceProd: (_, { integers }) => {
    const sizes = integers(0);
    return sizes === undefined ? undefined : [product(sizes)];
  },
};
