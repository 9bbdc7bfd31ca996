// Rules of bits: logic, shifts, counts, and the same bits read as another element type.
import { z } from 'zod';
import { castTo } from '../layout/materialize.js';
import type { View } from '../layout/view.js';
import type { Graph } from '../onnx/graph.js';
import { bitsOfFloat, floatOfBits } from './float-bits.js';
import { type Formula, formula } from './formula.js';
import { type Operators, operatorFor } from './operators.js';
import { elementTypeOf, one, promoteInputs, type Rule, readParams, refuse, two } from './rule.js';

const combineParams = z.object({ op: z.enum(['and', 'or', 'xor']) });
const combineOperators = {
  and: { bool: 'And', int32: 'BitwiseAnd', uint32: 'BitwiseAnd' },
  or: { bool: 'Or', int32: 'BitwiseOr', uint32: 'BitwiseOr' },
  xor: { bool: 'Xor', int32: 'BitwiseXor', uint32: 'BitwiseXor' },
} as const satisfies Record<string, Operators>;

const bitCombine: Rule = ({ graph }, step, inputs) => {
  const { views, dtype } = promoteInputs(graph, step, inputs);
  const operator = operatorFor(combineOperators[readParams(combineParams, step).op], dtype);
  return [formula(graph, dtype)(operator, views)];
};

const shiftParams = z.object({ op: z.enum(['shl', 'shr']) });

/** Shifts bits, zeros coming in; amounts from 32 give 0, as numpy has it and not the tracer, which takes them modulo 32. */
function shift(calculate: Formula, graph: Graph, { op, bits, by }: { op: 'shl' | 'shr'; bits: View; by: View }): View {
  const direction = { direction: op === 'shl' ? 'LEFT' : 'RIGHT' };
  if (by.literal !== undefined && by.literal >= 0 && by.literal < 32) {
    return calculate('BitShift', [bits, by], direction);
  }
  const shifted = calculate('BitShift', [bits, calculate('BitwiseAnd', [by, 31])], direction);
  return calculate('Mul', [shifted, castTo(graph, calculate('Less', [by, 32]), 'uint32')]);
}

/** Shifts are made on whole numbers without a sign, which have the same bits. */
const bitShift: Rule = ({ graph }, step, inputs) => {
  const { op } = readParams(shiftParams, step);
  const [x, amount] = two(inputs);
  const [bits, by] = two([x, amount].map(view => castTo(graph, view, 'uint32')));
  return [castTo(graph, shift(formula(graph, 'uint32'), graph, { op, bits, by }), x.dtype)];
};

/** Counts the ones of each number: in pairs, in fours, in bytes, then all bytes by one product. */
const bitCount: Rule = ({ graph }, _step, inputs) => {
  const view = one(inputs);
  if (view.dtype !== 'int32' && view.dtype !== 'uint32') return refuse(`a ${view.dtype} has no bits to count`);
  const calculate = formula(graph, 'uint32');
  const right = (bits: View, by: number): View => calculate('BitShift', [bits, by], { direction: 'RIGHT' });
  const masked = (bits: View, mask: number): View => calculate('BitwiseAnd', [bits, mask]);
  const bits = castTo(graph, view, 'uint32');
  const pairs = calculate('Sub', [bits, masked(right(bits, 1), 0x55555555)]);
  const fours = calculate('Add', [masked(pairs, 0x33333333), masked(right(pairs, 2), 0x33333333)]);
  const bytes = masked(calculate('Add', [fours, right(fours, 4)]), 0x0f0f0f0f);
  return [castTo(graph, right(calculate('Mul', [bytes, 0x01010101]), 24), 'int32')];
};

const bitcastParams = z.object({ dtype: z.string() });
const bitcast: Rule = ({ graph }, step, inputs) => {
  const view = one(inputs);
  const to = elementTypeOf(readParams(bitcastParams, step).dtype);
  const from = view.dtype;
  if (from === to) return [view];
  const isWord = (dtype: string): boolean => dtype === 'int32' || dtype === 'uint32';
  if (isWord(from) && isWord(to)) return [castTo(graph, view, to)];
  if (isWord(from) && to === 'float32') return [floatOfBits(graph, castTo(graph, view, 'uint32'))];
  if (from === 'float32' && isWord(to)) return [castTo(graph, bitsOfFloat(graph, view), to)];
  return refuse(`the bits of ${from} cannot be read as ${to}`);
};

export const bitRules: Readonly<Record<string, Rule>> = {
  bit_combine: bitCombine,
  bit_shift: bitShift,
  bit_count: bitCount,
  bitcast,
};
