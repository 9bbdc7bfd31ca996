// The graph as compressions want it: types of values known, and weights that are only reshaped, transposed or scaled as plain constants.
import {
  type Constant,
  constantOf,
  floatsOf,
  type Graph,
  GraphEditor,
  inferTypes,
  lengthOf,
  type Model,
  type Node,
} from '../../graph/index.js';
import { constantBehind } from './product.js';

const reshapes = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Identity']);

/** The shape of a value, if all its sizes are numbers. */
function shapeOf(graph: Graph, name: string): readonly number[] | undefined {
  const type = graph.values.get(name)?.type;
  if (type?.kind !== 'tensor' || type.shape === undefined) return undefined;
  const sizes = type.shape.filter(size => typeof size === 'number');
  return sizes.length === type.shape.length ? sizes : undefined;
}

/** The constant with its axes in another order. */
function reordered(constant: Constant, name: string, order: readonly number[]): Constant {
  const { shape } = constant;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((total, size) => total * size, 1));
  const turned = order.map(axis => shape[axis] ?? 1);
  const steps = order.map(axis => strides[axis] ?? 1);
  const from = floatsOf(constant);
  const place = turned.map(() => 0);
  const values = from.map(() => {
    const value = from[place.reduce((at, index, axis) => at + index * (steps[axis] ?? 0), 0)] ?? 0;
    for (let axis = turned.length - 1; axis >= 0; axis--) {
      const next = (place[axis] ?? 0) + 1;
      place[axis] = next === turned[axis] ? 0 : next;
      if (next !== turned[axis]) break;
    }
    return value;
  });
  return constantOf(name, 'float32', { shape: turned, values });
}

/** A constant times a single number, as scaled initial weights are written. */
function scaled(editor: GraphEditor, constant: Constant, { inputs, outputs }: Node): Constant | undefined {
  const factor = constantBehind(editor, inputs[1] ?? '');
  if (factor?.dtype !== 'float32' || lengthOf(factor) !== 1 || factor.shape.length > constant.shape.length)
    return undefined;
  const [by = 1] = floatsOf(factor);
  const values = floatsOf(constant).map(value => value * by);
  return constantOf(outputs[0] ?? '', 'float32', { shape: constant.shape, values });
}

/** What a node makes of a float32 constant by moving or scaling it; undefined for every other node. */
function moved(graph: Graph, editor: GraphEditor, node: Node): Constant | undefined {
  const { operator, domain, inputs, outputs, attributes } = node;
  const [name = ''] = outputs;
  const constant = domain === '' ? constantBehind(editor, inputs[0] ?? '') : undefined;
  if (constant?.dtype !== 'float32' || editor.isOutput(name)) return undefined;
  if (operator === 'Mul') return scaled(editor, constant, node);
  if (operator === 'Transpose') {
    const perm = attributes.perm;
    const order = perm?.kind === 'ints' ? perm.value.map(Number) : constant.shape.map((_, axis) => axis).reverse();
    return reordered(constant, name, order);
  }
  const shape = reshapes.has(operator) ? shapeOf(graph, name) : undefined;
  return shape === undefined ? undefined : { ...constant, name, shape };
}

/** The model's graph with its types inferred. Constants that are only moved or scaled take the name of what they became. */
export function preparedGraph(model: Model): Graph {
  const { graph } = inferTypes(model);
  const editor = new GraphEditor(graph);
  for (const node of graph.nodes) {
    const constant = moved(graph, editor, node);
    if (constant === undefined) continue;
    editor.remove(node);
    editor.putConstant(constant);
  }
  return editor.finish();
}
