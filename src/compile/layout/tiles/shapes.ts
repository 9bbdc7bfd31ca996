// Shapes of the tensors of a lowered graph, as far as they follow from the operators that tiles are made of.
import type { Constant, GraphNode } from '../../onnx/graph.js';
import { product } from '../view.js';

export type Shape = readonly number[];
export type Shapes = ReadonlyMap<string, Shape>;

const unary = new Set([
  'Neg',
  'Exp',
  'Erf',
  'Log',
  'Sqrt',
  'Reciprocal',
  'Abs',
  'Sin',
  'Cos',
  'Tanh',
  'Sigmoid',
  'Relu',
]);
const others = new Set(['Gelu', 'Floor', 'Ceil', 'Not', 'Cast', 'Identity', 'Sign', 'Softplus', 'Atan', 'Asin']);
const binary = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Max',
  'Min',
  'Pow',
  'Less',
  'LessOrEqual',
  'Equal',
  'Where',
  'And',
]);

/** Operators that compute each element from the elements at its place. */
export const isElementwise = (operator: string): boolean =>
  unary.has(operator) || others.has(operator) || binary.has(operator);

export const isProduct = (operator: string): boolean => operator === 'MatMul' || operator === 'FusedMatMul';

/** The shape in which shapes meet, flush right. */
export function broadcastShape(shapes: readonly Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map(shape => shape.length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(1, ...shapes.map(shape => shape[axis - rank + shape.length] ?? 1)),
  );
}

/** Rows, inner and columns of a product's two operands, whichever way they lie. */
export function productAxes({ attributes }: GraphNode): {
  a: readonly ['M', 'K'] | readonly ['K', 'M'];
  b: readonly ['K', 'N'] | readonly ['N', 'K'];
} {
  return {
    a: attributes.transA === 1 ? ['K', 'M'] : ['M', 'K'],
    b: attributes.transB === 1 ? ['N', 'K'] : ['K', 'N'],
  };
}

function productShape(node: GraphNode, [a, b]: readonly Shape[]): Shape | undefined {
  if (a === undefined || b === undefined || a.length < 2 || b.length < 2) return undefined;
  const axes = productAxes(node);
  const rows = a[a.length - 2 + axes.a.indexOf('M')];
  const columns = b[b.length - 2 + axes.b.indexOf('N')];
  if (rows === undefined || columns === undefined) return undefined;
  return [...broadcastShape([a.slice(0, -2), b.slice(0, -2)]), rows, columns];
}

/** Numbers of an int64 constant. */
export function integersOf(constants: ReadonlyMap<string, Constant>, name: string | undefined): number[] | undefined {
  const constant = name === undefined ? undefined : constants.get(name);
  return constant?.dtype === 'int64' ? Array.from(constant.data, Number) : undefined;
}

function reshaped([source]: readonly Shape[], target: readonly number[] | undefined): Shape | undefined {
  if (source === undefined || target === undefined || target.includes(0)) return undefined;
  const known = product(target.filter(size => size > 0));
  return target.map(size => (size > 0 ? size : product(source) / known));
}

function reduced(node: GraphNode, [source]: readonly Shape[], axes: readonly number[] | undefined): Shape | undefined {
  if (source === undefined || axes === undefined) return undefined;
  const gone = axes.map(axis => (axis < 0 ? axis + source.length : axis));
  if (node.attributes.keepdims === 0) return source.filter((_, axis) => !gone.includes(axis));
  return source.map((size, axis) => (gone.includes(axis) ? 1 : size));
}

function shapeOfNode(node: GraphNode, known: Shapes, constants: ReadonlyMap<string, Constant>): Shape | undefined {
  const { operator, inputs, attributes } = node;
  const shapes = inputs.flatMap(name => {
    const shape = known.get(name);
    return shape === undefined ? [] : [shape];
  });
  const [first] = shapes;
  const listed = integersOf(constants, inputs[1]);
  if (operator === 'Reshape') return reshaped(shapes, listed);
  if (operator === 'ReduceSum') return reduced(node, shapes, listed);
  if (shapes.length !== inputs.length) return undefined;
  if (isElementwise(operator)) return broadcastShape(shapes);
  if (isProduct(operator)) return productShape(node, shapes);
  const { perm } = attributes;
  if (operator === 'Transpose' && Array.isArray(perm)) return perm.map((axis: number) => first?.[axis] ?? 1);
  return undefined;
}

/** Shapes by tensor; those behind an operator that is not known here are missing. */
export function shapesOf(
  nodes: readonly GraphNode[],
  { inputs, constants }: { inputs: Shapes; constants: ReadonlyMap<string, Constant> },
): Map<string, Shape> {
  const shapes = new Map(inputs);
  for (const { name, shape } of constants.values()) shapes.set(name, shape);
  for (const node of nodes) {
    const [output] = node.outputs;
    const shape = node.outputs.length === 1 ? shapeOfNode(node, shapes, constants) : undefined;
    if (output !== undefined && shape !== undefined) shapes.set(output, shape);
  }
  return shapes;
}
