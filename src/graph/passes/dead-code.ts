// Dead code: nodes that no output needs, unread constants, and optional outputs that nobody reads.
import type { Graph, Model, Node } from '../model.js';
import { namesRead, withSubgraphs } from '../names.js';
import type { Pass } from './pass.js';

function cleaned(graph: Graph): { graph: Graph; removed: number } {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  const kept: Node[] = [];
  let removed = 0;
  for (const node of graph.nodes.toReversed()) {
    // A node without outputs could only be there for an effect; there is none in ONNX, but it is not ours to judge.
    if (node.outputs.some(name => name !== '') && !node.outputs.some(name => needed.has(name))) {
      removed++;
      continue;
    }
    const changed = withSubgraphs(node, body => {
      const result = cleaned(body);
      removed += result.removed;
      return result.removed === 0 ? body : result.graph;
    });
    kept.push(changed);
    for (const name of namesRead(changed)) needed.add(name);
  }
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const constants = new Map([...graph.constants].filter(([name]) => needed.has(name) || inputs.has(name)));
  removed += graph.constants.size - constants.size;
  return { graph: { ...graph, nodes: kept.reverse(), constants }, removed };
}

export const deadCode: Pass = {
  name: 'dead code',
  async run(model: Model) {
    const { graph, removed } = cleaned(model.graph);
    return removed === 0 ? { model, applied: 0 } : { model: { ...model, graph }, applied: removed };
  },
};
