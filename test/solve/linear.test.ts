import { seededRandom } from 'galerkin/base';
import {
  bilinearForm,
  type CsrMatrix,
  conjugateGradients,
  createPattern,
  createSolver,
  darcy,
  dot,
  grad,
  type LinearMethod,
  matrixAssembly,
  minus,
  multiply,
  paintInclusion,
  plus,
  problemForms,
  smoothedAggregation,
  sparseCholesky,
  times,
  unitSquare,
} from 'galerkin/solve';
import { describe, expect, test } from 'vitest';
import { buildHierarchy } from '../../dist/solve/smoothed-aggregation.js';

const { bilinear } = problemForms(darcy);
const ones = (n: number) => new Float64Array(n * n).fill(1);

function interiorMatrix(n: number, a: Float64Array): CsrMatrix {
  const grid = unitSquare(n);
  return matrixAssembly(bilinear, grid, createPattern(grid, grid.boundary)).assemble({ a });
}

const entry = ({ rowStarts, columns, values }: CsrMatrix, row: number, column: number): number => {
  const at = columns.indexOf(column, rowStarts[row]);
  return at >= 0 && at < rowStarts[row + 1] ? values[at] : 0;
};

describe('the Darcy matrix', () => {
  test('on ones it is the five-point stencil', () => {
    const matrix = interiorMatrix(5, ones(5));
    expect([-3, -1, 0, 1, 3].map(step => entry(matrix, 4, 4 + step))).toEqual([-1, -1, 4, -1, -1]);
  });

  test('is symmetric, positive on random vectors, and the same when assembled again', () => {
    const { a } = darcy.sample(17, seededRandom(3));
    const grid = unitSquare(17);
    const assembly = matrixAssembly(bilinear, grid, createPattern(grid, grid.boundary));
    assembly.assemble({ a: ones(17) });
    const matrix = assembly.assemble({ a });
    expect(matrix.values.slice(0, -1)).toEqual(interiorMatrix(17, a).values.slice(0, -1));
    for (let row = 0; row < matrix.rowCount; row++) {
      for (let p = matrix.rowStarts[row]; p < matrix.rowStarts[row + 1]; p++) {
        expect(entry(matrix, matrix.columns[p], row)).toBe(matrix.values[p]);
      }
    }
    const random = seededRandom(4);
    const image = new Float64Array(matrix.rowCount);
    for (let draw = 0; draw < 20; draw++) {
      const v = Float64Array.from(image, () => random.normal());
      multiply(matrix, v, image);
      expect(v.reduce((sum, value, k) => sum + value * image[k], 0)).toBeGreaterThan(0);
    }
  });
});

describe('multigrid', () => {
  const iterations = (n: number, a: Float64Array): number => {
    const { status, iterations: count } = createSolver(darcy, n, { method: 'multigrid', tolerance: 1e-8 }).solve({ a });
    expect(status).toBe('converged');
    return count;
  };

  test('needs about as many iterations on 257 nodes per side as on 33', () => {
    const counts = [33, 65, 129, 257].map(n => iterations(n, darcy.sample(n, seededRandom(9)).a));
    expect(Math.max(...counts)).toBeLessThanOrEqual(20);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(7);
  });

  test('copes with jumps of 3 to 12, inclusions of 100, and a contrast of a million', () => {
    const n = 65;
    const circle = { x: 0.3, y: 0.6, radius: 0.2 };
    const { a } = darcy.sample(n, seededRandom(2));
    expect(iterations(n, a)).toBeLessThanOrEqual(20);
    expect(iterations(n, paintInclusion(a.slice(), n, { ...circle, value: 100 }))).toBeLessThanOrEqual(25);
    const contrast = paintInclusion(ones(n).fill(1e-3), n, { ...circle, value: 1000 });
    expect(iterations(n, contrast)).toBeLessThanOrEqual(30);
  });

  test('its levels together hold less than twice the entries of the finest', () => {
    const { sizes, operatorComplexity } = buildHierarchy(interiorMatrix(129, ones(129)));
    expect(operatorComplexity).toBeLessThan(2);
    expect(sizes.every((size, level) => level === 0 || size < sizes[level - 1] / 2)).toBe(true);
  });
});

