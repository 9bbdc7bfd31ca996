// Pruning: weights that matter least go, one by one, some of every few, in blocks, or by whole channels.
import { GraphEditor, type Model } from '../../graph/index.js';
import { preparedGraph } from '../quantize/prepared.js';
import { labelOf, type Product } from '../quantize/product.js';
import { requireProducts, selectProducts } from '../quantize/selection.js';
import { pruneChannels } from './channels.js';
import { applyMasks, blockMask, inOwnOrder, magnitudeMask, nmMask } from './masks.js';
import { type PruneConfig, type Pruned, type PruneOptions, pruneConfig } from './prune-options.js';

function maskOf(product: Product, config: PruneConfig): Uint8Array {
  const { weights } = product;
  if (config.structure === 'nm') return nmMask(product, config.n, config.m);
  return config.structure === 'blocks' ? blockMask(weights, config) : magnitudeMask(weights, config.ratio);
}

function methodOf({ structure, ratio, n, m, height, width }: PruneConfig): string {
  const part = `${Math.round(ratio * 100)} %`;
  if (structure === 'nm') return `${n}:${m} pruning`;
  return structure === 'blocks' ? `${part} of the ${height} x ${width} blocks pruned` : `${part} of the weights pruned`;
}

/**
 * Takes away the weights of MatMul, Gemm, FusedMatMul and Conv that matter least, by their magnitude.
 * 'magnitude', 'nm' and 'blocks' leave zeros: the file becomes smaller only when it is compressed, and a run on a CPU no faster,
 * as ONNX Runtime computes with zeros like with anything else. 'channels' makes smaller dense products: both. Chains of channels
 * that end in an output, a sum with another branch, a normalization or a reshape are left alone, and the report says why.
 * Cost: O(weights log weights), pure.
 * @throws OPTIONS_INVALID; OPTIMIZE_INPUT_INVALID where nothing can be pruned.
 */
export function prune(model: Model, options: PruneOptions = {}): Pruned {
  const config = pruneConfig(options);
  if (config.structure === 'channels') return pruneChannels(model, config);
  const graph = preparedGraph(model);
  const selection = selectProducts(graph, new GraphEditor(graph), config);
  const method = methodOf(config);
  requireProducts(method, selection);
  const masks = new Map<string, Uint8Array>();
  for (const product of selection.products) {
    const { weights } = product;
    if (!masks.has(weights.name)) masks.set(weights.name, inOwnOrder(maskOf(product, config), weights));
  }
  const { model: pruned, report } = applyMasks({ ...model, graph }, masks);
  const changed = selection.products.map(({ node }) => labelOf(node));
  return { model: pruned, report: { ...report, method, changed, skipped: selection.skipped }, masks };
}
