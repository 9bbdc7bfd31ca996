import { seededRandom } from 'galerkin/base';
import {
  bilinearForm,
  cellTriangles,
  constant,
  createPattern,
  darcy,
  divide,
  dot,
  type Element,
  elementMatrix,
  elementResidual,
  elementVector,
  evaluateForm,
  folding,
  grad,
  linearForm,
  type Mesh,
  matrixAssembly,
  mesh,
  minus,
  multiply,
  negate,
  numbers,
  plus,
  problemForms,
  type Scalar,
  type Three,
  test as testFunction,
  times,
  trial,
  triangleGeometry,
  unitSquare,
  vectorAssembly,
  vectorOf,
  x,
  y,
} from 'galerkin/solve';
import { describe, expect, test } from 'vitest';

const vocabulary = { coefficients: ['a', 'c'], constants: { k: 2.5 } };

/** A unit square whose inner nodes are moved at random, so that no geometry is special. */
function jittered(n: number, seed: number): Mesh {
  const grid = unitSquare(n);
  const random = seededRandom(seed);
  const inner = new Set(grid.boundary);
  const points = grid.points.map((value, k) =>
    inner.has(k >> 1) ? value : value + (0.4 * (random.uniform() - 0.5)) / (n - 1),
  );
  return mesh(points, grid.triangles);
}

function elementOf(grid: Mesh, t: number, fields: Record<string, Float64Array>): Element<number> {
  const { area, gradients, corners } = triangleGeometry(grid);
  const three = <V>(make: (k: 0 | 1 | 2) => V): Three<V> => [make(0), make(1), make(2)];
  const at = (values: Float64Array) => three(k => values[corners[k][t]]);
  return {
    area: area[t],
    gradients: three(k => [gradients[k][0][t], gradients[k][1][t]] as const),
    corners: three(k => [grid.points[2 * corners[k][t]], grid.points[2 * corners[k][t] + 1]] as const),
    coefficients: Object.fromEntries(Object.entries(fields).map(([name, values]) => [name, at(values)])),
  };
}

const randomFields = (count: number) => {
  const random = seededRandom(5);
  const field = () => Float64Array.from({ length: count }, () => 1 + random.uniform());
  return { a: field(), c: field() };
};

describe('a bilinear form', () => {
  test.each<[string, (u: Scalar, v: Scalar) => Scalar]>([
    ['u squared', (u, v) => times(times(u, u), v)],
    ['v squared', (u, v) => times(dot(grad(u), grad(v)), v)],
    ['u in a denominator', (u, v) => divide(v, u)],
    ['v in a denominator', (u, v) => divide(u, plus(1, v))],
    ['a term without u', (u, v) => plus(times(u, v), v)],
    ['a term without v', (u, v) => plus(times(u, v), times(3, u))],
    ['a constant', () => constant(1)],
  ])('is refused with %s', (_, form) => {
    expect(() => bilinearForm('form', form, vocabulary)).toThrow(expect.objectContaining({ code: 'FORM_NOT_LINEAR' }));
  });

  test('is refused when it names a symbol that does not exist, differentiates twice or is not finite', () => {
    const invalid = expect.objectContaining({ code: 'FORM_INVALID' });
    expect(() => bilinearForm('form', (u, v, { b }) => times(b, times(u, v)), vocabulary)).toThrow(invalid);
    expect(() => bilinearForm('form', (u, v) => times(grad(grad(u).x).x, v), vocabulary)).toThrow(invalid);
    expect(() => bilinearForm('form', (u, v) => times(Number.NaN, times(u, v)), vocabulary)).toThrow(invalid);
    expect(() => plus(grad(trial), JSON.parse('3'))).toThrow(invalid);
  });

  test('may write the same equation in several ways', () => {
    const grid = jittered(6, 1);
    const pattern = createPattern(grid);
    const fields = randomFields(grid.pointCount);
    const assemble = (form: (u: Scalar, v: Scalar, s: Readonly<Record<string, Scalar>>) => Scalar) =>
      matrixAssembly(bilinearForm('form', form, vocabulary), grid, pattern).assemble(fields).values;
    const one = assemble((u, v, { a }) => times(a, dot(grad(u), grad(v))));
    const other = assemble((u, v, { a }) =>
      negate(minus(times(-1, dot(times(a, grad(u)), grad(v))), times(0, times(u, v)))),
    );
    one.forEach((value, k) => {
      expect(other[k]).toBeCloseTo(value, 12);
    });
  });
});

describe('a linear form', () => {
  test('is refused with u, without v, or with v squared', () => {
    const invalid = expect.objectContaining({ code: 'FORM_NOT_LINEAR' });
    expect(() => linearForm('form', v => times(v, trial), vocabulary)).toThrow(invalid);
    expect(() => linearForm('form', (_, { a }) => a, vocabulary)).toThrow(invalid);
    expect(() => linearForm('form', v => times(v, v), vocabulary)).toThrow(invalid);
  });

  test('integrates polynomials exactly: f v over the square, up to degree 7', () => {
    const grid = jittered(5, 2);
    for (let degree = 0; degree <= 6; degree++) {
      let power: Scalar = constant(1);
      for (let k = 0; k < degree; k++) power = times(power, x);
      const form = linearForm('form', v => times(power, times(v, plus(y, 1))), vocabulary);
      const total = vectorAssembly(form, grid)
        .assemble()
        .reduce((a, b) => a + b);
      expect(total).toBeCloseTo(1.5 / (degree + 1), 12);
    }
  });
});

