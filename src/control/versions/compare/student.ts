// Student's t: the interval of a mean of few differences. Distribution function as finite sums (Abramowitz & Stegun 26.7.3 and 26.7.4).

/** P(|T| <= t) with a whole number of degrees of freedom. */
export function studentWithin(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = freedom % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k <= freedom - 2; k += 2) {
    term *= ((k - 1) / k) * cosine * cosine;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}

/** The t with P(|T| <= t) = confidence, by bisection, to about ten digits. Degrees of freedom beyond 10,000 count as so many. */
export function studentQuantile(confidence: number, freedom: number): number {
  const degrees = Math.min(freedom, 10_000);
  let [low, high] = [0, 1];
  while (studentWithin(high, degrees) < confidence) high *= 2;
  for (let k = 0; k < 60; k++) {
    const middle = (low + high) / 2;
    if (studentWithin(middle, degrees) < confidence) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

export interface MeanInterval {
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
}

/** Mean of independent values with Student's interval; undefined for fewer than two. */
export function meanInterval(values: readonly number[], confidence: number): MeanInterval | undefined {
  const count = values.length;
  if (count < 2) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const half = studentQuantile(confidence, count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { mean, lower: mean - half, upper: mean + half };
}
