// Rules of arithmetic: sums, products, quotients, remainders, extremes, signs.
import { elementwise } from '../layout/elementwise.js';
import { castTo } from '../layout/materialize.js';
import { literalView, shapeOf, type View } from '../layout/view.js';
import type { ElementType } from '../onnx/element-type.js';
import type { Graph } from '../onnx/graph.js';
import { formula } from './formula.js';
import { floats, numbers, type Operators, operatorFor } from './operators.js';
import { one, promoteInputs, type Rule, refuse, two } from './rule.js';

const binary =
  (operators: Operators): Rule =>
  ({ graph }, step, inputs) => {
    const { views, dtype } = promoteInputs(graph, step, inputs);
    return [elementwise(graph, operatorFor(operators, dtype), { inputs: views, dtype })];
  };

const reciprocal: Rule = (context, _step, inputs) => {
  const view = one(inputs);
  const { dtype } = view;
  const result = elementwise(context.graph, operatorFor(floats('Reciprocal'), dtype), { inputs: [view], dtype });
  context.reciprocals.set(result, view);
  return [result];
};

/** A product with a reciprocal is a division. */
const multiply: Rule = (context, step, inputs) => {
  const { graph, reciprocals } = context;
  const { views, dtype } = promoteInputs(graph, step, inputs);
  const [x, y] = two(views);
  for (const [left, right] of [
    [x, reciprocals.get(y)],
    [y, reciprocals.get(x)],
  ] as const) {
    if (right !== undefined) return [elementwise(graph, 'Div', { inputs: [left, right], dtype })];
  }
  return [elementwise(graph, operatorFor({ ...numbers('Mul'), bool: 'And' }, dtype), { inputs: views, dtype })];
};

const isWhole = (dtype: ElementType): boolean => dtype === 'int32' || dtype === 'uint32';

/** A quotient or remainder of whole numbers; 0 where the divisor is 0, as numpy has it, where the runtime would fail. */
function divideWhole(graph: Graph, operator: 'Div' | 'Mod', [x, y]: readonly [View, View]): View {
  const { dtype } = x;
  const calculate = formula(graph, dtype);
  const attributes = operator === 'Mod' ? { fmod: 1 } : {};
  if (y.literal === 0) return literalView(graph, 0, { dtype, shape: shapeOf(calculate('Mul', [x, y])) });
  if (y.literal !== undefined) return calculate(operator, [x, y], attributes);
  const zero = calculate('Equal', [y, 0]);
  const safe = calculate('Add', [y, castTo(graph, zero, dtype)]);
  const kept = castTo(graph, calculate('Not', [zero]), dtype);
  return calculate('Mul', [calculate(operator, [x, safe], attributes), kept]);
}

/** Division without a rest, toward zero as in C. */
const idiv: Rule = ({ graph }, step, inputs) => {
  const { views, dtype } = promoteInputs(graph, step, inputs);
  if (isWhole(dtype)) return [divideWhole(graph, 'Div', two(views))];
  const calculate = formula(graph, dtype);
  const quotient = calculate(operatorFor(floats('Div'), dtype), views);
  const negative = calculate('Less', [quotient, 0]);
  return [calculate('Where', [negative, calculate('Ceil', [quotient]), calculate('Floor', [quotient])])];
};

/** The remainder with the sign of the dividend, as in C. */
const mod: Rule = ({ graph }, step, inputs) => {
  const { views, dtype } = promoteInputs(graph, step, inputs);
  if (isWhole(dtype)) return [divideWhole(graph, 'Mod', two(views))];
  return [formula(graph, dtype)(operatorFor(floats('Mod'), dtype), views, { fmod: 1 })];
};

const neg: Rule = ({ graph }, _step, inputs) => {
  const view = one(inputs);
  const { dtype } = view;
  if (dtype === 'bool') return refuse('a boolean has no negative');
  // Whole numbers without a sign wrap round.
  return [dtype === 'uint32' ? formula(graph, dtype)('Sub', [0, view]) : formula(graph, dtype)('Neg', [view])];
};

export const arithmeticRules: Readonly<Record<string, Rule>> = {
  add: binary({ ...numbers('Add'), bool: 'Or' }),
  mul: multiply,
  idiv,
  mod,
  min: binary({ ...numbers('Min'), bool: 'And' }),
  max: binary({ ...numbers('Max'), bool: 'Or' }),
  neg,
  reciprocal,
};
