// Which maps of the grid really carry solutions of a problem to solutions: asked of the solver, not assumed.
import { createSolver, type Problem } from '../solve/index.js';
import { carry, gridSymmetries, type NodeMap } from './symmetries.js';

/** Largest relative difference that counts as rounding. */
const tolerance = 1e-7;

/**
 * The grid's symmetries under which the solution for the mapped field is the mapped solution. The identity is always
 * among them. Cost: up to four solves.
 * @param field a coefficient field [n, n] without symmetries of its own.
 */
export function exactSymmetries(problem: Problem, n: number, field: Float32Array): readonly NodeMap[] {
  const solver = createSolver(problem, n);
  const name = problem.coefficients[0]?.name ?? '';
  const solve = (values: Float32Array): Float32Array => Float32Array.from(solver.solve({ [name]: values }).u);
  const solution = solve(field);
  const largest = solution.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return gridSymmetries(n).filter((map, k) => {
    if (k === 0) return true;
    const mapped = solve(carried(field, map));
    return carried(solution, map).every((value, node) => Math.abs(value - mapped[node]) <= tolerance * largest);
  });
}

function carried(field: Float32Array, map: NodeMap): Float32Array {
  const target = new Float32Array(map.length);
  carry(field, target, { map, from: 0, to: 0 });
  return target;
}
