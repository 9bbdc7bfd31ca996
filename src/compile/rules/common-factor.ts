// Common factors: a * b + a * c is computed as a * (b + c), one pass over memory fewer; products are remembered for that.
import { sameList, shapeOf, sizeOf, type View } from '../layout/view.js';
import type { Graph } from '../onnx/graph.js';

/** What a tensor is the elementwise product of, in the axes of the view that it was made as. */
interface Product {
  readonly axes: View['axes'];
  readonly operands: readonly [View, View];
}

const products = new WeakMap<Graph, Map<string, Product>>();
const mostFactors = 6;

/** Remembers that `result` is the product of views without waiting factors. Only for products that are read once. */
export function rememberProduct(graph: Graph, result: View, operands: readonly [View, View]): void {
  const known = products.get(graph) ?? new Map<string, Product>();
  products.set(graph, known);
  known.set(result.tensor, { axes: result.axes, operands });
}

/** The factors of a product, through products of products; the view itself where it is none. */
function factorsOf(graph: Graph, view: View): View[] {
  const product = products.get(graph)?.get(view.tensor);
  if (product === undefined || product.axes !== view.axes) return [view];
  const factors = product.operands.flatMap(operand => factorsOf(graph, operand));
  return factors.length > mostFactors ? [view] : factors;
}

const isSame = (a: View, b: View): boolean => a.tensor === b.tensor && a.axes === b.axes;

export interface Shared {
  readonly common: View;
  /** The other factors of both terms. */
  readonly rests: readonly [readonly View[], readonly View[]];
}

/** A factor that both terms have, if each has others too; all of one shape and written out. */
export function sharedFactor(graph: Graph, x: View, y: View): Shared | undefined {
  const [left, right] = [factorsOf(graph, x), factorsOf(graph, y)];
  const shape = shapeOf(x);
  const isWhole = (view: View): boolean => sameList(shapeOf(view), shape) && sizeOf(view.atoms) === sizeOf(x.atoms);
  if (left.length < 2 || right.length < 2 || ![...left, ...right].every(isWhole)) return undefined;
  const common = left.find(one => right.some(other => isSame(one, other)));
  if (common === undefined) return undefined;
  const without = (factors: readonly View[]): View[] =>
    factors.toSpliced(
      factors.findIndex(one => isSame(one, common)),
      1,
    );
  return { common, rests: [without(left), without(right)] };
}
