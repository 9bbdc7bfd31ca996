// The plan of a static quantization: which nodes compute in whole numbers, and which values are rounded for whom.
import type { Graph, GraphEditor, Node } from '../../graph/index.js';
import { constantBehind, type Product, rankOf } from './product.js';
import { dataInputs, isBetween, isMover } from './static-operators.js';

export interface StaticPlan {
  readonly products: ReadonlyMap<Node, Product>;
  /** Additions that become the bias of the product before them, by that product's node. */
  readonly biases: ReadonlyMap<Node, Node>;
  /** Operators between products that stay in whole numbers. */
  readonly between: ReadonlySet<Node>;
  /** Values that are rounded: for all readers, or only for those that compute in whole numbers. */
  readonly rounded: ReadonlyMap<string, 'all' | 'integer'>;
  /** Values whose scale is that of another one: what a mover makes. */
  readonly sameScale: ReadonlyMap<string, string>;
}

/** The only reader of what a node makes, if there is just one and the graph's caller does not see it. */
function onlyReader(editor: GraphEditor, node: Node): Node | undefined {
  const [output = ''] = node.outputs;
  const [reader, ...others] = editor.readers(output);
  return others.length === 0 && !editor.isOutput(output) ? reader : undefined;
}

/**
 * A matrix product in two axes and the vector added to it are one Gemm: the runtime itself would join them so, and then not see
 * the whole numbers any more.
 */
function biasAfter(graph: Graph, editor: GraphEditor, product: Product): Node | undefined {
  const { node, kind, side, weights, bias, activation } = product;
  if (kind !== 'matmul' || side !== 'right' || bias !== '' || weights.shape.length !== 2) return undefined;
  const reader = onlyReader(editor, node);
  if (reader?.operator !== 'Add' || reader.domain !== '' || rankOf(graph, activation) !== 2) return undefined;
  const vector = constantBehind(editor, reader.inputs.find(name => name !== node.outputs[0]) ?? '');
  const fits =
    vector?.dtype === 'float32' && vector.shape.length <= 2 && vector.bytes.byteLength === weights.columns * 4;
  return fits && vector.shape.at(-1) === weights.columns ? reader : undefined;
}

/** The operators that have whole numbers on every side: the largest set for which that holds. */
function operatorsBetween(graph: Graph, editor: GraphEditor, sources: ReadonlySet<Node>): Set<Node> {
  const between = new Set(graph.nodes.filter(node => isBetween(node) && !sources.has(node)));
  const isInteger = (node: Node | undefined): boolean => node !== undefined && (sources.has(node) || between.has(node));
  const stays = (node: Node): boolean => {
    const inputs = dataInputs(node);
    const computed = inputs.filter(name => constantBehind(editor, name) === undefined);
    const constants = inputs.flatMap(name => constantBehind(editor, name) ?? []);
    const [output = ''] = node.outputs;
    const readers = editor.readers(output);
    return (
      node.outputs.length === 1 &&
      computed.length > 0 &&
      computed.every(name => isInteger(editor.maker(name))) &&
      constants.every(({ dtype }) => dtype === 'float32') &&
      !editor.isOutput(output) &&
      readers.length > 0 &&
      readers.every(isInteger)
    );
  };
  for (let before = -1; before !== between.size; ) {
    before = between.size;
    for (const node of [...between]) if (!stays(node)) between.delete(node);
  }
  return between;
}

export function planStatic(graph: Graph, editor: GraphEditor, selected: readonly Product[]): StaticPlan {
  const products = new Map(selected.map(product => [product.node, product]));
  const biases = new Map<Node, Node>();
  for (const product of selected) {
    const bias = biasAfter(graph, editor, product);
    if (bias !== undefined) biases.set(product.node, bias);
  }
  const between = operatorsBetween(graph, editor, new Set([...products.keys(), ...biases.values()]));
  // A convolution has no kernel from whole numbers to float32: the ReLU after it is taken along, and what comes out is rounded.
  const ends: Node[] = [];
  for (const { node, kind } of selected) {
    if (kind !== 'conv') continue;
    const reader = onlyReader(editor, node);
    const end = reader?.operator === 'Relu' && reader.domain === '' ? reader : node;
    if (end !== node) between.add(end);
    ends.push(end);
  }
  return { products, biases, between, ...roundedValues(editor, { products, biases, between, ends }) };
}

interface Parts {
  readonly products: ReadonlyMap<Node, Product>;
  readonly biases: ReadonlyMap<Node, Node>;
  readonly between: ReadonlySet<Node>;
  readonly ends: readonly Node[];
}

function roundedValues(editor: GraphEditor, { products, biases, between, ends }: Parts) {
  const isInteger = (node: Node): boolean => products.has(node) || between.has(node);
  const joined = new Set([...products.keys()].flatMap(node => biases.get(node) ?? []));
  /** What only a ReLU reads is rounded after it: rounding to numbers from zero up is a ReLU by itself. */
  const isBeforeRelu = (name: string): boolean => {
    const maker = editor.maker(name);
    if (maker === undefined || !(isInteger(maker) || joined.has(maker))) return false;
    const reader = onlyReader(editor, maker);
    return reader !== undefined && reader.operator === 'Relu' && between.has(reader);
  };
  const rounded = new Map<string, 'all' | 'integer'>();
  const sameScale = new Map<string, string>();
  const round = (name: string): void => {
    if (constantBehind(editor, name) !== undefined || isBeforeRelu(name)) return;
    const maker = editor.maker(name);
    const isOurs = maker !== undefined && (isInteger(maker) || joined.has(maker));
    const isForAll = isOurs && editor.readers(name).every(isInteger) && !editor.isOutput(name);
    rounded.set(name, isForAll || rounded.get(name) === 'all' ? 'all' : 'integer');
  };
  for (const { activation } of products.values()) round(activation);
  for (const node of between) for (const name of dataInputs(node)) round(name);
  for (const node of [...ends, ...between]) {
    const [output = ''] = node.outputs;
    if (!isBeforeRelu(output)) rounded.set(output, 'all');
    const [input = ''] = node.inputs;
    if (isMover(node)) sameScale.set(output, input);
  }
  return { rounded, sameScale };
}
