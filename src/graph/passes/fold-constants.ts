// Constant folding: nodes that read constants alone are computed once, by the runtime itself, so that the values are its own.
import { openSession } from '../../runtime/index.js';
import { subgraphsOf } from '../attributes.js';
import { type Constant, lengthOf } from '../constant.js';
import { bytesOf } from '../element-type.js';
import { localFunctions } from '../functions.js';
import type { Graph, Model, Node } from '../model.js';
import { namesMade, namesRead, withSubgraphs } from '../names.js';
import { constantFrom, dtypeOf } from '../tensors.js';
import type { TensorType } from '../types/rule.js';
import { writeModel } from '../write.js';
import { isChance } from './chance.js';
import { cleaned } from './clean.js';
import { type Pass, typedModel } from './pass.js';

/** A result may be this much larger than the constants that go into it. */
export const growthBytes = 65_536;

/** And all results of one optimization together by this much, so that no file becomes much larger. */
export const allGrowthBytes = 1_048_576;

/** Weights that are stored small and read large are meant so. */
const storage = new Set(['DequantizeLinear', 'DequantizeBFP', 'MatMulNBits']);

interface Folding {
  readonly model: Model;
  readonly local: ReadonlySet<string>;
  applied: number;
  /** Bytes by which results are larger than what they were made of, so far. */
  grown: number;
}

const sizeOf = (type: { readonly dtype: Constant['dtype']; readonly shape: readonly number[] }): number =>
  type.dtype === 'string' ? 16 * lengthOf(type) : bytesOf(type.dtype, lengthOf(type));

/** Bytes of a value whose type and sizes are all known. */
function bytesKnown(type: TensorType | undefined): number | undefined {
  const shape = type?.shape?.filter(size => typeof size === 'number');
  if (type === undefined || shape === undefined || shape.length !== type.shape?.length) return undefined;
  return sizeOf({ dtype: type.dtype, shape });
}

interface Sight {
  readonly constants: ReadonlyMap<string, Constant>;
  readonly graph: Graph;
}

const typeIn = ({ values, outputs }: Graph, name: string): TensorType | undefined => {
  const type = values.get(name)?.type ?? outputs.find(output => output.name === name)?.type;
  return type?.kind === 'tensor' ? type : undefined;
};

/** Nodes that only constants and one another decide, whose results are known to be of bearable size. */
function foldable({ constants, graph }: Sight, folding: Folding): Node[] {
  const { local } = folding;
  const bytes = new Map([...constants].map(([name, constant]) => [name, sizeOf(constant)]));
  return graph.nodes.filter(node => {
    const { domain, operator, inputs, outputs } = node;
    const isOurs = (domain === '' || domain === 'com.microsoft') && !local.has(`${domain}:${operator}`);
    if (!isOurs || isChance(node) || storage.has(operator) || subgraphsOf(node).length > 0) return false;
    const read = inputs.filter(name => name !== '');
    if (outputs.length === 0 || !read.every(name => bytes.has(name))) return false;
    const given = read.reduce((sum, name) => sum + (bytes.get(name) ?? 0), 0);
    const sizes = outputs.filter(name => name !== '').map(name => bytesKnown(typeIn(graph, name)));
    const isHeld = outputs.every(
      name => name === '' || dtypeOf(typeIn(graph, name)?.dtype ?? 'bfloat16') !== undefined,
    );
    const total = sizes.reduce<number>((sum, size) => sum + (size ?? Number.POSITIVE_INFINITY), 0);
    const isWidening = operator === 'Cast' && total > given;
    const growth = Math.max(0, total - given);
    const isBearable = growth <= growthBytes && folding.grown + growth <= allGrowthBytes;
    if (!isHeld || isWidening || !isBearable) return false;
    folding.grown += growth;
    outputs.forEach((name, at) => {
      bytes.set(name, sizes[at] ?? 0);
    });
    return true;
  });
}

