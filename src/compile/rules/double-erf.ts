// The error function in double precision, for which the runtime has no kernel. Coefficients: Chebyshev interpolation of ours,
// computed with 50 digits; each approximates its function to 5e-17 of its size.
import type { View } from '../layout/view.js';
import { type Formula, polynomial } from './formula.js';

/** erf(x) / x for |x| <= 1, in powers of 2 x^2 - 1. */
const inner = [
  0.9654687386698673, -0.1405360890227171, 0.019852496688984218, -0.0022854855611440855, 0.00021751715603563488,
  -1.75371694412802e-5, 1.2233827638093572e-6, -7.51156925108609e-8, 4.115751500265885e-9, -2.035231956483527e-10,
  9.21125018742823e-12, -3.80659122412214e-13,
];
/** exp(x^2) erfc(x) (x + 1/2) for x from 1 to 28, in powers of (t + 0.6) / 0.675 - 1 where t = (x - 4) / (x + 4). */
const outer = [
  0.6113178940092338, -0.04600854190396104, 0.006300644275737884, 0.006541095391202226, -0.0073666312770831275,
  0.004758085283267936, -0.0023265788435700625, 0.0009074816528603286, -0.00028021780944629995, 6.42201769129531e-5,
  -8.536473767798648e-6, -5.028391388211905e-7, 5.466222320909186e-7, -9.903016071829837e-8, -9.90765845366988e-9,
  7.51269058476326e-9, -5.450653750133673e-10, -3.8493073845404795e-10, 5.629610036905615e-11, 1.445548041139334e-11,
];
/** Beyond it erfc is below the least positive double. */
const most = 28;

/** exp(-x^2) with x^2 in two parts: one exact, one small, so that no digit of a large square is lost. */
function gaussian(calculate: Formula, x: View): View {
  const coarse = calculate('Mul', [calculate('Floor', [calculate('Mul', [x, 16])]), 1 / 16]);
  const rest = calculate('Mul', [calculate('Sub', [x, coarse]), calculate('Add', [x, coarse])]);
  const [first, second] = [calculate('Mul', [coarse, coarse]), rest].map(part =>
    calculate('Exp', [calculate('Neg', [part])]),
  );
  return calculate('Mul', [first ?? x, second ?? x]);
}

/** erf near zero, and the complement of the error function of sizes from 1. */
function parts(calculate: Formula, x: View): { near: View; far: View; size: View } {
  const size = calculate('Abs', [x]);
  const low = calculate('Min', [size, 1]);
  const u = calculate('Sub', [calculate('Mul', [calculate('Mul', [low, low]), 2]), 1]);
  const near = calculate('Mul', [x, polynomial(calculate, u, inner)]);
  const high = calculate('Min', [calculate('Max', [size, 1]), most]);
  const t = calculate('Div', [calculate('Sub', [high, 4]), calculate('Add', [high, 4])]);
  const s = calculate('Sub', [calculate('Div', [calculate('Add', [t, 0.6]), 0.675]), 1]);
  const scaled = calculate('Div', [polynomial(calculate, s, outer), calculate('Add', [high, 0.5])]);
  return { near, far: calculate('Mul', [gaussian(calculate, high), scaled]), size };
}

/** The error function; within 4e-16 of its size. */
export function erfDouble(calculate: Formula, x: View): View {
  const { near, far, size } = parts(calculate, x);
  const wide = calculate('Mul', [calculate('Sign', [x]), calculate('Sub', [1, far])]);
  return calculate('Where', [calculate('Less', [1, size]), wide, near]);
}

/** One minus the error function; within 2e-15 of its own size where that is a normal number. */
export function erfcDouble(calculate: Formula, x: View): View {
  const { near, far, size } = parts(calculate, x);
  const wide = calculate('Where', [calculate('Less', [x, 0]), calculate('Sub', [2, far]), far]);
  return calculate('Where', [calculate('Less', [1, size]), wide, calculate('Sub', [1, near])]);
}
