// The rule of LU factors with partial pivoting: one column a step, rows exchanged by position, written out for small sizes.
import { castTo, materialize } from '../layout/materialize.js';
import { reshapeView } from '../layout/reshape.js';
import { broadcastView, freshView, literalView, shapeOf, type View } from '../layout/view.js';
import type { Graph } from '../onnx/graph.js';
import { formula } from './formula.js';
import { below, beside, part } from './matrices.js';
import { one, type Rule } from './rule.js';
import { checkSize } from './triangular.js';

/** Matrices up to this size, at about thirty operators a column. */
export const largestFactored = 32;

interface Stage {
  readonly graph: Graph;
  readonly batch: readonly number[];
  readonly rows: number;
  readonly columns: number;
}

/** Position of the largest entry of column j from row j on, [..., 1, 1]; the first of equal ones. */
function pivotOf({ graph, batch, rows }: Stage, matrix: View, j: number): View {
  const calculate = formula(graph, matrix.dtype);
  const column = calculate('Abs', [
    part(graph, matrix, [
      [j, rows],
      [j, j + 1],
    ]),
  ]);
  const tensor = graph.node('ArgMax', [materialize(graph, column)], { axis: batch.length, keepdims: 1 });
  const at = castTo(graph, freshView(tensor, [...batch, 1, 1], 'int64'), 'int32');
  return formula(graph, 'int32')('Add', [at, j]);
}

/** Positions of all rows, [..., rows, 1], with row j and the pivot exchanged. */
function exchanged({ graph, rows }: Stage, pivot: View, j: number): View {
  const whole = formula(graph, 'int32');
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  const all = freshView(graph.constant('int32', [rows, 1], order), [rows, 1], 'int32');
  const other = whole('Where', [whole('Equal', [all, pivot]), j, all]);
  return whole('Where', [whole('Equal', [all, j]), pivot, other]);
}

/** The rows of a matrix in the order of `positions`. */
function permuted({ graph, batch, rows }: Stage, matrix: View, positions: View): View {
  const shape = [...batch, rows, shapeOf(matrix).at(-1) ?? 1];
  const last = shape.length - 1;
  const column = reshapeView(graph, positions, shape.slice(0, -1));
  const index = materialize(graph, broadcastView(column, shape, [last]));
  const tensor = graph.node('GatherElements', [materialize(graph, matrix), index], { axis: last - 1 });
  return freshView(tensor, shape, matrix.dtype);
}

/** Takes multiples of row j from the rows below, and writes the multiples where the zeros would stand. */
function eliminated({ graph, rows, columns }: Stage, matrix: View, j: number): View {
  if (j + 1 === rows) return matrix;
  const calculate = formula(graph, matrix.dtype);
  const diagonal = part(graph, matrix, [
    [j, j + 1],
    [j, j + 1],
  ]);
  const column = part(graph, matrix, [
    [j + 1, rows],
    [j, j + 1],
  ]);
  const singular = calculate('Equal', [diagonal, 0]);
  const divisor = calculate('Where', [singular, 1, diagonal]);
  const multiples = calculate('Div', [column, divisor]);
  const lower = [multiples];
  if (j > 0)
    lower.unshift(
      part(graph, matrix, [
        [j + 1, rows],
        [0, j],
      ]),
    );
  if (j + 1 < columns) {
    const taken = calculate('Where', [singular, 0, multiples]);
    const row = part(graph, matrix, [
      [j, j + 1],
      [j + 1, columns],
    ]);
    const rest = part(graph, matrix, [
      [j + 1, rows],
      [j + 1, columns],
    ]);
    lower.push(calculate('Sub', [rest, calculate('Mul', [taken, row])]));
  }
  return below(graph, [
    part(graph, matrix, [
      [0, j + 1],
      [0, columns],
    ]),
    beside(graph, lower),
  ]);
}

const lu: Rule = ({ graph }, step, inputs) => {
  let matrix = one(inputs);
  checkSize(matrix, largestFactored);
  const shape = shapeOf(matrix);
  const batch = shape.slice(0, -2);
  const [rows = 1, columns = 1] = shape.slice(-2);
  const stage: Stage = { graph, batch, rows, columns };
  const start = Int32Array.from({ length: rows }, (_, row) => row);
  const order = freshView(graph.constant('int32', [rows, 1], start), [rows, 1], 'int32');
  const zeros = literalView(graph, 0, { dtype: 'int32', shape: [...batch, rows, 1] });
  let permutation = formula(graph, 'int32')('Add', [order, zeros]);
  const pivots: View[] = [];
  for (let j = 0; j < Math.min(rows, columns); j++) {
    const pivot = pivotOf(stage, matrix, j);
    pivots.push(pivot);
    const positions = exchanged(stage, pivot, j);
    permutation = permuted(stage, permutation, positions);
    matrix = eliminated(stage, permuted(stage, matrix, positions), j);
  }
  const [, pivotValue, permutationValue] = step.outputs;
  return [
    matrix,
    reshapeView(graph, below(graph, pivots), pivotValue?.shape ?? []),
    reshapeView(graph, permutation, permutationValue?.shape ?? []),
  ];
};

export const luRules: Readonly<Record<string, Rule>> = { lu };