/** The values of `wanted`, computed by the runtime without any optimization of its own; none where it refuses. */
async function evaluate(
  nodes: readonly Node[],
  wanted: readonly string[],
  { constants, graph }: Sight,
  { model }: Folding,
) {
  const read = new Set(nodes.flatMap(namesRead));
  const part: Graph = {
    name: 'constants',
    nodes,
    constants: new Map([...constants].filter(([name]) => read.has(name))),
    inputs: [],
    outputs: wanted.map(name => ({
      name,
      type: { kind: 'tensor', ...(typeIn(graph, name) ?? { dtype: 'float32', shape: undefined }) },
    })),
    values: new Map(),
    sparse: [],
  };
  const bytes = writeModel({ ...model, graph: part, functions: [], metadata: new Map() });
  try {
    const session = await openSession(bytes, { threads: 1, spin: false, graphLevel: 'disabled' });
    try {
      const answers = await session.run({});
      return Object.entries(answers).flatMap(([name, tensor]) => constantFrom(name, tensor) ?? []);
    } finally {
      await session.close();
    }
  } catch {
    // What the runtime does not compute stays in the graph, where its own error tells about it.
    return [];
  }
}

/** Folds one graph, without its bodies. */
async function foldGraph(graph: Graph, around: ReadonlyMap<string, Constant>, folding: Folding): Promise<Graph> {
  const own = namesMade(graph);
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const fixed = [...graph.constants].filter(([name]) => !inputs.has(name));
  const constants = new Map([...[...around].filter(([name]) => !own.has(name)), ...fixed]);
  const sight = { constants, graph };
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  // An output must keep a maker: a node that makes one is left.
  const nodes = foldable(sight, folding).filter(node => !node.outputs.some(name => outputs.has(name)));
  const chosen = new Set(nodes);
  const kept = graph.nodes.filter(node => !chosen.has(node));
  const readByKept = new Set(kept.flatMap(namesRead));
  const wanted = nodes.flatMap(node => node.outputs).filter(name => readByKept.has(name));
  if (wanted.length === 0) return graph;
  let values = await evaluate(nodes, wanted, sight, folding);
  // One node that the runtime refuses must not spoil the others.
  if (values.length === 0 && nodes.length > 1) values = await oneByOne(nodes, sight, folding);
  const folded = new Map(values.map(constant => [constant.name, constant]));
  const remaining = graph.nodes.filter(
    node => !node.outputs.some(name => folded.has(name)) || outputs.has(node.outputs[0] ?? ''),
  );
  if (remaining.length === graph.nodes.length) return graph;
  folding.applied += graph.nodes.length - remaining.length;
  return { ...graph, nodes: remaining, constants: new Map([...graph.constants, ...folded]) };
}

async function oneByOne(nodes: readonly Node[], { constants, graph }: Sight, folding: Folding): Promise<Constant[]> {
  const values = new Map<string, Constant>();
  for (const node of nodes) {
    const known = new Map([...constants, ...values]);
    if (!namesRead(node).every(name => known.has(name))) continue;
    const wanted = node.outputs.filter(name => name !== '');
    for (const value of await evaluate([node], wanted, { constants: known, graph }, folding))
      values.set(value.name, value);
  }
  return [...values.values()];
}

async function foldBodies(graph: Graph, around: ReadonlyMap<string, Constant>, folding: Folding): Promise<Graph> {
  const before = folding.applied;
  const folded = await foldGraph(graph, around, folding);
  const constants = new Map([...around, ...folded.constants]);
  for (const name of namesMade(folded)) if (!folded.constants.has(name)) constants.delete(name);
  for (const { name } of folded.inputs) constants.delete(name);
  const nodes: Node[] = [];
  for (const node of folded.nodes) {
    const bodies = new Map<Graph, Graph>();
    for (const body of subgraphsOf(node)) bodies.set(body, await foldBodies(body, constants, folding));
    nodes.push(bodies.size === 0 ? node : withSubgraphs(node, body => bodies.get(body) ?? body));
  }
  return folding.applied === before ? graph : { ...folded, nodes };
}

/** The pass for one optimization: its rounds share what results may grow by all together. */
export function constantFolding(): Pass {
  let grown = 0;
  return {
    name: 'constant folding',
    async run(model) {
      const inferred = typedModel(model);
      const folding = { model: inferred, local: localFunctions(model), applied: 0, grown };
      const graph = await foldBodies(inferred.graph, new Map(), folding);
      ({ grown } = folding);
      if (folding.applied === 0) return { model, applied: 0 };
      return { model: { ...model, graph: cleaned(graph).graph }, applied: folding.applied };
    },
  };
}
