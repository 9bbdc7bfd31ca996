// The open batch axis: graphs lowered at several sizes are joined into one whose shapes follow the size at run time.
import { GalerkinError } from '../base/index.js';
import { sameList } from './layout/view.js';
import { elementTypes } from './onnx/element-type.js';
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

/** Names that somebody reads as more than the target of a Reshape, for which one open size may stay open. */
function otherReads(nodes: readonly GraphNode[], found: Set<string> = new Set()): Set<string> {
  for (const { operator, inputs, attributes } of nodes) {
    inputs.forEach((name, k) => {
      if (operator !== 'Reshape' || k !== 1) found.add(name);
    });
    for (const value of Object.values(attributes))
      if (typeof value === 'object' && 'body' in value) otherReads(value.body.nodes, found);
  }
  return found;
}

/** A number that follows the batch size: scale * batch ** power. */
interface Power {
  readonly scale: number;
  readonly power: number;
}

/** Powers that means, sums and their derivatives make. */
const powers = [-1, 1, -2, 2] as const;
/** Relative rounding of a number that was written in this element type, some times over. */
const rounding = { float32: 2 ** -22, float64: 2 ** -50 } as const;

/** The law that one number follows at all sizes, if it is a power. */
function powerOf(versions: readonly Constant[], sizes: readonly number[]): Power | undefined {
  const [first] = versions;
  if (first === undefined || (first.dtype !== 'float32' && first.dtype !== 'float64')) return undefined;
  if (!versions.every(({ data, shape }) => data.length === 1 && sameList(shape, first.shape))) return undefined;
  const tolerance = rounding[first.dtype];
  for (const power of powers) {
    const scales = versions.map(({ data }, k) => Number(data[0]) / (sizes[k] ?? 1) ** power);
    const scale = scales.reduce((sum, one) => sum + one, 0) / scales.length;
    if (scale !== 0 && scales.every(one => Math.abs(one - scale) <= tolerance * Math.abs(scale)))
      return { scale, power };
  }
  return undefined;
}

const step = (operator: string, inputs: string[], output: string): GraphNode => ({
  operator,
  domain: '',
  inputs,
  outputs: [output],
  attributes: {},
});

/** One number computed from the batch size before it is needed. */
function powerNodes({ name, dtype, shape }: Constant, { scale, power }: Power): Joined {
  const { onnx, array } = elementTypes[dtype];
  const [scaleName, size] = [`${name}_scale`, `${name}_size`];
  const cast = { ...step('Cast', [batchSize], size), attributes: { to: onnx } };
  const apply = power < 0 ? 'Div' : 'Mul';
  const once = step(apply, [scaleName, size], `${name}_once`);
  const twice = Math.abs(power) === 2 ? [step(apply, [`${name}_once`, size], `${name}_twice`)] : [];
  const last = twice.length === 0 ? `${name}_once` : `${name}_twice`;
  const form = `${name}_form`;
  return {
    constants: [{ name: scaleName, dtype, shape: [1], data: array([scale]) }, int64(form, shape)],
    nodes: [cast, once, ...twice, step('Reshape', [last, form], name)],
  };
}

/** One constant of all graphs: as it is, with one size left open, or computed from the batch size. */
function joinConstant(
  versions: readonly Constant[],
  { others, sizes }: { others: ReadonlySet<string>; sizes: readonly number[] },
): Joined {
  const [first, ...rest] = versions;
  if (first === undefined) return { constants: [], nodes: [] };
  if (rest.every(other => sameConstant(first, other))) return { constants: [first], nodes: [] };
  const power = powerOf(versions, sizes);
  if (power !== undefined) return powerNodes(first, power);
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
  if (open.length === 1 && only !== undefined && base[only] === 0 && !others.has(name)) {
    return { constants: [int64(name, base.with(only, -1))], nodes: [] };
  }
  const [slopeName, baseName, scaled] = [`${name}_slope`, `${name}_base`, `${name}_scaled`];
  return {
    constants: [int64(slopeName, slope), int64(baseName, base)],
    nodes: [step('Mul', [batchSize, slopeName], scaled), step('Add', [scaled, baseName], name)],
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
  const others = otherReads(first.nodes);
  const joined = first.constants.map((_, k) =>
    joinConstant(
      graphs.flatMap(({ constants }) => constants.slice(k, k + 1)),
      { others, sizes },
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
