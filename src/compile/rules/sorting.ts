// Rules of sorting along the last axis: TopK of all elements, smallest first, equal ones in their order, what is no number last.
import { castTo, type Isolated, isolate, rejoin } from '../layout/materialize.js';
import { freshView, literalView, type View } from '../layout/view.js';
import type { ElementType } from '../onnx/element-type.js';
import type { Graph } from '../onnx/graph.js';
import { type Formula, formula } from './formula.js';
import { isFloat } from './operators.js';
import { one, type Rule } from './rule.js';
import { choose } from './selection.js';

/** Element types that TopK has no kernel for, and wider ones that hold them. */
const sortable: Partial<Readonly<Record<ElementType, ElementType>>> = {
  uint32: 'int64',
  bool: 'int32',
  float16: 'float32',
};

/** A row axis isolated as [before, n, after], and views of tensors of that shape. */
interface Rows {
  readonly isolated: Isolated;
  readonly shape: readonly number[];
  readonly calculate: Formula;
}

function topK(graph: Graph, tensor: string, count: number): { values: string; positions: string } {
  const [values = '', positions = ''] = graph.several('TopK', [tensor, graph.integers([count])], {
    attributes: { axis: 1, largest: 0, sorted: 1 },
    outputs: 2,
  });
  return { values, positions };
}

function rowsOf(graph: Graph, input: View): Rows {
  const dtype = sortable[input.dtype] ?? input.dtype;
  const view = castTo(graph, input.literal === undefined ? input : freshLiteral(graph, input), dtype);
  const isolated = isolate(graph, view, view.axes.length - 1);
  const shape = [
    isolated.before.reduce((total, { size }) => total * size, 1),
    isolated.size,
    isolated.after.reduce((total, { size }) => total * size, 1),
  ];
  return { isolated, shape, calculate: formula(graph, dtype) };
}

/** Equal numbers everywhere are in order as they are, but an operator wants them written out. */
function freshLiteral(graph: Graph, view: View): View {
  const { literal: _, ...rest } = view;
  return { ...rest, tensor: graph.node('Identity', [view.tensor]) };
}

/** The tensor with what is no number made infinite, and where those were. */
function withoutNaN(graph: Graph, { isolated, shape, calculate }: Rows): { tensor: string; missing: View } | undefined {
  const { dtype } = isolated.view;
  if (!isFloat(dtype)) return undefined;
  const view = freshView(isolated.tensor, shape, dtype);
  const missing = calculate('IsNaN', [view]);
  const infinite = literalView(graph, Number.POSITIVE_INFINITY, { dtype, shape: [] });
  const { tensor, dims } = choose(graph, missing, [infinite, view]);
  return { tensor: dims.length === 3 ? tensor : graph.node('Reshape', [tensor, graph.integers(shape)]), missing };
}

const sort: Rule = ({ graph }, _step, inputs) => {
  const view = one(inputs);
  const rows = rowsOf(graph, view);
  const { isolated, shape } = rows;
  const numbers = withoutNaN(graph, rows);
  const { values } = topK(graph, numbers?.tensor ?? isolated.tensor, isolated.size);
  const sorted = numbers === undefined ? values : nanLast(graph, { values, missing: numbers.missing, rows });
  return [castTo(graph, rejoin(isolated, sorted, [shape[1] ?? 1]), view.dtype)];
};

/** Writes back as many NaN at the end of each row as were taken out. */
function nanLast(graph: Graph, { values, missing, rows }: { values: string; missing: View; rows: Rows }): string {
  const { isolated, shape } = rows;
  const { dtype } = isolated.view;
  const [, count = 1] = shape;
  const whole = materializeRows(graph, castTo(graph, missing, 'int32'), shape);
  const counted = graph.node('ReduceSum', [whole, graph.integers([1])], { keepdims: 1 });
  const places = graph.constant(
    'int32',
    [1, count, 1],
    Int32Array.from({ length: count }, (_, k) => k - count),
  );
  const isBack = graph.node('GreaterOrEqual', [graph.node('Add', [counted, places]), graph.scalar('int32', 0)]);
  return graph.node('Where', [isBack, graph.scalar(dtype, Number.NaN), values]);
}

function materializeRows(graph: Graph, view: View, shape: readonly number[]): string {
  const same = view.dims.length === 3 && view.dims.every((size, axis) => size === shape[axis]);
  return same ? view.tensor : graph.node('Reshape', [view.tensor, graph.integers(shape)]);
}

/** Positions in sorted order; what is no number goes last by a second sort that keeps the order of the first. */
const argsort: Rule = ({ graph }, _step, inputs) => {
  const view = one(inputs);
  const rows = rowsOf(graph, view);
  const { isolated, shape } = rows;
  const count = shape[1] ?? 1;
  const numbers = withoutNaN(graph, rows);
  let { positions } = topK(graph, numbers?.tensor ?? isolated.tensor, count);
  if (numbers !== undefined) {
    const missing = materializeRows(graph, castTo(graph, numbers.missing, 'int32'), shape);
    const second = topK(graph, graph.node('GatherElements', [missing, positions], { axis: 1 }), count);
    positions = graph.node('GatherElements', [positions, second.positions], { axis: 1 });
  }
  const values = graph.node('GatherElements', [isolated.tensor, positions], { axis: 1 });
  const order = { ...rejoin(isolated, positions, [count]), dtype: 'int64' as const };
  return [castTo(graph, rejoin(isolated, values, [count]), view.dtype), castTo(graph, order, 'int32')];
};

export const sortingRules: Readonly<Record<string, Rule>> = { sort, argsort };
