import {
  bilinearForm,
  conjugateGradients,
  createPattern,
  createSolver,
  darcy,
  eliminateDirichlet,
  errorNorms,
  integral,
  linearForm,
  matrixAssembly,
  plus,
  problemForms,
  times,
  unitSquare,
  vectorAssembly,
  x,
  y,
} from 'galerkin/solve';
import { describe, expect, test } from 'vitest';

const pi = Math.PI;
/** u = 1 + x + sin(πx) sin(2πy), which is not zero on the boundary, with a = 1 + x + y². */
const exact = {
  value: (px: number, py: number) => 1 + px + Math.sin(pi * px) * Math.sin(2 * pi * py),
  gradient: (px: number, py: number) =>
    [1 + pi * Math.cos(pi * px) * Math.sin(2 * pi * py), 2 * pi * Math.sin(pi * px) * Math.cos(2 * pi * py)] as const,
};
/** f = -div(a grad u). */
const source = (px: number, py: number): number => {
  const [ux, uy] = exact.gradient(px, py);
  return 5 * pi * pi * (1 + px + py * py) * Math.sin(pi * px) * Math.sin(2 * pi * py) - ux - 2 * py * uy;
};

function solveManufactured(n: number): { l2: number; h1: number } {
  const grid = unitSquare(n);
  const vocabulary = { coefficients: ['f'] };
  const a = plus(plus(1, x), times(y, y));
  const stiffness = bilinearForm('a', (u, v) => darcy.bilinear(u, v, { a }), vocabulary);
  const matrix = matrixAssembly(stiffness, grid, createPattern(grid)).assemble();
  const at = (fun: (px: number, py: number) => number, node: number) =>
    fun(grid.points[2 * node], grid.points[2 * node + 1]);
  const f = Float64Array.from({ length: grid.pointCount }, (_, node) => at(source, node));
  const b = vectorAssembly(
    linearForm('l', (v, s) => times(s.f, v), vocabulary),
    grid,
  ).assemble({ f });
  eliminateDirichlet(
    matrix,
    b,
    grid.boundary,
    Float64Array.from(grid.boundary, node => at(exact.value, node)),
  );
  const u = new Float64Array(grid.pointCount);
  const solver = conjugateGradients().start({ matrix, coordinates: grid.points });
  solver.refresh();
  expect(solver.solve(b, u, { tolerance: 1e-12, maxIterations: 100 }).status).toBe('converged');
  return errorNorms(grid, u, exact);
}

/** Slope of log(error) against log(h), by least squares. */
function order(sizes: readonly number[], errors: readonly number[]): number {
  const [hs, es] = [sizes.map(n => -Math.log(n - 1)), errors.map(Math.log)];
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
  const [mh, me] = [mean(hs), mean(es)];
  return hs.reduce((s, h, k) => s + (h - mh) * (es[k] - me), 0) / hs.reduce((s, h) => s + (h - mh) ** 2, 0);
}

describe('P1 elements', () => {
  test('converge at order 2 in L2 and 1 in H1, with a variable coefficient and boundary values that are not zero', () => {
    const sizes = [17, 33, 65, 129];
    const errors = sizes.map(solveManufactured);
    expect(
      Math.abs(
        order(
          sizes,
          errors.map(({ l2 }) => l2),
        ) - 2,
      ),
    ).toBeLessThan(0.1);
    expect(
      Math.abs(
        order(
          sizes,
          errors.map(({ h1 }) => h1),
        ) - 1,
      ),
    ).toBeLessThan(0.1);
  });

  test('approach the known maximum and integral of -Δu = 1 at order 2', () => {
    const sizes = [17, 33, 65, 129];
    const found = sizes.map(n => {
      const solver = createSolver(darcy, n);
      const { u } = solver.solve({ a: new Float64Array(n * n).fill(1) });
      return { top: Math.max(...u), volume: integral(solver.mesh, u) };
    });
    const top = found.map(one => Math.abs(one.top - 0.0736713533));
    const volume = found.map(one => Math.abs(one.volume - 0.0351442537));
    expect(Math.abs(order(sizes, top) - 2)).toBeLessThan(0.1);
    expect(Math.abs(order(sizes, volume) - 2)).toBeLessThan(0.1);
    expect(top[3]).toBeLessThan(1e-5);
  });

  test('symmetric elimination keeps the matrix symmetric and gives what leaving the boundary out gives', () => {
    const n = 17;
    const grid = unitSquare(n);
    const a = new Float64Array(n * n).fill(2);
    const forms = problemForms(darcy);
    const matrix = matrixAssembly(forms.bilinear, grid, createPattern(grid)).assemble({ a });
    const b = vectorAssembly(forms.linear, grid).assemble();
    eliminateDirichlet(matrix, b, grid.boundary, new Float64Array(grid.boundary.length));
    for (let row = 0; row < matrix.rowCount; row++) {
      for (let p = matrix.rowStarts[row]; p < matrix.rowStarts[row + 1]; p++) {
        const column = matrix.columns[p];
        const mirror = matrix.columns.indexOf(row, matrix.rowStarts[column]);
        expect(matrix.values[mirror]).toBe(matrix.values[p]);
      }
    }
    const u = new Float64Array(n * n);
    const solver = conjugateGradients().start({ matrix, coordinates: grid.points });
    solver.refresh();
    solver.solve(b, u, { tolerance: 1e-13, maxIterations: 100 });
    const restricted = createSolver(darcy, n, { tolerance: 1e-13 }).solve({ a }).u;
    expect(Math.max(...u.map((value, k) => Math.abs(value - restricted[k])))).toBeLessThan(1e-12);
  });
});