describe('one form, interpreted twice', () => {
  const forms: [string, Parameters<typeof bilinearForm>[1]][] = [
    ['Darcy', darcy.bilinear],
    ['reaction', (u, v, { a, c, k }) => plus(times(times(a, c), times(u, v)), times(k, dot(grad(u), grad(v))))],
    ['advection', (u, v, { a }) => plus(dot(vectorOf(y, negate(x)), times(v, grad(u))), times(a, times(u, v)))],
    ['gradient of a coefficient', (u, v, { a }) => times(dot(grad(a), grad(u)), v)],
    ['quotient', (u, v, { a }) => divide(dot(grad(u), grad(v)), plus(1, times(a, a)))],
  ];

  test.each(forms)('%s: the compiled kernel agrees with plain arithmetic to rounding', (_, form) => {
    const grid = jittered(5, 3);
    const fields = randomFields(grid.pointCount);
    const weak = bilinearForm('form', form, vocabulary);
    const { matrix, assemble } = matrixAssembly(weak, grid, createPattern(grid));
    assemble(fields);
    const dense = new Float64Array(grid.pointCount ** 2);
    for (let t = 0; t < grid.triangleCount; t++) {
      const local = elementMatrix(weak, numbers, elementOf(grid, t, fields));
      local.forEach((value, k) => {
        const row = grid.triangles[3 * t + Math.floor(k / 3)];
        dense[row * grid.pointCount + grid.triangles[3 * t + (k % 3)]] += value;
      });
    }
    for (let row = 0; row < grid.pointCount; row++) {
      for (let p = matrix.rowStarts[row]; p < matrix.rowStarts[row + 1]; p++) {
        expect(matrix.values[p]).toBeCloseTo(dense[row * grid.pointCount + matrix.columns[p]], 12);
      }
    }
  });

  test('evaluateForm reads the integrand at a point', () => {
    const form = times(3, plus(dot(grad(trial), grad(testFunction)), x));
    const value = evaluateForm(form, numbers, atom =>
      atom.kind === 'position' ? 10 : atom.derivative === 'x' ? 2 : 5,
    );
    expect(value).toBe(3 * (2 * 2 + 5 * 5 + 10));
  });

  test('element residuals, summed, are A u - b', () => {
    const grid = jittered(6, 4);
    const { a } = randomFields(grid.pointCount);
    const { a: u } = { a: randomFields(grid.pointCount).c };
    const weak = problemForms(darcy);
    const { matrix, assemble } = matrixAssembly(weak.bilinear, grid, createPattern(grid));
    assemble({ a });
    const product = new Float64Array(grid.pointCount);
    multiply(matrix, u, product);
    const load = vectorAssembly(weak.linear, grid).assemble();
    const residual = new Float64Array(grid.pointCount);
    for (let t = 0; t < grid.triangleCount; t++) {
      const nodes: Three<number> = [grid.triangles[3 * t], grid.triangles[3 * t + 1], grid.triangles[3 * t + 2]];
      const trialValues: Three<number> = [u[nodes[0]], u[nodes[1]], u[nodes[2]]];
      const local = elementResidual(weak, numbers, { ...elementOf(grid, t, { a }), trial: trialValues });
      for (const k of [0, 1, 2] as const) residual[nodes[k]] += local[k];
    }
    residual.forEach((value, node) => {
      expect(value).toBeCloseTo(product[node] - load[node], 12);
    });
  });

  test('the two triangles of a cell have the gradients of the mesh', () => {
    const n = 5;
    const { gradients } = triangleGeometry(unitSquare(n));
    cellTriangles.forEach((triangle, which) => {
      for (const k of [0, 1, 2] as const) {
        expect(gradients[k].map(values => values[which] / (n - 1) + 0)).toEqual(triangle.gradients[k]);
      }
    });
  });

  test('a program folds what is known: on the grid, half of the gradient products leave no trace', () => {
    const lines: string[] = [];
    const write = (text: string): string => {
      lines.push(text);
      return `v${lines.length}`;
    };
    const text = folding<string>({
      constant: String,
      add: (a, b) => write(`${a} + ${b}`),
      subtract: (a, b) => write(`${a} - ${b}`),
      multiply: (a, b) => write(`${a} * ${b}`),
      divide: (a, b) => write(`${a} / ${b}`),
      negate: a => write(`-${a}`),
    });
    const weak = problemForms(darcy);
    const [lower] = cellTriangles;
    const element = { area: 0.5, gradients: lower.gradients, coefficients: { a: ['a0', 'a1', 'a2'] } } as const;
    elementVector(weak.bilinear, text, { ...element, trial: ['u0', 'u1', 'u2'] });
    expect(lines.length).toBeLessThanOrEqual(20);
    expect(lines.some(line => /\b0 [*+]|[*+] 0\b/.test(line))).toBe(false);
  });
});
