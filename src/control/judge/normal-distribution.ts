// The standard normal distribution function and the logarithm of the gamma function, to the accuracy that tests of significance need.

/** Up to here a series serves, beyond it a continued fraction. */
const centre = 3;

/** P(Z <= x) for a standard normal Z. Absolute error below 1e-12. */
export function normalBelow(x: number): number {
  if (x < -centre) return tail(-x);
  if (x > centre) return 1 - tail(x);
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum) && k < 200; k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + sum * density(x);
}

const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** P(Z > x) for x >= 3, by Laplace's continued fraction. */
function tail(x: number): number {
  if (x > 38) return 0;
  let below = x;
  for (let k = 60; k >= 1; k--) below = x + k / below;
  return density(x) / below;
}

/** ln Γ(x) for x > 0: the recurrence up to 10, then Stirling's series. Relative error below 1e-13. */
export function logGamma(x: number): number {
  let shifted = x;
  let product = 1;
  while (shifted < 10) {
    product *= shifted;
    shifted += 1;
  }
  const inverse = 1 / shifted;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188))));
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}
