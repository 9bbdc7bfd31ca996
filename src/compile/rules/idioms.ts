// Idioms: inner functions that the runtime has one operator for, recognised by the name of the function.
import type { Jaxpr } from '../jaxpr.js';
import { elementwise } from '../layout/elementwise.js';
import type { View } from '../layout/view.js';
import type { Graph } from '../onnx/graph.js';
import { settle } from './factor.js';

/** Lowers a call whole, or returns undefined to have it walked equation by equation. */
export type Idiom = (graph: Graph, inner: Jaxpr, inputs: readonly View[]) => readonly View[] | undefined;

/** The exact Gaussian error linear unit; the tracer's own name also stands for the approximation, which has no erfc. */
const gelu: Idiom = (graph, inner, inputs) => {
  const [x, ...rest] = inputs;
  const exact = inner.eqns.some(({ primitive }) => `${primitive}` === 'erfc');
  if (x === undefined || rest.length > 0 || !exact || x.dtype !== 'float32') return undefined;
  return [elementwise(graph, 'Gelu', { inputs: [settle(graph, x)], dtype: x.dtype })];
};

export const idioms: ReadonlyMap<string, Idiom> = new Map([['gelu', gelu]]);
