// Sensitivity: how far the answers move when one product alone is compressed; and the most products that a budget bears.
import { GraphEditor, type Model } from '../../graph/index.js';
import type { Compressed } from '../compressed.js';
import { preparedGraph } from '../quantize/prepared.js';
import { labelOf, productOf } from '../quantize/product.js';
import type { Compressor } from './method.js';
import { type Budget, keeps, type Measured, type Reference } from './reference.js';

export interface Sensitivity {
  readonly node: string;
  /** Relative L2 distance from the original's answers with this node alone compressed. */
  readonly relativeL2: number;
}

/** Names of all products of a model. */
function productsOf(model: Model): string[] {
  const graph = preparedGraph(model);
  const editor = new GraphEditor(graph);
  return graph.nodes.filter(node => productOf(graph, editor, node) !== undefined).map(labelOf);
}

/** Compresses one product after another, alone. Cost: one session and one run over the samples for each. Least first. */
export async function sensitivities(
  model: Model,
  compressor: Compressor,
  reference: Reference,
): Promise<Sensitivity[]> {
  const all = productsOf(model);
  const touched = new Set(compressor([]).report.changed);
  const result: Sensitivity[] = [];
  for (const node of all.filter(name => touched.has(name))) {
    const { model: changed } = compressor(all.filter(name => name !== node));
    const { deviation } = await reference.measure(changed);
    result.push({ node, relativeL2: deviation.relativeL2 });
  }
  return result.sort((a, b) => a.relativeL2 - b.relativeL2);
}

export interface Partial {
  readonly compressed: Compressed;
  readonly measured: Measured;
  /** Left as they were: what moves the answers most. */
  readonly excluded: readonly string[];
}

/**
 * Compresses as many products as the budget bears, the least sensitive first, found by bisection; undefined if it bears none.
 */
export async function compressPart(
  { compressor, reference, budget }: { compressor: Compressor; reference: Reference; budget: Budget },
  order: readonly Sensitivity[],
): Promise<Partial | undefined> {
  let best: Partial | undefined;
  let [low, high] = [1, order.length - 1];
  while (low <= high) {
    const count = Math.ceil((low + high) / 2);
    const excluded = order.slice(count).map(({ node }) => node);
    const compressed = compressor(excluded);
    const measured = await reference.measure(compressed.model);
    if (keeps(measured, budget)) {
      best = { compressed, measured, excluded };
      low = count + 1;
    } else high = count - 1;
  }
  return best;
}
