// How one axis of a value fares in an operator: it goes through, it is summed over, or it may not be shortened.
import { type Constant, type GraphEditor, intOf, intsOf, type Node } from '../../graph/index.js';
import { constantBehind, type Product } from '../quantize/product.js';

/** A constant that gets shorter with the channels, and along which of its axes, counted from the end. */
export interface Cut {
  readonly constant: string;
  readonly axis: number;
}

/** What a node does to the channels: makes values that have them too, or sums over them; `cuts` are its own constants. */
export interface Passage {
  /** The axis in what the node makes, from the end; undefined where the channels end. */
  readonly axis: number | undefined;
  readonly cuts: readonly Cut[];
}

/** The axis, from the end, of a value on its way, and the number of its channels. */
export interface Carried {
  readonly axis: number;
  readonly size: number;
  /** Whether the axis is known to be the second, that of images' channels. */
  readonly isSecond: boolean;
}

const unary = new Set([
  ...[
    'Relu',
    'LeakyRelu',
    'Elu',
    'Selu',
    'Celu',
    'Gelu',
    'FastGelu',
    'QuickGelu',
    'Sigmoid',
    'Tanh',
    'Erf',
    'Neg',
    'Abs',
  ],
  ...[
    'Exp',
    'Softplus',
    'Softsign',
    'HardSigmoid',
    'HardSwish',
    'Mish',
    'Identity',
    'Sin',
    'Cos',
    'Sqrt',
    'Reciprocal',
  ],
  ...['ThresholdedRelu', 'Sign', 'Log'],
]);
const binary = new Set(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'PRelu']);
const pools = new Set(['MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool', 'LpPool']);

/** The axis of a product's weights that makes its channels, from the end of the constant's own shape. */
export function outputAxis({ kind, side, weights }: Product): number {
  if (kind === 'conv') return -weights.shape.length;
  return (side === 'right') === weights.isTransposed ? -2 : -1;
}

/** The axis of the weights that is summed over. */
export function sumAxis({ kind, side, weights }: Product): number {
  if (kind === 'conv') return 1 - weights.shape.length;
  return (side === 'right') === weights.isTransposed ? -1 : -2;
}

/** Where the channels that a product makes lie in its output. */
export function channelAxis({ kind, side, weights }: Product): number {
  if (kind === 'conv') return 1 - weights.shape.length;
  return side === 'right' ? -1 : -2;
}

function throughProduct(product: Product, { axis }: Carried): Passage | string {
  const { kind, side, permutation, weights } = product;
  if (kind === 'conv') {
    if (intOf(product.node, 'group', 1) !== 1) return 'a convolution in groups reads it';
    return axis === 1 - weights.shape.length ? ends(product) : 'a convolution reads it along another axis';
  }
  // Transposed by the product, the last two axes change places.
  const summed = (side === 'right') === (permutation === undefined) ? -1 : -2;
  if (axis === summed) return ends(product);
  if (permutation !== undefined) return 'a product reads it transposed';
  if (weights.shape.length > 2 || axis > -3) {
    const keeps = weights.shape.length === 2 && axis === (side === 'right' ? -2 : -1);
    return keeps ? { axis, cuts: [] } : 'a product of many matrices reads it';
  }
  return { axis, cuts: [] };
}

const ends = (product: Product): Passage => ({
  axis: undefined,
  cuts: [{ constant: product.weights.name, axis: sumAxis(product) }],
});

/** The cut that a constant beside the value needs: none where it is broadcast; a reason where it does not fit. */
function cutBeside(constant: Constant, name: string, { axis, size }: Carried): readonly Cut[] | string {
  const length = constant.shape.length < -axis ? 1 : (constant.shape.at(axis) ?? 1);
  if (length === 1) return [];
  return length === size ? [{ constant: name, axis }] : `constant '${name}' does not fit the channels`;
}

function throughBinary(
  editor: GraphEditor,
  node: Node,
  state: { carried: Carried; isCarried: (name: string) => boolean },
) {
  const cuts: Cut[] = [];
  for (const name of node.inputs) {
    if (state.isCarried(name)) continue;
    const constant = constantBehind(editor, name);
    if (constant === undefined) return `${node.operator} joins it with '${name}'`;
    const cut = cutBeside(constant, name, state.carried);
    if (typeof cut === 'string') return cut;
    cuts.push(...cut);
  }
  return { axis: state.carried.axis, cuts };
}

/** How the channels fare in a node; a reason where they may not be shortened. */
export function passageThrough(
  editor: GraphEditor,
  node: Node,
  state: {
    readonly carried: Carried;
    readonly isCarried: (name: string) => boolean;
    readonly product: Product | undefined;
  },
): Passage | string {
  const { carried, product } = state;
  if (product !== undefined)
    return state.isCarried(product.bias) ? 'a product adds it' : throughProduct(product, carried);
  if (unary.has(node.operator)) return { axis: carried.axis, cuts: [] };
  if (node.domain !== '') return `${node.operator} reads it`;
  if (binary.has(node.operator)) return throughBinary(editor, node, state);
  if (node.operator === 'Transpose') {
    const order = intsOf(node, 'perm');
    if (order === undefined) return 'it is transposed in an unknown way';
    return { axis: order.indexOf(order.length + carried.axis) - order.length, cuts: [] };
  }
  if (carried.isSecond && pools.has(node.operator) && node.outputs.length === 1)
    return { axis: carried.axis, cuts: [] };
  if (carried.isSecond && node.operator === 'BatchNormalization' && node.outputs.length === 1)
    return { axis: carried.axis, cuts: node.inputs.slice(1).map(constant => ({ constant, axis: -1 })) };
  const pooled = editor.maker(node.inputs[0] ?? '')?.operator.startsWith('Global') === true;
  if (node.operator === 'Flatten' && carried.isSecond && pooled && intOf(node, 'axis', 1) === 1)
    return { axis: -1, cuts: [] };
  return `${node.operator} reads it`;
}
