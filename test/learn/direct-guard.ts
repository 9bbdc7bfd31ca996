// The guard's figures by their formulas in double precision: five-point fluxes between nodes, a dense Poisson solve.

interface Figures {
  readonly residual: number;
  readonly fluxImbalance: number;
  readonly map: Float64Array;
}

/** K u at all nodes, from the conductance of each grid edge: half the sum of the mean coefficients of its triangles. */
function action(a: ArrayLike<number>, u: ArrayLike<number>, n: number): Float64Array {
  const result = new Float64Array(n * n);
  const flow = (from: number, to: number, conductance: number): void => {
    result[from] += conductance * (u[from] - u[to]);
    result[to] += conductance * (u[to] - u[from]);
  };
  for (let j = 0; j < n - 1; j++) {
    for (let i = 0; i < n - 1; i++) {
      const [p, q, r, s] = [j * n + i, j * n + i + 1, (j + 1) * n + i + 1, (j + 1) * n + i];
      const [lower, upper] = [(a[p] + a[q] + a[r]) / 3, (a[p] + a[r] + a[s]) / 3];
      flow(p, q, lower / 2);
      flow(q, r, lower / 2);
      flow(s, r, upper / 2);
      flow(p, s, upper / 2);
    }
  }
  return result;
}

/** z with 4z - (neighbours) = load inside and 0 on the boundary, by Gauss-Seidel sweeps to rounding. */
function poisson(load: Float64Array, n: number): Float64Array {
  const z = new Float64Array(n * n);
  for (let sweep = 0; sweep < 40 * n * n; sweep++) {
    for (let j = 1; j < n - 1; j++) {
      for (let i = 1; i < n - 1; i++) {
        const k = j * n + i;
        z[k] = (load[k] + z[k - 1] + z[k + 1] + z[k - n] + z[k + n]) / 4;
      }
    }
  }
  return z;
}

/** Integral of each basis function over the unit square: a sixth of h² for each triangle that meets there. */
function unitLoad(n: number): Float64Array {
  const load = new Float64Array(n * n);
  const share = 1 / (6 * (n - 1) ** 2);
  for (let j = 0; j < n - 1; j++) {
    for (let i = 0; i < n - 1; i++) {
      const [p, q, r, s] = [j * n + i, j * n + i + 1, (j + 1) * n + i + 1, (j + 1) * n + i];
      for (const node of [p, q, r, p, r, s]) load[node] += share;
    }
  }
  return load;
}

export function directGuard(a: ArrayLike<number>, u: ArrayLike<number>, n: number): Figures {
  const isInside = (node: number): boolean => node % n > 0 && node % n < n - 1 && node >= n && node < n * (n - 1);
  const load = unitLoad(n);
  const held = Float64Array.from(u, (value, node) => (isInside(node) ? value : 0));
  const residual = action(a, held, n).map((value, node) => value - load[node]);
  const size = (field: Float64Array): number => Math.hypot(...field) / (n - 2);
  const scale = size(poisson(load, n));
  const ones = new Float64Array(n * n).fill(1);
  const z = poisson(residual, n);
  for (let node = 0; node < n * n; node++) {
    if (isInside(node)) continue;
    const unit = Float64Array.from({ length: n * n }, (_, k) => (k === node ? 1 : 0));
    z[node] = (u[node] * action(a, unit, n)[node]) / action(ones, unit, n)[node];
  }
  const map = z.map(value => value / scale);
  let [outflow, source] = [0, 0];
  residual.forEach((value, node) => {
    source += load[node];
    if (!isInside(node)) outflow -= value;
  });
  return { residual: size(map), fluxImbalance: Math.abs(outflow - source) / source, map };
}
