// The chain of a product's channels: everything that must get shorter with them, from where they are made to where they are summed.
import { type Graph, type GraphEditor, intOf, type Node } from '../../graph/index.js';
import { constantBehind, type Product, productOf } from '../quantize/product.js';
import { type Carried, type Cut, channelAxis, outputAxis, passageThrough } from './channel-rules.js';

export interface ChannelChain {
  readonly producer: Product;
  readonly size: number;
  readonly cuts: readonly Cut[];
  readonly consumers: readonly Product[];
}

/** How many channels a product makes. */
export const channelsOf = ({ kind, side, weights }: Product): number =>
  kind === 'conv' || side === 'left' ? weights.rows : weights.columns;

function ownCuts(editor: GraphEditor, producer: Product): readonly Cut[] | string {
  const { bias, weights } = producer;
  const cuts: Cut[] = [{ constant: weights.name, axis: outputAxis(producer) }];
  if (bias === '') return cuts;
  const constant = constantBehind(editor, bias);
  if (constant === undefined) return 'its bias is computed';
  const isVector = constant.shape.length > 0 && constant.shape.at(-1) !== 1;
  return isVector ? [...cuts, { constant: bias, axis: -1 }] : cuts;
}

/**
 * Follows the channels forward. The chain is legal if every way from the product leads through operators that treat channels
 * one by one, and ends in products that sum over them; a reason is given where it is not.
 */
export function channelChain(graph: Graph, editor: GraphEditor, producer: Product): ChannelChain | string {
  if (producer.kind === 'conv' && intOf(producer.node, 'group', 1) !== 1) return 'it is a convolution in groups';
  const own = ownCuts(editor, producer);
  if (typeof own === 'string') return own;
  const size = channelsOf(producer);
  const [output = ''] = producer.node.outputs;
  const axes = new Map<string, Carried>([
    [output, { axis: channelAxis(producer), size, isSecond: producer.kind === 'conv' }],
  ]);
  const cuts: Cut[] = [...own];
  const consumers: Product[] = [];
  for (const node of graph.nodes) {
    const step = stepThrough(graph, editor, { node, axes });
    if (typeof step === 'string') return step;
    if (step === undefined) continue;
    cuts.push(...step.cuts);
    if (step.consumer !== undefined) consumers.push(step.consumer);
  }
  const seen = [...axes.keys()].find(name => editor.isOutput(name));
  if (seen !== undefined) return `'${seen}' is an output`;
  if (consumers.length === 0) return 'nothing sums over its channels';
  const shared = cuts.find(({ constant }) => editor.readers(constant).length > 1 || editor.isInput(constant));
  if (shared !== undefined) return `constant '${shared.constant}' is used elsewhere too`;
  return { producer, size, cuts, consumers };
}

interface Step {
  readonly cuts: readonly Cut[];
  readonly consumer: Product | undefined;
}

/** One node on the way; undefined for a node that reads none of the channels. Adds what it makes to `axes`. */
function stepThrough(
  graph: Graph,
  editor: GraphEditor,
  { node, axes }: { node: Node; axes: Map<string, Carried> },
): Step | string | undefined {
  const isCarried = (name: string): boolean => axes.has(name);
  const hidden = [...axes.keys()].find(name => editor.readers(name).includes(node) && !node.inputs.includes(name));
  if (hidden !== undefined) return `the body of ${node.operator} reads it`;
  const read = node.inputs.filter(isCarried);
  const carried = axes.get(read[0] ?? '');
  if (carried === undefined) return undefined;
  if (read.some(name => axes.get(name)?.axis !== carried.axis)) return `${node.operator} joins two of its axes`;
  const found = productOf(graph, editor, node);
  if (typeof found === 'string') return `a product reads it: ${found}`;
  const passage = passageThrough(editor, node, { carried, isCarried, product: found });
  if (typeof passage === 'string') return passage;
  if (passage.axis === undefined) return { cuts: passage.cuts, consumer: found };
  const [made = ''] = node.outputs;
  const isSecond = carried.isSecond && node.operator !== 'Flatten' && node.operator !== 'Transpose';
  axes.set(made, { axis: passage.axis, size: carried.size, isSecond });
  return { cuts: passage.cuts, consumer: undefined };
}