describe('multigrid on matrices that do not coarsen', () => {
  test('falls back to Gauss-Seidel and still converges', () => {
    const n = 65;
    const mass = bilinearForm('mass', (u, v) => plus(times(u, v), times(1e-6, dot(grad(u), grad(v)))), {
      coefficients: [],
    });
    const grid = unitSquare(n);
    const matrix = matrixAssembly(mass, grid, createPattern(grid)).assemble();
    const solver = conjugateGradients(smoothedAggregation({ theta: 0.9 })).start({ matrix, coordinates: grid.points });
    const found = new Float64Array(n * n);
    const report = solver.solve(found.slice().fill(1), found, { tolerance: 1e-10, maxIterations: 50 });
    expect(report.status).toBe('converged');
  });
});

describe('a linear method', () => {
  const methods: [string, LinearMethod][] = [
    ['conjugate gradients', conjugateGradients()],
    ['sparse Cholesky', sparseCholesky()],
  ];

  function startOn(method: LinearMethod, matrix: CsrMatrix, n: number) {
    const coordinates = Float64Array.from({ length: 2 * matrix.rowCount }, (_, k) =>
      k % 2 === 0 ? (k >> 1) % (n - 2) : Math.floor((k >> 1) / (n - 2)),
    );
    const solver = method.start({ matrix, coordinates });
    solver.refresh();
    return solver;
  }

  test.each(methods)('%s finds the vector it was given the image of', (_, method) => {
    const n = 40;
    const matrix = interiorMatrix(n, darcy.sample(n, seededRandom(8)).a);
    const random = seededRandom(1);
    const wanted = Float64Array.from({ length: matrix.rowCount }, () => random.normal());
    const b = new Float64Array(matrix.rowCount);
    multiply(matrix, wanted, b);
    const found = new Float64Array(matrix.rowCount);
    const report = startOn(method, matrix, n).solve(b, found, { tolerance: 1e-12, maxIterations: 100 });
    expect(report.status).toBe('converged');
    expect(Math.max(...found.map((value, k) => Math.abs(value - wanted[k])))).toBeLessThan(1e-9);
  });

  test.each(methods)(
    '%s answers 0 for 0, and "diverged" for NaN and for a matrix that is not definite',
    (_, method) => {
      const n = 12;
      const stop = { tolerance: 1e-10, maxIterations: 100 };
      const definite = interiorMatrix(n, ones(n));
      const b = new Float64Array(definite.rowCount);
      const found = b.slice().fill(7);
      const solver = startOn(method, definite, n);
      expect(solver.solve(b, found, stop)).toEqual({ status: 'converged', iterations: 0, relativeResidual: 0 });
      expect(found.every(value => value === 0)).toBe(true);
      expect(solver.solve(b.slice().fill(Number.NaN), found, stop).status).toBe('diverged');

      const grid = unitSquare(n);
      const helmholtz = bilinearForm('form', (u, v) => minus(dot(grad(u), grad(v)), times(200, times(u, v))), {
        coefficients: [],
      });
      const indefinite = matrixAssembly(helmholtz, grid, createPattern(grid, grid.boundary)).assemble();
      expect(startOn(method, indefinite, n).solve(b.slice().fill(1), found, stop).status).toBe('diverged');
    },
  );

  test('says that it ran out of iterations, and how far it came', () => {
    const solution = createSolver(darcy, 33, { method: 'multigrid', maxIterations: 1 }).solve({ a: ones(33) });
    expect(solution).toMatchObject({ status: 'maxIterations', iterations: 1 });
    expect(solution.relativeResidual).toBeGreaterThan(1e-10);
    expect(solution.relativeResidual).toBeLessThan(2);
  });

  test('says that it stalled when the tolerance is below what rounding allows', () => {
    const { a } = darcy.sample(64, seededRandom(1));
    const { status } = createSolver(darcy, 64, { method: 'multigrid', tolerance: 1e-14, maxIterations: 1000 }).solve({
      a: paintInclusion(a.fill(1e-3), 64, { x: 0.5, y: 0.5, radius: 0.3, value: 1000 }),
    });
    expect(status).toBe('stalled');
  });
});
