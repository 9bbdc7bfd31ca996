// Types of the runtime's own operators on images whose channels lie in blocks: what it writes for convolutions on this processor.
import { int, intOf, intsOf } from '../attributes.js';
import type { Dimension, Graph, Node } from '../model.js';
import { type Rule, type Rules, reshaped } from './rule.js';
import { windowRules } from './windows.js';

/** The domain that ONNX Runtime keeps them in. */
export const blockedDomain = 'com.microsoft.nchwc';

/** Channels to the second place, filled up to whole blocks: how many that makes only their readers know (withFilledChannels). */
const reorderInput: Rule = call => {
  const shape = call.inputs[0]?.shape;
  if (shape === undefined) return reshaped(call, shape);
  const sizes = intOf(call.node, 'channels_last', 0) === 0 ? shape.slice(2) : shape.slice(1, -1);
  return reshaped(call, [shape[0], intOf(call.node, filledChannels), ...sizes]);
};

/** Channels as many as there were before they were filled up to whole blocks. */
const reorderOutput: Rule = call => {
  const shape = call.inputs[0]?.shape;
  if (shape === undefined) return reshaped(call, undefined);
  const channels = intOf(call.node, 'channels') ?? shape[1];
  const [batch, , ...sizes] = shape;
  const isLast = intOf(call.node, 'channels_last', 0) !== 0;
  return reshaped(call, isLast ? [batch, ...sizes, channels] : [batch, channels, ...sizes]);
};

const upsample: Rule = call => {
  const scales = intsOf(call.node, 'scales') ?? [];
  const grown = (size: Dimension, axis: number): Dimension =>
    typeof size === 'number' ? size * (scales[axis] ?? 1) : scales[axis] === 1 ? size : undefined;
  return reshaped(call, call.inputs[0]?.shape?.map(grown));
};

const sameAsPlain = ['Conv', 'MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool'];

/** Our own note on a ReorderInput; the runtime neither writes nor reads it. */
const filledChannels = 'filled_channels';

/** The graph with a note on each ReorderInput of how many channels the convolutions that read it expect. */
export function withFilledChannels(graph: Graph): Graph {
  const expected = new Map<string, number>();
  for (const { domain, operator, inputs, attributes } of graph.nodes) {
    const { group } = attributes;
    const isGrouped = group?.kind === 'int' && group.value !== 1n;
    const channels = graph.constants.get(inputs[1] ?? '')?.shape[1];
    if (domain !== blockedDomain || operator !== 'Conv' || isGrouped || channels === undefined) continue;
    expected.set(inputs[0] ?? '', channels);
  }
  const noted = (node: Node): Node => {
    const channels = node.operator === 'ReorderInput' ? expected.get(node.outputs[0] ?? '') : undefined;
    return channels === undefined
      ? node
      : { ...node, attributes: { ...node.attributes, [filledChannels]: int(channels) } };
  };
  return { ...graph, nodes: graph.nodes.map(noted) };
}

export const blockedRules: Rules = {
  ...Object.fromEntries(Object.entries(windowRules).filter(([operator]) => sameAsPlain.includes(operator))),
  ReorderInput: reorderInput,
  ReorderOutput: reorderOutput,
  Upsample: upsample,
};
