// Names of values: which a node reads, bodies of loops and branches included, and how they are exchanged.
import { subgraphsOf } from './attributes.js';
import type { Attribute, Graph, Node } from './model.js';

/** What a graph itself gives names to. */
export const namesMade = (graph: Graph): Set<string> =>
  new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.constants.keys(),
    ...graph.sparse.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);

const known = new WeakMap<Node, readonly string[]>();

/** All names that a node reads, those that the graphs inside it read from around them included. */
export function namesRead(node: Node): readonly string[] {
  const cached = known.get(node);
  if (cached !== undefined) return cached;
  const names = [...node.inputs.filter(name => name !== ''), ...subgraphsOf(node).flatMap(namesReadFromAround)];
  known.set(node, names);
  return names;
}

function namesReadFromAround(graph: Graph): string[] {
  const own = namesMade(graph);
  const read = [...graph.nodes.flatMap(namesRead), ...graph.outputs.map(({ name }) => name)];
  return read.filter(name => !own.has(name));
}

/** Every name that occurs anywhere, inner graphs included. */
export function allNames(graph: Graph): string[] {
  return [
    ...namesMade(graph),
    ...graph.nodes.flatMap(node => [...node.inputs, ...subgraphsOf(node).flatMap(allNames)]),
    ...graph.outputs.map(({ name }) => name),
  ];
}

function sameGraphs(a: Attribute, b: Attribute | undefined): boolean {
  if (a.kind === 'graph') return b?.kind === 'graph' && a.value === b.value;
  return a.kind !== 'graphs' || (b?.kind === 'graphs' && a.value.every((graph, k) => graph === b.value[k]));
}

/** The node with other graphs inside; the same node where they are the same. */
export function withSubgraphs(node: Node, change: (graph: Graph) => Graph): Node {
  if (subgraphsOf(node).length === 0) return node;
  const attributes = Object.entries(node.attributes).map(([key, attribute]): [string, Attribute] => {
    if (attribute.kind === 'graph') return [key, { kind: 'graph', value: change(attribute.value) }];
    if (attribute.kind === 'graphs') return [key, { kind: 'graphs', value: attribute.value.map(change) }];
    return [key, attribute];
  });
  const isSame = attributes.every(([key, attribute]) => sameGraphs(attribute, node.attributes[key]));
  return isSame ? node : { ...node, attributes: Object.fromEntries(attributes) };
}

/** Whether a body could read `value` in place of `old`: it reads `old` from around and has no `value` of its own. */
function canRename(graph: Graph, old: string, value: string): boolean {
  const own = namesMade(graph);
  if (own.has(old)) return true;
  // A body's output that comes from around it keeps its name.
  if (own.has(value) || graph.outputs.some(({ name }) => name === old)) return false;
  return graph.nodes.every(node => subgraphsOf(node).every(inner => canRename(inner, old, value)));
}

function renameInside(graph: Graph, old: string, value: string): Graph {
  if (namesMade(graph).has(old)) return graph;
  return { ...graph, nodes: graph.nodes.map(node => rename(node, old, value)) };
}

function rename(node: Node, old: string, value: string): Node {
  if (!namesRead(node).includes(old)) return node;
  const inputs = node.inputs.map(name => (name === old ? value : name));
  return withSubgraphs({ ...node, inputs }, graph => renameInside(graph, old, value));
}

/** The node reading `value` wherever it read `old`; bodies in which `value` means something else keep the old name. */
export function reading(node: Node, old: string, value: string): Node {
  if (subgraphsOf(node).every(graph => canRename(graph, old, value))) return rename(node, old, value);
  return { ...node, inputs: node.inputs.map(name => (name === old ? value : name)) };
}
