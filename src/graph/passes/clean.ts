// What is left over: nodes that no output needs, in bodies too, and constants that nobody reads.
import type { Graph, Node } from '../model.js';
import { namesRead, withSubgraphs } from '../names.js';

/** The graph without them, and how many they were. Wants nodes in order. */
export function cleaned(graph: Graph): { graph: Graph; removed: number } {
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
