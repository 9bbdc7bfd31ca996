// Channel pruning: whole channels go, from the product that makes them to those that sum over them; what is left is dense and smaller.
import { floatsOf, GraphEditor, type Model } from '../../graph/index.js';
import { preparedGraph } from '../quantize/prepared.js';
import { constantBehind, labelOf, type Product, productOf, type Skipped } from '../quantize/product.js';
import { compressedOf } from '../quantize/report.js';
import { requireProducts } from '../quantize/selection.js';
import { type ChannelChain, channelChain } from './channel-chain.js';
import { keepLargest, putValues } from './masks.js';
import type { PruneConfig, Pruned } from './prune-options.js';

/** Adds the squares of a product's weights channel by channel: of those that it makes, or of those that it sums over. */
function addSquares(into: Float32Array, { side, kind, weights }: Product, of: 'made' | 'summed'): void {
  const { values, rows, columns } = weights;
  const isRow = (side === 'right') === (of === 'summed');
  // A convolution's rows hold each channel of the input as a run of its kernel.
  const run = kind === 'conv' && of === 'summed' ? columns / into.length : 1;
  values.forEach((value, k) => {
    const channel = isRow ? Math.floor(k / columns) % rows : Math.floor((k % columns) / run);
    into[channel] = (into[channel] ?? 0) + value * value;
  });
}

/** How much a channel matters: the norm of the weights that make it times the norm of those that read it. */
function importance({ producer, consumers, size }: ChannelChain): Float32Array {
  const made = new Float32Array(size);
  addSquares(made, producer, 'made');
  const read = new Float32Array(size);
  for (const consumer of consumers) addSquares(read, consumer, 'summed');
  return made.map((squares, k) => Math.sqrt(squares * (read[k] ?? 0)));
}

/** How many channels stay: a whole number of `multiple`s, at least one, as near the ratio as can be. */
function keptCount(size: number, { ratio, multiple }: PruneConfig): number {
  if (size <= multiple) return size;
  return Math.min(size, Math.max(multiple, Math.round((size * (1 - ratio)) / multiple) * multiple));
}

interface Axis {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

function axisOf(shape: readonly number[], axis: number): Axis {
  const at = shape.length + axis;
  const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);
  return { outer: product(shape.slice(0, at)), length: shape[at] ?? 1, inner: product(shape.slice(at + 1)) };
}

/** The values whose place along an axis is kept. */
function taken(values: Float32Array, { length, inner }: Axis, kept: Uint8Array): Float32Array {
  return values.filter((_, k) => kept[Math.floor(k / inner) % length] === 1);
}

function shorten(editor: GraphEditor, chain: ChannelChain, kept: Uint8Array): Map<string, Uint8Array> {
  const masks = new Map<string, Uint8Array>();
  const count = kept.reduce((total, keeps) => total + keeps, 0);
  for (const { constant: name, axis } of chain.cuts) {
    const constant = constantBehind(editor, name);
    if (constant === undefined) continue;
    const values = floatsOf(constant);
    const along = axisOf(constant.shape, axis);
    const shape = constant.shape.with(axis, count);
    masks.set(
      name,
      Uint8Array.from(values, (_, k) => kept[Math.floor(k / along.inner) % along.length] ?? 1),
    );
    putValues(editor, name, { shape, values: taken(values, along, kept) });
  }
  return masks;
}

/** Masks of two cuts of one constant: what either takes away is gone. The second one is of the shorter constant. */
function joined(first: Uint8Array | undefined, second: Uint8Array): Uint8Array {
  if (first === undefined) return second;
  let k = 0;
  return first.map(keeps => (keeps === 0 ? 0 : (second[k++] ?? 1)));
}

export function pruneChannels(model: Model, config: PruneConfig): Pruned {
  const method = `channels, ${Math.round(config.ratio * 100)} % of each chain`;
  const graph = preparedGraph(model);
  const editor = new GraphEditor(graph);
  const changed: string[] = [];
  const skipped: Skipped[] = [];
  const masks = new Map<string, Uint8Array>();
  const excluded = new Set(config.exclude);
  for (const node of graph.nodes) {
    const product = productOf(graph, editor, node);
    if (product === undefined) continue;
    const skip = (reason: string) => skipped.push({ node: labelOf(node), reason });
    if (typeof product === 'string' || excluded.has(labelOf(node))) {
      skip(typeof product === 'string' ? product : 'it is excluded');
      continue;
    }
    const chain = channelChain(graph, editor, product);
    if (typeof chain === 'string') {
      skip(`its channels cannot go: ${chain}`);
      continue;
    }
    const keep = keptCount(chain.size, config);
    if (keep === chain.size) {
      skip(`it makes ${chain.size} channels, too few to take away ${config.multiple} at a time`);
      continue;
    }
    const kept = keepLargest(importance(chain), chain.size - keep);
    for (const [name, mask] of shorten(editor, chain, kept)) masks.set(name, joined(masks.get(name), mask));
    changed.push(labelOf(node));
  }
  requireProducts(method, {
    products: [],
    skipped: changed.length > 0 ? [{ node: '', reason: 'it is excluded' }] : skipped,
  });
  // Types of values between were those of the longer channels.
  const shorter = { ...editor.finish(), values: new Map() };
  return { ...compressedOf(model, shorter, { method, changed, skipped }), masks };
}
