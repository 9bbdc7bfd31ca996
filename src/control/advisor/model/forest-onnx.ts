// A forest as an ONNX model: the tree ensemble of ai.onnx.ml gives log odds, a sigmoid the probability. Missing values are NaN.
import {
  type Attribute,
  floats,
  ints,
  modelOf,
  type Node,
  tensorValue,
  text,
  writeModel,
} from '../../../graph/index.js';
import type { Forest } from '../boosting/tree.js';

const encoder = new TextEncoder();
const texts = (values: readonly string[]): Attribute => ({
  kind: 'texts',
  value: values.map(value => encoder.encode(value)),
});

/** One entry a node, over all trees; as version 3 of ai.onnx.ml wants it. */
function nodeAttributes({ trees }: Forest): Record<string, Attribute> {
  const nodes = trees.flatMap((tree, treeId) =>
    tree.feature.map((feature, nodeId) => ({ tree, treeId, nodeId, leaf: feature < 0 })),
  );
  return {
    nodes_treeids: ints(nodes.map(({ treeId }) => treeId)),
    nodes_nodeids: ints(nodes.map(({ nodeId }) => nodeId)),
    nodes_featureids: ints(nodes.map(({ tree, nodeId }) => Math.max(0, tree.feature[nodeId]))),
    nodes_modes: texts(nodes.map(({ leaf }) => (leaf ? 'LEAF' : 'BRANCH_LEQ'))),
    nodes_values: floats(nodes.map(({ tree, nodeId }) => tree.threshold[nodeId])),
    nodes_truenodeids: ints(nodes.map(({ tree, nodeId, leaf }) => (leaf ? 0 : tree.left[nodeId]))),
    nodes_falsenodeids: ints(nodes.map(({ tree, nodeId, leaf }) => (leaf ? 0 : tree.right[nodeId]))),
    nodes_missing_value_tracks_true: ints(nodes.map(({ tree, nodeId }) => (tree.missingLeft[nodeId] ? 1 : 0))),
  };
}

function leafAttributes({ base, trees }: Forest): Record<string, Attribute> {
  const leaves = trees.flatMap((tree, treeId) =>
    tree.feature.flatMap((feature, nodeId) => (feature < 0 ? [{ treeId, nodeId, value: tree.value[nodeId] }] : [])),
  );
  return {
    target_treeids: ints(leaves.map(({ treeId }) => treeId)),
    target_nodeids: ints(leaves.map(({ nodeId }) => nodeId)),
    target_ids: ints(leaves.map(() => 0)),
    target_weights: floats(leaves.map(({ value }) => value)),
    base_values: floats([base]),
    n_targets: { kind: 'int', value: 1n },
    aggregate_function: text('SUM'),
    post_transform: text('NONE'),
  };
}

/** features [rows, columns] → log_odds [rows, 1], probability [rows, 1]; all FP32. A forest without trees is no model. */
export function forestModel(forest: Forest, columns: number): Uint8Array {
  const ensemble: Node = {
    name: 'trees',
    operator: 'TreeEnsembleRegressor',
    domain: 'ai.onnx.ml',
    inputs: ['features'],
    outputs: ['log_odds'],
    attributes: { ...nodeAttributes(forest), ...leafAttributes(forest) },
  };
  const sigmoid: Node = {
    name: 'sigmoid',
    operator: 'Sigmoid',
    domain: '',
    inputs: ['log_odds'],
    outputs: ['probability'],
    attributes: {},
  };
  return writeModel(
    modelOf({
      nodes: [ensemble, sigmoid],
      inputs: [tensorValue('features', ['rows', columns])],
      outputs: [tensorValue('log_odds', ['rows', 1]), tensorValue('probability', ['rows', 1])],
      opsets: { '': 20, 'ai.onnx.ml': 3 },
      name: 'adviser',
    }),
  );
}
