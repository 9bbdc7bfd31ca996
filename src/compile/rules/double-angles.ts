// Inverse tangent and sine in double precision, for which the runtime has no kernel. Coefficients: Chebyshev interpolation of
// ours, computed with 50 digits; each approximates its function to 6e-17 of its size.
import type { View } from '../layout/view.js';
import { type Formula, polynomial } from './formula.js';

/** atan(x) / x in powers of x^2 / 0.0858 - 1, for x^2 up to 0.1716: angles up to 22.5 degrees. */
const tangent = [
  0.9727877227099784, -0.025903900036145913, 0.0012339488431176476, -6.983109887322412e-5, 4.299047486844314e-6,
  -2.782704063521455e-7, 1.8622035485400232e-8, -1.276153128230958e-9, 8.901625657142886e-11, -6.296282548035427e-12,
  4.575107506448663e-13, -3.302584646461293e-14,
];
/** asin(x) / x in powers of 8 x^2 - 1, for |x| <= 1/2. */
const sine = [
  1.0221005752492498, 0.023472196200223883, 0.00148594155786231, 0.00012529313330729568, 1.211652307714069e-5,
  1.26993070402756e-6, 1.4033986095982975e-7, 1.61014787092597e-8, 1.899726295829426e-9, 2.290357794622377e-10,
  2.8056574481676396e-11, 3.4899161815383352e-12, 4.658181879651418e-13, 5.926148872627604e-14,
];

const small = Math.SQRT2 - 1;

/** The inverse tangent: of sizes beyond tan 67.5 by the reciprocal, beyond tan 22.5 turned back by 45 degrees. */
export function atanDouble(calculate: Formula, x: View): View {
  const size = calculate('Abs', [x]);
  const steep = calculate('Less', [Math.SQRT2 + 1, size]);
  const middle = calculate('Less', [small, size]);
  const inverted = calculate('Div', [-1, size]);
  const turned = calculate('Div', [calculate('Sub', [size, 1]), calculate('Add', [size, 1])]);
  const reduced = calculate('Where', [steep, inverted, calculate('Where', [middle, turned, size])]);
  const offset = calculate('Where', [steep, Math.PI / 2, calculate('Where', [middle, Math.PI / 4, 0])]);
  const square = calculate('Mul', [reduced, reduced]);
  const s = calculate('Sub', [calculate('Div', [square, 0.0858]), 1]);
  const angle = calculate('Add', [offset, calculate('Mul', [reduced, polynomial(calculate, s, tangent)])]);
  return calculate('Where', [calculate('Less', [x, 0]), calculate('Neg', [angle]), angle]);
}

/** The inverse sine: of sizes beyond a half by that of the half angle. No number outside [-1, 1]. */
export function asinDouble(calculate: Formula, x: View): View {
  const size = calculate('Abs', [x]);
  const wide = calculate('Less', [0.5, size]);
  const half = calculate('Sqrt', [calculate('Mul', [calculate('Sub', [1, size]), 0.5])]);
  const reduced = calculate('Where', [wide, half, size]);
  const s = calculate('Sub', [calculate('Mul', [calculate('Mul', [reduced, reduced]), 8]), 1]);
  const base = calculate('Mul', [reduced, polynomial(calculate, s, sine)]);
  const angle = calculate('Where', [wide, calculate('Sub', [Math.PI / 2, calculate('Mul', [base, 2])]), base]);
  return calculate('Where', [calculate('Less', [x, 0]), calculate('Neg', [angle]), angle]);
}
