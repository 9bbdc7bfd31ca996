// Executions of a model: each node of the graph that the runtime executes, with the shapes of all that goes in and comes out.
import {
  bindSizes,
  type ElementType,
  inferTypes,
  type Model,
  type Node,
  type Sizes,
  withFilledChannels,
} from '../../graph/index.js';
import type { ProfiledNode, ProfiledShape } from '../../runtime/index.js';
import type { Execution, Shaped } from './work.js';

/** The model with a name for every node, each once, by which profiles can be told. */
export function withNodeNames(model: Model): Model {
  const taken = new Set<string>();
  const nodes = model.graph.nodes.map((node, at): Node => {
    const name = node.name === '' || taken.has(node.name) ? `${node.operator}_at_${at}` : node.name;
    taken.add(name);
    return { ...node, name };
  });
  return { ...model, graph: { ...model.graph, nodes } };
}

/** Executions by the name of their node at given sizes; nodes with a shape that is not known are left out. */
export function executionsAt(optimized: Model, sizes: Sizes): ReadonlyMap<string, Execution> {
  const blocks = { ...optimized, graph: withFilledChannels(optimized.graph) };
  const { graph } = inferTypes(bindSizes(blocks, sizes));
  const known = new Map<string, Shaped>();
  for (const { name, type } of [...graph.inputs, ...graph.values.values(), ...graph.outputs]) {
    if (type?.kind !== 'tensor' || type.shape === undefined) continue;
    const shape = type.shape.filter(size => typeof size === 'number');
    if (shape.length === type.shape.length) known.set(name, { dtype: type.dtype, shape });
  }
  for (const constant of graph.constants.values()) known.set(constant.name, constant);
  const list = (names: readonly string[]): Shaped[] | undefined => {
    const present = names.filter(name => name !== '');
    const shaped = present.flatMap(name => known.get(name) ?? []);
    return shaped.length === present.length ? shaped : undefined;
  };
  const executions = new Map<string, Execution>();
  for (const { name, operator, inputs, outputs } of graph.nodes) {
    const [ins, outs] = [list(inputs), list(outputs)];
    if (ins !== undefined && outs !== undefined) executions.set(name, { operator, inputs: ins, outputs: outs });
  }
  return executions;
}

/** The profile's names of datatypes that are not ours. */
const renamed: Readonly<Record<string, ElementType>> = { float: 'float32', double: 'float64' };
const plain = new Set<string>([
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
  'float16',
]);
const isPlain = (dtype: string): dtype is ElementType => plain.has(dtype);

function shapedOf({ dtype, shape }: ProfiledShape): Shaped[] {
  const own = renamed[dtype] ?? (isPlain(dtype) ? dtype : undefined);
  return own === undefined ? [] : [{ dtype: own, shape }];
}

/** An execution as the profile tells it, with the weights that the profile leaves out. */
export function profiledExecution(profiled: ProfiledNode, optimized: Model): Execution {
  const node = optimized.graph.nodes.find(({ name }) => name === profiled.name);
  const fed = profiled.inputs.flatMap(shapedOf);
  const inputs = (node?.inputs ?? []).flatMap(name => {
    const constant = optimized.graph.constants.get(name);
    return constant === undefined ? fed.splice(0, 1) : [{ dtype: constant.dtype, shape: constant.shape }];
  });
  return {
    operator: profiled.operator,
    inputs: node === undefined ? fed : inputs,
    outputs: profiled.outputs.flatMap(shapedOf),
  };
}
