// What a file says of the types of values between, told from what was inferred on the way.
import { subgraphsOf } from './attributes.js';
import type { Graph } from './model.js';
import { namesMade, withSubgraphs } from './names.js';

/** Names whose types the file states. */
export const statedNames = ({ values, nodes }: Graph): string[] => [
  ...values.keys(),
  ...nodes.flatMap(subgraphsOf).flatMap(statedNames),
];

/** Types of values as far as the file stated them: what was inferred on the way need not be stored. */
export function asStated(graph: Graph, stated: ReadonlySet<string>): Graph {
  const made = namesMade(graph);
  return {
    ...graph,
    nodes: graph.nodes.map(node => withSubgraphs(node, body => asStated(body, stated))),
    values: new Map([...graph.values].filter(([name]) => stated.has(name) && made.has(name))),
  };
}
