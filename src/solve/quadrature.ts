// Rules that integrate polynomials over a triangle exactly: centroid, three interior points, and products of Gauss rules.

export interface QuadraturePoint {
  /** Barycentric coordinates: the values of the three basis functions. */
  readonly at: readonly [number, number, number];
  /** Share of the triangle's area; the weights of a rule sum to 1. */
  readonly weight: number;
}

export const maxDegree = 12;

const third = 1 / 3;
const centroid: readonly QuadraturePoint[] = [{ at: [third, third, third], weight: 1 }];
const interior: readonly QuadraturePoint[] = [
  { at: [2 / 3, 1 / 6, 1 / 6], weight: third },
  { at: [1 / 6, 2 / 3, 1 / 6], weight: third },
  { at: [1 / 6, 1 / 6, 2 / 3], weight: third },
];

/** Gauss-Legendre points and weights on [0, 1], by Newton's method on the Legendre polynomial. */
function gauss(count: number): { at: number; weight: number }[] {
  return Array.from({ length: count }, (_, i) => {
    let z = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 0;
    for (let step = 0; step < 50; step++) {
      let [value, before] = [1, 0];
      for (let k = 1; k <= count; k++) [value, before] = [((2 * k - 1) * z * value - (k - 1) * before) / k, value];
      slope = (count * (z * value - before)) / (z * z - 1);
      const change = value / slope;
      z -= change;
      if (Math.abs(change) < 1e-16) break;
    }
    return { at: (1 - z) / 2, weight: 1 / ((1 - z * z) * slope * slope) };
  });
}

/** The square's product rule folded onto the triangle; the fold costs one degree. */
function folded(degree: number): QuadraturePoint[] {
  const rule = gauss(Math.ceil((degree + 2) / 2));
  return rule.flatMap(s =>
    rule.map(t => {
      const [b, c] = [s.at, t.at * (1 - s.at)];
      return { at: [1 - b - c, b, c] as const, weight: 2 * s.weight * t.weight * (1 - s.at) };
    }),
  );
}

/** A rule exact for polynomials up to `degree` (0 to 12); higher degrees get the rule of degree 12. */
export function quadrature(degree: number): readonly QuadraturePoint[] {
  if (degree <= 1) return centroid;
  return degree === 2 ? interior : folded(Math.min(degree, maxDegree));
}
