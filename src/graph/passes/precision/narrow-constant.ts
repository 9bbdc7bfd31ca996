// Constants in the smaller type: numbers too large are refused or clamped, and what would become 0 is not given away.
import { GalerkinError } from '../../../base/index.js';
import { type Constant, constantOf, numbersOf } from '../../constant.js';
import type { Narrowing } from './options.js';

export interface Narrowed {
  readonly constant: Constant;
  readonly clamped: number;
}

/** Whether what would become 0 is more of the constant than rounding takes anyway: a lone 1e-12, but not the 1e-17 in a table of sines. */
function vanishesTooMuch(values: Float64Array, { vanishes, roundoff }: Narrowing): boolean {
  let largest = 0;
  for (const value of values) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  if (largest === 0 || largest <= vanishes) return largest > 0;
  let [lost, all] = [0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    const square = (value / largest) ** 2;
    all += square;
    if (Math.abs(value) <= vanishes) lost += square;
  }
  return lost > roundoff ** 2 * all;
}

/**
 * The constant, of type `from`, as `to`; undefined where too much of it would become 0. Infinities and NaN stay what they are.
 * @throws PRECISION_OVERFLOW where a number is too large and `overflow` is 'refuse'.
 */
export function narrowedConstant(constant: Constant, narrowing: Narrowing): Narrowed | undefined {
  const { to, largest, overflows, overflow } = narrowing;
  const { name, shape } = constant;
  const values = Float64Array.from(numbersOf(constant));
  if (vanishesTooMuch(values, narrowing)) return undefined;
  let clamped = 0;
  for (const [at, value] of values.entries()) {
    if (Math.abs(value) < overflows || !Number.isFinite(value)) continue;
    if (overflow === 'refuse') throw new GalerkinError('PRECISION_OVERFLOW', { name, value, to, largest });
    values[at] = Math.sign(value) * largest;
    clamped++;
  }
  return { constant: constantOf(name, to, { shape, values }), clamped };
}
