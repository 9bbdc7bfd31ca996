// Constants times numbers, with other signs or in other shapes are constants: written down once instead of made by each session.
import type { ElementArray } from './element-type.js';
import { type Constant, type GraphNode, readsOf } from './graph.js';

/** Constants up to this size may be written twice, as they are and changed. */
const smallBytes = 1024;

export interface FoldableGraph {
  readonly nodes: readonly GraphNode[];
  readonly constants: readonly Constant[];
}

type Content = Omit<Constant, 'name'>;

/** Element by element, rounded as the runtime rounds; undefined for other types than floats. */
function mapFloats(data: ElementArray, change: (value: number, at: number) => number): ElementArray | undefined {
  return data instanceof Float32Array || data instanceof Float64Array ? data.map(change) : undefined;
}

/** The product with a number, or with an array of the same shape. */
function product(left: Content, right: Content): Content | undefined {
  const [array, factor] = left.shape.length >= right.shape.length ? [left, right] : [right, left];
  const isNumber = factor.shape.length === 0;
  const isSame = factor.shape.length === array.shape.length && factor.shape.every((n, k) => n === array.shape[k]);
  if (array.dtype !== factor.dtype || !(isNumber || isSame)) return undefined;
  const data = mapFloats(array.data, (value, at) => value * Number(factor.data[isNumber ? 0 : at]));
  return data && { ...array, data };
}

/** The same data in another shape; sizes left open are not resolved. */
function reshaped(array: Content, target: Content): Content | undefined {
  const shape = Array.from(target.data, Number);
  const fits = shape.every(size => size >= 1) && shape.reduce((all, size) => all * size, 1) === array.data.length;
  return fits ? { ...array, shape } : undefined;
}

function contentOf({ operator, domain }: GraphNode, [first, second]: readonly Constant[]): Content | undefined {
  if (domain !== '' || first === undefined) return undefined;
  if (operator === 'Neg') {
    const data = mapFloats(first.data, value => -value);
    return data && { ...first, data };
  }
  if (second === undefined) return undefined;
  if (operator === 'Mul') return product(first, second);
  return operator === 'Reshape' ? reshaped(first, second) : undefined;
}

/**
 * The same graph with such nodes replaced by their values, bit for bit. What is large and also read as it is stays a
 * node: it would be stored twice. Everything else whose inputs are constants is left to the session that opens the graph.
 * @param outputs names of the graph's outputs, which stay what nodes make.
 */
export function foldConstants<G extends FoldableGraph>(graph: G, outputs: ReadonlySet<string>): G {
  const constants = new Map(graph.constants.map(constant => [constant.name, constant]));
  const readers = new Map<string, number>();
  for (const name of graph.nodes.flatMap(node => [...new Set(readsOf(node))]))
    readers.set(name, (readers.get(name) ?? 0) + 1);
  const storedOnce = ({ name, data }: Constant): boolean => data.byteLength <= smallBytes || readers.get(name) === 1;
  const nodes = graph.nodes.filter(node => {
    const [name = ''] = node.outputs;
    const inputs = node.inputs.flatMap(input => constants.get(input) ?? []);
    if (outputs.has(name) || inputs.length < node.inputs.length || !inputs.every(storedOnce)) return true;
    const value = contentOf(node, inputs);
    if (value !== undefined) constants.set(name, { ...value, name });
    return value === undefined;
  });
  const used = new Set(nodes.flatMap(readsOf));
  return { ...graph, nodes, constants: [...constants.values()].filter(({ name }) => used.has(name)) };
}
