// Rules of functions of one number: rounding, roots, powers, angles, the error function.
import type { View } from '../layout/view.js';
import type { ElementType } from '../onnx/element-type.js';
import { asinDouble, atanDouble } from './double-angles.js';
import { erfcDouble, erfDouble } from './double-erf.js';
import { type Formula, formula } from './formula.js';
import { floats, isFloat, type Operators, operatorFor } from './operators.js';
import { one, type Rule } from './rule.js';

const unary =
  (operators: Operators): Rule =>
  ({ graph }, _step, inputs) => {
    const view = one(inputs);
    return [formula(graph, view.dtype)(operatorFor(operators, view.dtype), [view])];
  };

/** What rounds floats leaves whole numbers as they are. */
const rounding =
  (operator: string): Rule =>
  (context, step, inputs) => {
    const view = one(inputs);
    return isFloat(view.dtype) ? unary(floats(operator))(context, step, inputs) : [view];
  };

/** An operator in single and half precision, where the runtime has none in double, and a formula of ours there. */
const singleOr =
  (operator: string, double: (calculate: Formula, x: View) => View): Rule =>
  ({ graph }, _step, inputs) => {
    const view = one(inputs);
    const { dtype } = view;
    const calculate = formula(graph, dtype);
    if (dtype === 'float64') return [double(calculate, view)];
    return [calculate(operatorFor({ float32: operator, float16: operator }, dtype), [view])];
  };

/** One minus the error function: in single precision exact to 1e-7 of 1, in double to a few digits of its own size. */
const erfc: Rule = ({ graph }, _step, inputs) => {
  const view = one(inputs);
  const { dtype }: { dtype: ElementType } = view;
  const calculate = formula(graph, dtype);
  if (dtype === 'float64') return [erfcDouble(calculate, view)];
  return [calculate('Sub', [1, calculate(operatorFor({ float32: 'Erf', float16: 'Erf' }, dtype), [view])])];
};

export const functionRules: Readonly<Record<string, Rule>> = {
  floor: rounding('Floor'),
  ceil: rounding('Ceil'),
  stop_gradient: (_context, _step, inputs) => [one(inputs)],
  sin: unary(floats('Sin')),
  cos: unary(floats('Cos')),
  asin: singleOr('Asin', asinDouble),
  atan: singleOr('Atan', atanDouble),
  exp: unary(floats('Exp')),
  log: unary(floats('Log')),
  erf: singleOr('Erf', erfDouble),
  erfc,
  sqrt: unary(floats('Sqrt')),
};
