// Which products a method takes: those with constant weights, big enough, not excluded by name; and what is said of the rest.
import { z } from 'zod';
import { GalerkinError, integerOption } from '../../base/index.js';
import type { Graph, GraphEditor, Model } from '../../graph/index.js';
import { labelOf, type Product, productOf, type Skipped } from './product.js';

/** Options of every method that goes by products. */
export const selectionShape = {
  leastWeights: integerOption({
    doc: 'Products with fewer weights are left alone: what is saved there does not pay for quantizing their input.',
    default: 1024,
    min: 1,
  }),
  exclude: z
    .array(z.string())
    .default([])
    .meta({ description: 'Names of nodes (or of what they make) to leave alone.' }),
};

export interface SelectionOptions {
  /** Products with fewer weights are left alone. @default 1024 */
  readonly leastWeights?: number;
  /** Names of nodes, or of what they make, to leave alone. @default [] */
  readonly exclude?: readonly string[];
}

export interface Selection {
  readonly products: readonly Product[];
  readonly skipped: readonly Skipped[];
}

interface Rule {
  readonly leastWeights: number;
  readonly exclude: readonly string[];
  /** Why this method cannot take a product; undefined where it can. */
  readonly refuses?: (product: Product) => string | undefined;
}

/** Every product of the graph that the rule lets through, in order. */
export function selectProducts(graph: Graph, editor: GraphEditor, rule: Rule): Selection {
  const excluded = new Set(rule.exclude);
  const products: Product[] = [];
  const skipped: Skipped[] = [];
  for (const node of graph.nodes) {
    const product = productOf(graph, editor, node);
    if (product === undefined) continue;
    const reason = typeof product === 'string' ? product : reasonAgainst(product, rule, excluded);
    if (typeof product === 'string' || reason !== undefined) {
      if (reason !== undefined) skipped.push({ node: labelOf(node), reason });
    } else products.push(product);
  }
  return { products, skipped };
}

function reasonAgainst(product: Product, rule: Rule, excluded: ReadonlySet<string>): string | undefined {
  const { node, weights } = product;
  if (excluded.has(labelOf(node)) || node.outputs.some(name => excluded.has(name))) return excludedReason;
  if (weights.values.length < rule.leastWeights)
    return `it has ${weights.values.length} weights, fewer than ${rule.leastWeights}`;
  return rule.refuses?.(product);
}

const excludedReason = 'it is excluded';

/** @throws OPTIMIZE_INPUT_INVALID where a method found nothing to do that it was not told to leave alone. */
export function requireProducts(method: string, { products, skipped }: Selection): void {
  if (products.length > 0 || skipped.some(({ reason }) => reason === excludedReason)) return;
  const reasons = skipped.map(({ node, reason }) => `'${node}' was skipped because ${reason}`);
  throw new GalerkinError('OPTIMIZE_INPUT_INVALID', {
    what: `Model for ${method}`,
    wanted: 'a product with constant float32 weights',
    got: reasons.length === 0 ? 'none' : reasons.slice(0, 3).join('; '),
  });
}

/** @throws OPTIMIZE_INPUT_INVALID for a model whose operator set is older than what a method writes. */
export function requireOpset(method: string, { opsets }: Model, least: number): void {
  const version = opsets.get('') ?? opsets.get('ai.onnx') ?? 1;
  if (version >= least) return;
  throw new GalerkinError('OPTIMIZE_INPUT_INVALID', {
    what: `Model for ${method}`,
    wanted: `ONNX operator set ${least} or newer`,
    got: `${version}`,
  });
}
