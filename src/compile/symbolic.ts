// The open batch axis: graphs lowered at several sizes are joined into one whose shapes follow the size at run time.
import { GalerkinError } from '../base/index.js';
import { sameList } from './layout/view.js';
import { type Constant, type GraphNode, ownPrefix } from './onnx/graph.js';
import type { GraphValue } from './onnx/serialize.js';

/** A graph lowered at one batch size. */
export interface BatchedGraph {
  readonly batch: number;
  readonly nodes: readonly GraphNode[];
  readonly constants: readonly Constant[];
  readonly matmulFlops: number;
}

function fail(reason: string): never {
  throw new GalerkinError('BATCH_NOT_SYMBOLIC', { reason });
}

function checkSameNodes(graphs: readonly BatchedGraph[]): void {
  const [first, ...rest] = graphs.map(graph => graph.nodes.map(node => JSON.stringify(node)));
  for (const other of rest) {
    if (first !== undefined && sameList(first, other)) continue;
    const at = first?.findIndex((node, k) => node !== other[k]) ?? -1;
    fail(`the graph has another form at another size (node ${at}: ${first?.[at] ?? 'none'} or ${other[at] ?? 'none'})`);
  }
}

/** A list of integers that follows the batch size: base + slope * batch. */
interface Affine {
  readonly base: number[];
  readonly slope: number[];
}

function affineOf(values: readonly (readonly number[])[], sizes: readonly number[]): Affine {
  const [size0 = 0, size1 = 1] = sizes;
  const slope = (values[0] ?? []).map((value, k) => ((values[1]?.[k] ?? 0) - value) / (size1 - size0));
  const base = (values[0] ?? []).map((value, k) => value - (slope[k] ?? 0) * size0);
  const fits = values.every((list, at) =>
    list.every((value, k) => value === (base[k] ?? 0) + (slope[k] ?? 0) * (sizes[at] ?? 0)),
  );
  if (!fits || ![...slope, ...base].every(Number.isSafeInteger))
    fail(`sizes [${values.map(list => `[${list}]`)}] do not follow it linearly`);
  return { base, slope };
}

const sameConstant = (a: Constant, b: Constant): boolean =>
  a.dtype === b.dtype && sameList(a.shape, b.shape) && a.data.length === b.data.length && sameData(a.data, b.data);

function sameData(a: Constant['data'], b: Constant['data']): boolean {
  const bytes = (data: Constant['data']): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return bytes(a).equals(bytes(b));
}

const int64 = (name: string, values: readonly number[]): Constant => ({
  name,
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, value => BigInt(value)),
});

interface Joined {
  readonly constants: Constant[];
  /** Nodes that compute a list of sizes before it is needed. */
  readonly nodes: GraphNode[];
}

/** True where the list is only ever a target of Reshape, for which one open size may stay open. */
function isReshapeTarget(name: string, nodes: readonly GraphNode[]): boolean {
  const readers = nodes.filter(node => node.inputs.includes(name));
  return readers.every(({ operator, inputs }) => operator === 'Reshape' && inputs[1] === name);
}

/** One constant of all graphs: as it is, with one size left open, or computed from the batch size. */
function joinConstant(
  versions: readonly Constant[],
  { nodes, sizes }: { nodes: readonly GraphNode[]; sizes: readonly number[] },
): Joined {
  const [first, ...rest] = versions;
  if (first === undefined) return { constants: [], nodes: [] };
  if (rest.every(other => sameConstant(first, other))) return { constants: [first], nodes: [] };
  if (first.dtype !== 'int64' || !rest.every(other => sameList(other.shape, first.shape))) {
    return fail(`a ${first.dtype} constant of shape [${first.shape}] depends on it`);
  }
  const { name } = first;
  const { base, slope } = affineOf(
    versions.map(({ data }) => Array.from(data, Number)),
    sizes,
  );
  const open = slope.flatMap((value, k) => (value === 0 ? [] : [k]));
  const [only] = open;
  if (open.length === 1 && only !== undefined && base[only] === 0 && isReshapeTarget(name, nodes)) {
    return { constants: [int64(name, base.with(only, -1))], nodes: [] };
  }
  const node = (operator: string, inputs: string[], output: string): GraphNode => ({
    operator,
    domain: '',
    inputs,
    outputs: [output],
    attributes: {},
  });
  const [slopeName, baseName, scaled] = [`${name}_slope`, `${name}_base`, `${name}_scaled`];
  return {
    constants: [int64(slopeName, slope), int64(baseName, base)],
    nodes: [node('Mul', [batchSize, slopeName], scaled), node('Add', [scaled, baseName], name)],
  };
}

/** Tensor with the batch size of this run. */
const batchSize = `${ownPrefix}batch`;

/** One graph for all batch sizes; the graph itself where there is only one. */
export function joinBatch(graphs: readonly BatchedGraph[], inputs: readonly GraphValue[]): BatchedGraph {
  const [first] = graphs;
  if (first === undefined || graphs.length === 1)
    return first ?? { batch: 1, nodes: [], constants: [], matmulFlops: 0 };
  checkSameNodes(graphs);
  const sizes = graphs.map(({ batch }) => batch);
  const joined = first.constants.map((_, k) =>
    joinConstant(
      graphs.flatMap(({ constants }) => constants.slice(k, k + 1)),
      { nodes: first.nodes, sizes },
    ),
  );
  const source = inputs.find(({ shape }) => shape[0] === 'batch')?.name ?? fail('no input has it');
  const shapeNode = {
    operator: 'Shape',
    domain: '',
    inputs: [source],
    outputs: [batchSize],
    attributes: { start: 0, end: 1 },
  };
  const computed = joined.flatMap(({ nodes }) => nodes);
  return {
    ...first,
    nodes: [...(computed.length === 0 ? [] : [shapeNode]), ...computed, ...first.nodes],
    constants: joined.flatMap(({ constants }) => constants),
  };
}
