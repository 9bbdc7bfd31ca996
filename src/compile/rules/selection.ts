// Rules of comparison, selection and conversion.
import { z } from 'zod';
import { castTo } from '../layout/materialize.js';
import { literalView, shapeOf, type View } from '../layout/view.js';
import type { ElementType } from '../onnx/element-type.js';
import type { Graph } from '../onnx/graph.js';
import { formula } from './formula.js';
import { isFloat } from './operators.js';
import { elementTypeOf, one, promoteInputs, type Rule, readParams, refuse } from './rule.js';

const operators = { less: 'Less', less_equal: 'LessOrEqual', equal: 'Equal', not_equal: 'Equal' } as const;
const compareParams = z.object({ op: z.enum(['less', 'less_equal', 'equal', 'not_equal']) });

const compare: Rule = ({ graph }, step, inputs) => {
  const { op } = readParams(compareParams, step);
  const { views, dtype } = promoteInputs(graph, step, inputs);
  const calculate = formula(graph, dtype);
  // Booleans are ordered as 0 and 1.
  const ordered = dtype === 'bool' && op.startsWith('less') ? views.map(view => castTo(graph, view, 'int32')) : views;
  const compared = calculate(operators[op], ordered);
  return [op === 'not_equal' ? calculate('Not', [compared]) : compared];
};

/** Chooses elementwise; booleans by logic and whole numbers without a sign by their bits, for which there is no kernel. */
export function choose(graph: Graph, condition: View, [x, y]: readonly [View, View]): View {
  const { dtype } = x;
  const calculate = formula(graph, dtype);
  if (dtype === 'uint32') {
    const signed = choose(graph, condition, [castTo(graph, x, 'int32'), castTo(graph, y, 'int32')]);
    return castTo(graph, signed, 'uint32');
  }
  if (dtype !== 'bool') return calculate('Where', [condition, x, y]);
  const otherwise = calculate('And', [calculate('Not', [condition]), y]);
  return calculate('Or', [calculate('And', [condition, x]), otherwise]);
}

const where: Rule = ({ graph }, step, inputs) => {
  const [condition, ...rest] = inputs;
  if (condition === undefined) return refuse('it has no condition');
  const { views } = promoteInputs(graph, { ...step, inputs: step.inputs.slice(1) }, rest);
  const [x, y] = views;
  return x === undefined || y === undefined
    ? refuse('it has fewer than two branches')
    : [choose(graph, condition, [x, y])];
};

const limits = { int32: [-(2 ** 31), 2 ** 31 - 1], uint32: [0, 2 ** 32 - 1] } as const;

/** A float as a whole number: cut toward zero, held at the limits, 0 for what is no number; alike on every machine. */
function wholeOf(graph: Graph, view: View, dtype: 'int32' | 'uint32'): View {
  const [least, most] = limits[dtype];
  const held = (value: number): number =>
    Number.isNaN(value) ? 0 : Math.trunc(Math.min(Math.max(value, least), most));
  if (view.literal !== undefined) return literalView(graph, held(view.literal), { dtype, shape: shapeOf(view) });
  const calculate = formula(graph, 'float64');
  const double = castTo(graph, view, 'float64');
  const number = calculate('Where', [calculate('Equal', [double, double]), double, 0]);
  return castTo(graph, calculate('Max', [calculate('Min', [number, most]), least]), dtype);
}

/** The view in another element type, as the tracer converts. */
export function convert(graph: Graph, view: View, dtype: ElementType): View {
  const whole = dtype === 'int32' || dtype === 'uint32';
  return whole && isFloat(view.dtype) ? wholeOf(graph, view, dtype) : castTo(graph, view, dtype);
}

const castParams = z.object({ dtype: z.string() });
const cast: Rule = ({ graph }, step, inputs) => [
  convert(graph, one(inputs), elementTypeOf(readParams(castParams, step).dtype)),
];

export const selectionRules: Readonly<Record<string, Rule>> = { compare, where, cast };
