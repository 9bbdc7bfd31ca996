import { type Progress, seededRandom } from 'galerkin/base';
import { createSolver, darcy, findProblem, generate, type Problem, times } from 'galerkin/solve';
import { describe, expect, test } from 'vitest';

const n = 17;
const { a } = darcy.sample(n, seededRandom(1));

describe('createSolver', () => {
  test('solves with zeros on the boundary, pressure inside, and a residual below the tolerance', () => {
    const { u, status, relativeResidual } = createSolver(darcy, n, { tolerance: 1e-9 }).solve({ a });
    expect(status).toBe('converged');
    expect(relativeResidual).toBeLessThanOrEqual(1e-8);
    for (let j = 0; j < n; j++) {
      for (let i = 0; i < n; i++) {
        const onBoundary = i === 0 || j === 0 || i === n - 1 || j === n - 1;
        expect(onBoundary ? u[j * n + i] === 0 : u[j * n + i] > 0).toBe(true);
      }
    }
  });

  test('gives the same answer with either method, to either kind of array, and on every call', () => {
    const direct = createSolver(darcy, n, { method: 'direct' });
    const first = direct.solve({ a }).u;
    const other = direct.solve({ a: new Float64Array(n * n).fill(5) }).u;
    expect(other).not.toEqual(first);
    expect(direct.solve({ a: Float32Array.from(a) }).u).toEqual(first);
    const multigrid = createSolver(darcy, n, { method: 'multigrid', tolerance: 1e-12 }).solve({ a }).u;
    expect(Math.max(...multigrid.map((value, k) => Math.abs(value - first[k])))).toBeLessThan(1e-12);
  });

  test('picks the direct method on small grids and multigrid on large ones', () => {
    expect(createSolver(darcy, 33).method).toBe('sparse Cholesky');
    expect(createSolver(darcy, 257).method).toContain('smoothed aggregation');
  });

  test.each<[string, Record<string, Float64Array | Float32Array>]>([
    ['NaN', { a: a.with(40, Number.NaN) }],
    ['an infinity', { a: a.with(40, Number.POSITIVE_INFINITY) }],
    ['a negative value', { a: a.with(40, -3) }],
    ['zero', { a: a.with(40, 0) }],
    ['a wrong length', { a: a.slice(1) }],
    ['nothing', {}],
    ['a field it does not know', { a, b: a }],
    ['a name every object has', { a, constructor: a }],
  ])('refuses %s', (_, coefficients) => {
    expect(() => createSolver(darcy, n).solve(coefficients)).toThrow(
      expect.objectContaining({ code: 'COEFFICIENT_INVALID' }),
    );
  });

  test.each([2, 1, 0, -5, 3.5, 1e6])('refuses %d nodes per side', size => {
    expect(() => createSolver(darcy, size)).toThrow(expect.objectContaining({ code: 'GRID_INVALID' }));
  });

  test('refuses options out of range, all at once', () => {
    expect(() => createSolver(darcy, n, { tolerance: -1, maxIterations: 0 })).toThrow(/tolerance[\s\S]*maxIterations/);
  });

  test('refuses a problem whose form is not linear', () => {
    const cubic: Problem = { ...darcy, bilinear: (u, v) => times(times(u, times(u, u)), v) };
    expect(() => createSolver(cubic, n)).toThrow(expect.objectContaining({ code: 'FORM_NOT_LINEAR' }));
  });

  test('problems are found by name, and only by the names that exist', () => {
    expect(findProblem('darcy')).toBe(darcy);
    expect(() => findProblem('toString')).toThrow(expect.objectContaining({ code: 'PROBLEM_UNKNOWN' }));
  });
});

describe('generate', () => {
  test('field k depends on the seed and k only, so that data sets grow and resume', async () => {
    const all = await generate(darcy, { count: 6, n, seed: 5 });
    const tail = await generate(darcy, { count: 2, first: 4, n, seed: 5 });
    expect(tail.inputs).toEqual(all.inputs.slice(4 * n * n));
    expect(tail.outputs).toEqual(all.outputs.slice(4 * n * n));
    const other = await generate(darcy, { count: 6, n, seed: 6 });
    expect(other.inputs).not.toEqual(all.inputs);
    expect(all.inputs.subarray(0, n * n)).not.toEqual(all.inputs.subarray(n * n, 2 * n * n));
  });

  test('outputs are the solutions of the inputs', async () => {
    const { inputs, outputs } = await generate(darcy, { count: 3, n, seed: 1 });
    const solver = createSolver(darcy, n);
    for (let k = 0; k < 3; k++) {
      const { u } = solver.solve({ a: inputs.subarray(k * n * n, (k + 1) * n * n) });
      expect(outputs.subarray(k * n * n, (k + 1) * n * n)).toEqual(Float32Array.from(u));
    }
  });

  test('tells its speed, and leaves turns to others', async () => {
    const seen: Progress[] = [];
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await generate(darcy, { count: 300, n: 33, seed: 1 }, { onProgress: progress => seen.push(progress) });
    clearInterval(timer);
    expect(seen.at(-1)).toMatchObject({ done: 300, total: 300, figure: { unit: 'fields/s' } });
    expect(turns).toBeGreaterThan(0);
  });

  test('stops when it is told to', async () => {
    const controller = new AbortController();
    const work = generate(
      darcy,
      { count: 100_000, n: 33, seed: 1 },
      { signal: controller.signal, onProgress: () => controller.abort() },
    );
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(generate(darcy, { count: 1, n }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });

  test('refuses counts and seeds that mean nothing', async () => {
    await expect(generate(darcy, { count: 0, n: 2, seed: -1 })).rejects.toThrow(/count[\s\S]*n[\s\S]*seed/);
  });
});
