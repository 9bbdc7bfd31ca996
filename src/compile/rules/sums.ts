// Sums of views with waiting factors: signs become subtractions, common factors are multiplied by once, padded terms are joined.
import { type Block, type Blocks, blocksOf, pairedBlocks, rememberBlocks, sameShape } from '../layout/blocks.js';
import { elementwise } from '../layout/elementwise.js';
import { concatViews } from '../layout/shape.js';
import { sizeOf, type View } from '../layout/view.js';
import type { Graph } from '../onnx/graph.js';
import { sharedFactor } from './common-factor.js';
import { bare, factorOf, scaled, settle, snapped, times } from './waiting.js';

/** Of two terms the one whose factor the sum takes over: the larger array, then the larger factor. */
function dominates(x: View, y: View): boolean {
  const [sizeX, sizeY] = [sizeOf(x.atoms), sizeOf(y.atoms)];
  return sizeX === sizeY ? Math.abs(factorOf(x)) >= Math.abs(factorOf(y)) : sizeX > sizeY;
}

/** A sum takes over the factor of one term, the other is multiplied by the ratio; signs become a subtraction. */
function plainSum(graph: Graph, x: View, y: View): View {
  const [main, other] = dominates(x, y) ? [x, y] : [y, x];
  const common = Math.abs(factorOf(main));
  const term = times(graph, other, snapped(Math.abs(factorOf(other)) / common));
  const [negative, otherNegative] = [factorOf(main) < 0, factorOf(other) < 0];
  const { dtype } = main;
  if (negative === otherNegative) {
    const inputs = main === x ? [bare(main), term] : [term, bare(main)];
    return scaled(graph, elementwise(graph, 'Add', { inputs, dtype }), negative ? -common : common);
  }
  const inputs = negative ? [term, bare(main)] : [bare(main), term];
  return scaled(graph, elementwise(graph, 'Sub', { inputs, dtype }), common);
}

/** A sum of products with a common factor: that times the sum of the others. For products that nobody else reads. */
export function factoredSum(graph: Graph, x: View, y: View): View | undefined {
  const shared = sharedFactor(graph, x, y);
  if (shared === undefined) return undefined;
  const multiply = (a: View, b: View): View => elementwise(graph, 'Mul', { inputs: [a, b], dtype: a.dtype });
  const [left, right] = shared.rests.map((rest, k) => {
    const view = rest.reduce(multiply);
    const factor = factorOf(k === 0 ? x : y);
    return factor === 1 ? view : { ...view, factor };
  });
  if (left === undefined || right === undefined) return undefined;
  const inner = plainSum(graph, left, right);
  return scaled(graph, multiply(shared.common, bare(inner)), factorOf(inner));
}

/** Blocks of a sum: where one term is zero, the other's block; both summed where neither is. */
function summedBlocks(graph: Graph, x: View, y: View): Blocks | undefined {
  const [ofX, ofY] = [blocksOf(graph, x), blocksOf(graph, y)];
  if (ofX === undefined || ofY === undefined || !sameShape(x, y)) return undefined;
  const pairs = pairedBlocks(ofX, ofY);
  if (pairs === undefined) return undefined;
  const blocks = pairs.map(([left, right]): Block => {
    const [a, b] = [withFactor(graph, left, factorOf(x)), withFactor(graph, right, factorOf(y))];
    return { size: left.size, view: a === undefined || b === undefined ? (a ?? b) : sumOf(graph, a, b) };
  });
  return { axis: ofX.axis, blocks };
}

const withFactor = (graph: Graph, { view }: Block, factor: number): View | undefined =>
  view === undefined ? undefined : scaled(graph, view, factor);

/** Blocks without zeros between them, one behind another; a factor that all have goes on waiting. */
function joined(graph: Graph, { axis, blocks }: Blocks): View | undefined {
  const views = blocks.flatMap(({ view }) => view ?? []);
  const [first] = views;
  if (first === undefined || views.length < blocks.length) return undefined;
  const common = factorOf(first);
  if (views.every(view => factorOf(view) === common)) {
    return scaled(graph, concatViews(graph, views.map(bare), axis), common);
  }
  return concatViews(
    graph,
    views.map(view => settle(graph, view)),
    axis,
  );
}

/** x + y. */
export function sumOf(graph: Graph, x: View, y: View): View {
  const blocks = summedBlocks(graph, x, y);
  if (blocks === undefined) return plainSum(graph, x, y);
  const whole = joined(graph, blocks);
  // What the join is made of is remembered too: more terms may come.
  const result = whole ?? settle(graph, plainSum(graph, x, y));
  const factor = factorOf(result);
  const parts = blocks.blocks.map(({ size, view }) => ({ size, view: view && scaled(graph, view, 1 / factor) }));
  rememberBlocks(graph, result, { axis: blocks.axis, blocks: parts });
  return result;
}
