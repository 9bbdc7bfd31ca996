// Rules of elementwise primitives: arithmetic, functions, comparisons, selection, casts.
import { z } from 'zod';
import { elementwise } from '../layout/elementwise.js';
import { castTo } from '../layout/materialize.js';
import { literalView } from '../layout/view.js';
import type { ElementType } from '../onnx/element-type.js';
import { elementTypeOf, one, promoteInputs, type Rule, readParams, refuse, two } from './rule.js';

/** Operator for each element type that the runtime computes it in. */
type Operators = Partial<Readonly<Record<ElementType, string>>>;

const floats = (operator: string): Operators => ({ float32: operator, float64: operator });
const numbers = (operator: string): Operators => ({ ...floats(operator), int32: operator });

function operatorFor(operators: Operators, dtype: ElementType): string {
  return operators[dtype] ?? refuse(`the runtime has no ${dtype} kernel for it`);
}

const binary =
  (operators: Operators): Rule =>
  ({ graph }, step, inputs) => {
    const { views, dtype } = promoteInputs(graph, step, inputs);
    return [elementwise(graph, operatorFor(operators, dtype), { inputs: views, dtype })];
  };

const unary =
  (operators: Operators): Rule =>
  ({ graph }, _step, inputs) => {
    const view = one(inputs);
    return [elementwise(graph, operatorFor(operators, view.dtype), { inputs: [view], dtype: view.dtype })];
  };

const reciprocal: Rule = (context, step, inputs) => {
  const [result] = unary(floats('Reciprocal'))(context, step, inputs);
  if (result === undefined) return [];
  context.reciprocals.set(result, one(inputs));
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

const erfc: Rule = ({ graph }, _step, inputs) => {
  const view = one(inputs);
  const { dtype } = view;
  const erf = elementwise(graph, operatorFor({ float32: 'Erf' }, dtype), { inputs: [view], dtype });
  return [elementwise(graph, 'Sub', { inputs: [literalView(graph, 1, { dtype, shape: [] }), erf], dtype })];
};

/** Integer division as in C: truncated. Floats are divided and truncated toward zero. */
const idiv: Rule = ({ graph }, step, inputs) => {
  const { views, dtype } = promoteInputs(graph, step, inputs);
  const quotient = elementwise(graph, operatorFor(numbers('Div'), dtype), { inputs: views, dtype });
  if (dtype === 'int32') return [quotient];
  const floor = elementwise(graph, 'Floor', { inputs: [quotient], dtype });
  const ceil = elementwise(graph, 'Ceil', { inputs: [quotient], dtype });
  const zero = literalView(graph, 0, { dtype, shape: [] });
  const negative = elementwise(graph, 'Less', { inputs: [quotient, zero], dtype: 'bool' });
  return [elementwise(graph, 'Where', { inputs: [negative, ceil, floor], dtype })];
};

const mod: Rule = ({ graph }, step, inputs) => {
  const { views, dtype } = promoteInputs(graph, step, inputs);
  const operator = operatorFor({ ...numbers('Mod'), uint32: 'Mod' }, dtype);
  return [elementwise(graph, operator, { inputs: views, dtype, attributes: { fmod: 1 } })];
};

const comparisons = {
  less: numbers('Less'),
  less_equal: numbers('LessOrEqual'),
  equal: { ...numbers('Equal'), bool: 'Equal' },
  not_equal: { ...numbers('Equal'), bool: 'Equal' },
} as const satisfies Record<string, Operators>;
const compareParams = z.object({ op: z.enum(['less', 'less_equal', 'equal', 'not_equal']) });

const compare: Rule = ({ graph }, step, inputs) => {
  const { op } = readParams(compareParams, step);
  const { views, dtype } = promoteInputs(graph, step, inputs);
  const compared = elementwise(graph, operatorFor(comparisons[op], dtype), { inputs: views, dtype: 'bool' });
  return [op === 'not_equal' ? elementwise(graph, 'Not', { inputs: [compared], dtype: 'bool' }) : compared];
};

const where: Rule = ({ graph }, step, inputs) => {
  const [condition, ...rest] = inputs;
  if (condition === undefined) return refuse('it has no condition');
  const { views, dtype } = promoteInputs(graph, { ...step, inputs: step.inputs.slice(1) }, rest);
  return [elementwise(graph, 'Where', { inputs: [condition, ...views], dtype })];
};

const castParams = z.object({ dtype: z.string() });
const cast: Rule = ({ graph }, step, inputs) => [
  castTo(graph, one(inputs), elementTypeOf(readParams(castParams, step).dtype)),
];

const bitwiseParams = z.object({ op: z.enum(['and', 'or', 'xor']) });
const bitwiseOperators = {
  and: { bool: 'And', int32: 'BitwiseAnd', uint32: 'BitwiseAnd' },
  or: { bool: 'Or', int32: 'BitwiseOr', uint32: 'BitwiseOr' },
  xor: { bool: 'Xor', int32: 'BitwiseXor', uint32: 'BitwiseXor' },
} as const satisfies Record<string, Operators>;
const bitCombine: Rule = (context, step, inputs) =>
  binary(bitwiseOperators[readParams(bitwiseParams, step).op])(context, step, inputs);

export const arithmeticRules: Readonly<Record<string, Rule>> = {
  add: binary({ ...numbers('Add'), bool: 'Or' }),
  mul: multiply,
  idiv,
  mod,
  min: binary({ ...numbers('Min'), uint32: 'Min', bool: 'And' }),
  max: binary({ ...numbers('Max'), uint32: 'Max', bool: 'Or' }),
  bit_combine: bitCombine,
  neg: unary(numbers('Neg')),
  reciprocal,
  floor: unary(floats('Floor')),
  ceil: unary(floats('Ceil')),
  stop_gradient: (_context, _step, inputs) => [one(inputs)],
  cast,
  sin: unary(floats('Sin')),
  cos: unary(floats('Cos')),
  asin: unary({ float32: 'Asin' }),
  atan: unary({ float32: 'Atan' }),
  exp: unary(floats('Exp')),
  log: unary(floats('Log')),
  erf: unary({ float32: 'Erf' }),
  erfc,
  sqrt: unary(floats('Sqrt')),
  compare,
  where,
};
