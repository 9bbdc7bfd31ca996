// Products with constant weights: MatMul, Gemm, FusedMatMul and Conv brought to one form, with transposes and alpha in the weights.
import { type Constant, floatOf, floatsOf, type Graph, type GraphEditor, intOf, type Node } from '../../graph/index.js';

/** Weights as a stack of matrices: [batch, rows, columns]; a convolution's are [1, channels out, all the rest]. */
export interface Weights {
  readonly name: string;
  /** As the operator wants them, after transposing. */
  readonly shape: readonly number[];
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  /** Whether the constant holds them the other way round. */
  readonly isTransposed: boolean;
  /** Row-major, alpha multiplied in. */
  readonly values: Float32Array;
}

export interface Product {
  readonly node: Node;
  readonly kind: 'matmul' | 'conv';
  /** Which operand the weights are. A convolution's count as left: their rows are the output's channels. */
  readonly side: 'left' | 'right';
  /** The other operand. */
  readonly activation: string;
  /** The order of axes that the activation must be brought to first. */
  readonly permutation: readonly number[] | undefined;
  readonly weights: Weights;
  /** Name of the vector that is added, '' for none. */
  readonly bias: string;
}

/** A product that a method could not take, and why. */
export interface Skipped {
  readonly node: string;
  readonly reason: string;
}

/** How reports call a node: by its name, or by what it makes. */
export const labelOf = (node: Node): string => (node.name === '' ? (node.outputs[0] ?? '') : node.name);

/** The constant behind a name, also where a Constant node makes it. */
export function constantBehind(editor: GraphEditor, name: string): Constant | undefined {
  const maker = editor.maker(name);
  if (maker?.operator !== 'Constant') return editor.constant(name);
  const { value } = maker.attributes;
  return value?.kind === 'tensor' ? value.value : undefined;
}

/** The rank of a value, as far as the graph states it. */
export function rankOf(graph: Graph, name: string): number | undefined {
  const known = [...graph.inputs, ...graph.outputs].find(value => value.name === name) ?? graph.values.get(name);
  const type = known?.type;
  return type?.kind === 'tensor' ? type.shape?.length : undefined;
}

/** Every matrix of a stack transposed; the sizes are those of what is given. */
export function transposed(
  values: Float32Array,
  { batch, rows, columns }: Pick<Weights, 'batch' | 'rows' | 'columns'>,
): Float32Array {
  const result = new Float32Array(values.length);
  for (let b = 0; b < batch; b++) {
    const start = b * rows * columns;
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) result[start + j * rows + i] = values[start + i * columns + j] ?? 0;
  }
  return result;
}

function weightsOf(constant: Constant, { isTransposed, alpha }: { isTransposed: boolean; alpha: number }): Weights {
  const { name, shape } = constant;
  const size = {
    batch: shape.slice(0, -2).reduce((total, length) => total * length, 1),
    rows: shape.at(-2) ?? 1,
    columns: shape.at(-1) ?? 1,
  };
  const floats = floatsOf(constant);
  const scaled = alpha === 1 ? floats : floats.map(value => value * alpha);
  if (!isTransposed) return { name, shape, ...size, isTransposed, values: scaled };
  return {
    name,
    shape: [...shape.slice(0, -2), size.columns, size.rows],
    batch: size.batch,
    rows: size.columns,
    columns: size.rows,
    isTransposed,
    values: transposed(scaled, size),
  };
}

/** Why weights cannot be compressed; undefined where they can. */
function faultOf({ dtype, shape, name }: Constant): string | undefined {
  if (dtype !== 'float32') return `its weights '${name}' are ${dtype}, not float32`;
  if (shape.length < 2) return `its weights '${name}' are a vector`;
  if (shape.includes(0)) return `its weights '${name}' are empty`;
  return undefined;
}

const isFinite32 = (values: Float32Array): boolean => values.every(value => Number.isFinite(value));

function convOf(editor: GraphEditor, node: Node): Product | string {
  const [activation = '', weight = '', bias = ''] = node.inputs;
  const constant = constantBehind(editor, weight);
  if (constant === undefined) return 'its weights are computed or fed';
  const fault = faultOf(constant);
  if (fault !== undefined) return fault;
  if (bias !== '' && constantBehind(editor, bias)?.dtype !== 'float32') return 'its bias is not constant';
  const values = floatsOf(constant);
  const rows = constant.shape[0] ?? 1;
  const { name, shape } = constant;
  const weights = { name, shape, batch: 1, rows, columns: values.length / rows, isTransposed: false, values };
  return { node, kind: 'conv', side: 'left', activation, permutation: undefined, weights, bias };
}

/** The order of axes with the last two exchanged. */
function exchanged(rank: number): number[] {
  const order = Array.from({ length: rank }, (_, axis) => axis);
  return [...order.slice(0, -2), rank - 1, rank - 2];
}

function matmulOf(graph: Graph, editor: GraphEditor, node: Node): Product | string {
  const isGemm = node.operator === 'Gemm';
  const [left = '', right = '', bias = ''] = node.inputs;
  const transA = intOf(node, 'transA', 0) === 1;
  const transB = intOf(node, 'transB', 0) === 1;
  if (intOf(node, 'transBatchA', 0) + intOf(node, 'transBatchB', 0) > 0) return 'it transposes batch axes';
  const onRight = constantBehind(editor, right);
  const onLeft = constantBehind(editor, left);
  if (onRight !== undefined && onLeft !== undefined) return 'both operands are constant: fold constants first';
  const constant = onRight ?? onLeft;
  if (constant === undefined) return 'both operands are computed or fed';
  const side = onRight === undefined ? 'left' : 'right';
  if (isGemm && side === 'left') return 'the weights of Gemm are its left operand';
  if (isGemm && bias !== '' && floatOf(node, 'beta', 1) !== 1) return 'its beta is not 1';
  const fault = faultOf(constant);
  if (fault !== undefined) return fault;
  const activation = side === 'right' ? left : right;
  const rank = isGemm ? 2 : rankOf(graph, activation);
  const turnsActivation = side === 'right' ? transA : transB;
  if (turnsActivation && (rank === undefined || rank < 2)) return `'${activation}' is transposed and its rank unknown`;
  const isTransposed = side === 'right' ? transB : transA;
  const weights = weightsOf(constant, { isTransposed, alpha: floatOf(node, 'alpha', 1) });
  const permutation = turnsActivation && rank !== undefined ? exchanged(rank) : undefined;
  return { node, kind: 'matmul', side, activation, permutation, weights, bias };
}

const isMatmul = ({ operator, domain }: Node): boolean =>
  (domain === '' && (operator === 'MatMul' || operator === 'Gemm')) ||
  (domain === 'com.microsoft' && operator === 'FusedMatMul');

const isConv = ({ operator, domain }: Node): boolean => domain === '' && operator === 'Conv';

/** The node as a product with constant weights; a reason where it is a product but cannot be taken; undefined for others. */
export function productOf(graph: Graph, editor: GraphEditor, node: Node): Product | string | undefined {
  if (!isMatmul(node) && !isConv(node)) return undefined;
  const product = isConv(node) ? convOf(editor, node) : matmulOf(graph, editor, node);
  if (typeof product === 'string' || isFinite32(product.weights.values)) return product;
  return `its weights '${product.weights.name}' hold values that are not finite`;
}
