// Waiting factors: a number that multiplies a whole view is carried beside it until it must be multiplied in.
import { castTo } from '../layout/materialize.js';
import { literalView, shapeOf, type View } from '../layout/view.js';
import type { Graph } from '../onnx/graph.js';
import { promotedElementType, type RuleContext, type Step } from './rule.js';

/** Factors wait only in this range, so that what is computed in the meantime neither overflows nor vanishes. */
export const range = { least: 1e-6, most: 1e6 } as const;
/** A factor moves onto an operand that is this many times smaller than the result. */
export const muchSmaller = 4;

/** One exactly, where only the rounding of reciprocals keeps a number from it. */
export const snapped = (value: number): number => (Math.abs(Math.abs(value) - 1) < 1e-12 ? Math.sign(value) : value);

export const factorOf = (view: View): number => view.factor ?? 1;
export const isFloat = (view: View): boolean => view.dtype === 'float32' || view.dtype === 'float64';

/** The view without its factor. */
export function bare(view: View): View {
  if (view.factor === undefined) return view;
  const { factor: _, ...rest } = view;
  return rest;
}

/** Multiplies the waiting factor in. */
export function settle(graph: Graph, view: View): View {
  const { factor } = view;
  if (factor === undefined) return view;
  const { tensor, ...rest } = bare(view);
  if (factor === -1) return { ...rest, tensor: graph.node('Neg', [tensor]) };
  return { ...rest, tensor: graph.node('Mul', [tensor, graph.scalar(view.dtype, factor)]) };
}

/** The view times `factor`, later; at once if the factor is out of range. */
export function scaled(graph: Graph, view: View, factor: number): View {
  const total = snapped(factorOf(view) * factor);
  if (total === 1) return bare(view);
  const size = Math.abs(total);
  if (size >= range.least && size <= range.most) return { ...view, factor: total };
  return settle(graph, { ...settle(graph, view), factor });
}

/** True for a number that a view can carry: no zero, whose product with infinity is not zero. */
export const canWait = (value: number): boolean => Number.isFinite(value) && value !== 0;

/** Inputs in the element type in which they meet; undefined if that is not a float. */
export function floatInputs({ graph }: RuleContext, step: Step, inputs: readonly View[]): View[] | undefined {
  const dtype = promotedElementType(step);
  if (dtype !== 'float32' && dtype !== 'float64') return undefined;
  return inputs.map(view => (view.dtype === dtype ? view : castTo(graph, settle(graph, view), dtype)));
}

/** The view without its own factor times a number, now; free for numbers known while lowering. */
export function times(graph: Graph, view: View, factor: number): View {
  if (factor === 1) return bare(view);
  if (view.literal === undefined) return settle(graph, { ...view, factor });
  return literalView(graph, view.literal * factor, { dtype: view.dtype, shape: shapeOf(view) });
}
