// Formulas: elementwise operators written one after another, plain numbers taking the element type of the formula.
import { elementwise } from '../layout/elementwise.js';
import { literalView, type View } from '../layout/view.js';
import type { ElementType } from '../onnx/element-type.js';
import type { Attributes, Graph } from '../onnx/graph.js';

/** Applies an operator to arrays and numbers that broadcast against each other. */
export type Formula = (operator: string, operands: readonly (View | number)[], attributes?: Attributes) => View;

const answersBool = new Set(['Less', 'LessOrEqual', 'Equal', 'Greater', 'GreaterOrEqual', 'And', 'Or', 'Not', 'IsNaN']);

/** Formulas in one element type; comparisons give booleans. */
export function formula(graph: Graph, dtype: ElementType): Formula {
  return (operator, operands, attributes = {}) =>
    elementwise(graph, operator, {
      inputs: operands.map(one => (typeof one === 'number' ? literalView(graph, one, { dtype, shape: [] }) : one)),
      dtype: answersBool.has(operator) ? 'bool' : dtype,
      attributes,
    });
}

/** c0 + x (c1 + x (c2 + ...)), by Horner's scheme. */
export function polynomial(calculate: Formula, x: View, coefficients: readonly number[]): View {
  const [last = 0, before = 0, ...rest] = coefficients.toReversed();
  const start = calculate('Add', [calculate('Mul', [x, last]), before]);
  return rest.reduce((sum, coefficient) => calculate('Add', [calculate('Mul', [sum, x]), coefficient]), start);
}
