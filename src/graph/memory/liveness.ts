// Liveness: from which node to which each value of a graph needs memory, and which values share theirs.
import { bytesOf } from '../element-type.js';
import type { Graph, Node, Value } from '../model.js';
import { namesRead } from '../names.js';

/** Memory that one value, or several that share it, needs from node `first` to node `last`, both included. */
export interface Lifetime {
  /** Of the value that it was made for. */
  readonly name: string;
  readonly bytes: number;
  readonly first: number;
  last: number;
}

/** Operators whose output is their input in another shape: the runtime moves no byte. */
const views = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Identity']);
/** Operators that may write their result over an input of the same size that nobody reads afterwards. */
const inPlace = new Set([
  ...[
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Neg',
    'Abs',
    'Sqrt',
    'Exp',
    'Relu',
    'LeakyRelu',
    'Clip',
    'Floor',
    'Ceil',
    'Not',
    'Cast',
  ],
  ...['Softmax', 'LogSoftmax', 'BatchNormalization', 'Elu', 'Selu', 'Softplus', 'Softsign', 'Tanh', 'Sigmoid', 'Sign'],
]);

export interface Lifetimes {
  readonly lifetimes: readonly Lifetime[];
  /** Values whose size is not known: the count of bytes lacks them. */
  readonly unknown: readonly string[];
}

/** Bytes of a value; undefined if its shape is open or unknown. */
export function valueBytes(value: Value | undefined): number | undefined {
  if (value?.type?.kind !== 'tensor' || value.type.dtype === 'string') return undefined;
  let count = 1;
  for (const size of value.type.shape ?? [undefined]) {
    if (typeof size !== 'number') return undefined;
    count *= size;
  }
  return bytesOf(value.type.dtype, count);
}

/** The last node that reads each value; outputs of the graph live to its end. */
function lastReads(graph: Graph): Map<string, number> {
  const last = new Map<string, number>();
  graph.nodes.forEach((node, at) => {
    for (const name of namesRead(node)) last.set(name, at);
  });
  for (const { name } of graph.outputs) last.set(name, graph.nodes.length);
  return last;
}

/** The lifetime that the node's output can take over from an input. */
function inherited(
  node: Node,
  at: number,
  { bytes, owners }: { bytes: number; owners: ReadonlyMap<string, Lifetime> },
) {
  const [input = ''] = node.inputs;
  if (views.has(node.operator)) return owners.get(input);
  if (!inPlace.has(node.operator)) return undefined;
  return node.inputs
    .map(name => owners.get(name))
    .find(owner => owner !== undefined && owner.last === at && owner.bytes === bytes && owner.first < at);
}

/** Lifetimes of what the nodes of `graph` compute. Feeds and weights are not among them: they are there all the time. */
export function lifetimesOf(graph: Graph): Lifetimes {
  const last = lastReads(graph);
  const types = new Map([...graph.values, ...graph.outputs.map(value => [value.name, value] as const)]);
  const owners = new Map<string, Lifetime>();
  const lifetimes: Lifetime[] = [];
  const unknown: string[] = [];
  graph.nodes.forEach((node, at) => {
    for (const [position, name] of node.outputs.entries()) {
      if (name === '') continue;
      const bytes = valueBytes(graph.values.get(name) ?? types.get(name));
      if (bytes === undefined) {
        unknown.push(name);
        continue;
      }
      const end = last.get(name) ?? at;
      const owner = position === 0 ? inherited(node, at, { bytes, owners }) : undefined;
      const lifetime = owner ?? { name, bytes, first: at, last: end };
      lifetime.last = Math.max(lifetime.last, end);
      owners.set(name, lifetime);
      if (owner === undefined) lifetimes.push(lifetime);
    }
  });
  return { lifetimes, unknown };
}
