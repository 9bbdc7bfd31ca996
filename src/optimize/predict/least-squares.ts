// Non-negative least squares on relative errors: times are sums of costs, and no cost is negative.

/** One observation: what is known of it, and the time that it took. */
export interface Observation {
  readonly features: readonly number[];
  readonly ms: number;
}

const sweeps = 400;

/**
 * Coefficients c >= 0 that make the relative errors (features · c - ms) / ms least, with a pull of weight `ridge` towards `prior`.
 * Coordinate descent, which for this problem finds the one minimum.
 */
export function fitCosts(observations: readonly Observation[], prior: readonly number[], ridge = 1e-3): number[] {
  const rows = observations.map(({ features, ms }) => features.map(value => value / ms));
  const costs = [...prior];
  const rest = rows.map(row => 1 - row.reduce((sum, value, k) => sum + value * (costs[k] ?? 0), 0));
  const norms = prior.map((_, k) => rows.reduce((sum, row) => sum + (row[k] ?? 0) ** 2, 0));
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let change = 0;
    for (let k = 0; k < costs.length; k++) {
      const norm = norms[k] ?? 0;
      if (norm === 0) continue;
      const old = costs[k] ?? 0;
      const pull = ridge * norm;
      let slope = pull * ((prior[k] ?? 0) - old);
      rows.forEach((row, r) => {
        slope += (row[k] ?? 0) * (rest[r] ?? 0);
      });
      const next = Math.max(0, old + slope / (norm + pull));
      if (next === old) continue;
      rows.forEach((row, r) => {
        rest[r] = (rest[r] ?? 0) - (next - old) * (row[k] ?? 0);
      });
      costs[k] = next;
      change = Math.max(change, Math.abs(next - old) * Math.sqrt(norm));
    }
    if (change < 1e-9) break;
  }
  return costs;
}
