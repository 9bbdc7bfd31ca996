// The order of nodes: each after those whose values it reads, and otherwise as it was.
import type { Graph, Node } from './model.js';
import { namesRead, withSubgraphs } from './names.js';

/** The same array where the order is right already. Cost: linear in nodes and edges. Cycles are left as they are. */
export function ordered(nodes: readonly Node[]): readonly Node[] {
  const makers = new Map(nodes.flatMap(node => node.outputs.map(name => [name, node] as const)));
  const seen = new Set<Node>();
  const sorted: Node[] = [];
  const needs = (node: Node): Node[] =>
    namesRead(node).flatMap(name => {
      const maker = makers.get(name);
      return maker === undefined || seen.has(maker) ? [] : [maker];
    });
  for (const root of nodes) {
    // A stack of our own: chains are as long as the graph is deep.
    const stack = seen.has(root) ? [] : [{ node: root, open: needs(root) }];
    seen.add(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.open.pop();
      if (next === undefined) {
        sorted.push(top.node);
        stack.pop();
      } else if (!seen.has(next)) {
        seen.add(next);
        stack.push({ node: next, open: needs(next) });
      }
    }
  }
  return sorted.every((node, k) => node === nodes[k]) ? nodes : sorted;
}

/** Every graph with its nodes in a right order, which the format asks for and files do not always keep. */
export function inOrder(graph: Graph): Graph {
  const nodes = ordered(graph.nodes).map(node => withSubgraphs(node, inOrder));
  return nodes.every((node, k) => node === graph.nodes[k]) ? graph : { ...graph, nodes };
}
