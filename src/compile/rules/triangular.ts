// Rules of triangular systems and of Cholesky factors: one column a step, written out for small sizes.
import { z } from 'zod';
import { padView } from '../layout/shape.js';
import { shapeOf, transposeView, type View } from '../layout/view.js';
import type { Graph } from '../onnx/graph.js';
import { formula } from './formula.js';
import { beside, part } from './matrices.js';
import { isFloat } from './operators.js';
import { one, type Rule, readParams, refuse, two } from './rule.js';

/** Matrices up to this size are written out, at about seven operators a column. */
export const largestWritten = 64;

export function checkSize(view: View, most: number): number {
  const n = shapeOf(view).at(-1) ?? 1;
  if (!isFloat(view.dtype)) return refuse(`it takes floats, and got ${view.dtype}`);
  return n <= most ? n : refuse(`its steps are written out, which ends at size ${most}, and got ${n}`);
}

const swapLast = (view: View): View => {
  const order = view.axes.map((_, axis) => axis);
  return transposeView(view, [...order.slice(0, -2), order.length - 1, order.length - 2]);
};

const params = z.object({ unitDiagonal: z.boolean() });

/** Solves A x = b for rows b of B and an upper triangle A, from the last unknown to the first. */
const triangularSolve: Rule = ({ graph }, step, inputs) => {
  const { unitDiagonal } = readParams(params, step);
  const [a, b] = two(inputs);
  const n = checkSize(a, largestWritten);
  const calculate = formula(graph, a.dtype);
  const rows = shapeOf(b).at(-2) ?? 1;
  const columns: View[] = [];
  let rest = b;
  for (let i = n - 1; i >= 0; i--) {
    const last = part(graph, rest, [
      [0, rows],
      [i, i + 1],
    ]);
    const x = unitDiagonal
      ? last
      : calculate('Div', [
          last,
          part(graph, a, [
            [i, i + 1],
            [i, i + 1],
          ]),
        ]);
    columns.unshift(x);
    if (i === 0) break;
    const above = swapLast(
      part(graph, a, [
        [0, i],
        [i, i + 1],
      ]),
    );
    rest = calculate('Sub', [
      part(graph, rest, [
        [0, rows],
        [0, i],
      ]),
      calculate('Mul', [x, above]),
    ]);
  }
  return [beside(graph, columns)];
};

/** The first column of the factor of a matrix, and what is left of the matrix when its square is taken off. */
function firstColumn(graph: Graph, a: View, size: number): { column: View; rest: View | undefined } {
  const calculate = formula(graph, a.dtype);
  const root = calculate('Sqrt', [
    part(graph, a, [
      [0, 1],
      [0, 1],
    ]),
  ]);
  if (size === 1) return { column: root, rest: undefined };
  const column = calculate('Div', [
    part(graph, a, [
      [0, size],
      [0, 1],
    ]),
    root,
  ]);
  const tail = part(graph, column, [
    [1, size],
    [0, 1],
  ]);
  const square = calculate('Mul', [tail, swapLast(tail)]);
  const rest = calculate('Sub', [
    part(graph, a, [
      [1, size],
      [1, size],
    ]),
    square,
  ]);
  return { column, rest };
}

/** The lower factor L of A = L L^T; only the lower triangle of A is read. No numbers where A is not positive. */
const cholesky: Rule = ({ graph }, _step, inputs) => {
  let left: View | undefined = one(inputs);
  const n = checkSize(left, largestWritten);
  const columns: View[] = [];
  for (let j = 0; left !== undefined; j++) {
    const { column, rest }: { column: View; rest: View | undefined } = firstColumn(graph, left, n - j);
    columns.push(padView(graph, column, { axis: column.axes.length - 2, before: j, after: 0 }));
    left = rest;
  }
  return [beside(graph, columns)];
};

export const triangularRules: Readonly<Record<string, Rule>> = { triangular_solve: triangularSolve, cholesky };
