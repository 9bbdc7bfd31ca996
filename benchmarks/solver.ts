// Time to solve Darcy flow against the number of unknowns: multigrid's setup and iterations, and the direct factor on small grids.
import { seededRandom } from 'galerkin/base';
import {
  conjugateGradients,
  createSolver,
  darcy,
  type LinearMethod,
  smoothedAggregation,
  sparseCholesky,
} from 'galerkin/solve';
import { type BenchResult, median, ratioOf } from './result.js';

interface Run {
  readonly n: number;
  readonly unknowns: number;
  readonly iterations: number;
  readonly refreshMs: readonly number[];
  readonly totalMs: readonly number[];
}

/** The same method, with the time of its refreshes (hierarchy or factor) written down. */
function timed(method: LinearMethod, refreshMs: number[]): LinearMethod {
  return {
    name: method.name,
    start(system) {
      const solver = method.start(system);
      return {
        refresh() {
          const start = performance.now();
          solver.refresh();
          refreshMs.push(performance.now() - start);
        },
        solve: solver.solve,
      };
    },
  };
}

function solveOften(n: number, method: LinearMethod, rounds: number): Run {
  const refreshMs: number[] = [];
  const solver = createSolver(darcy, n, { linear: timed(method, refreshMs), tolerance: 1e-8 });
  const coefficients = darcy.sample(n, seededRandom(1));
  const totalMs: number[] = [];
  let iterations = 0;
  for (let round = -2; round < rounds; round++) {
    const solution = solver.solve(coefficients);
    if (round < 0) continue;
    totalMs.push(solution.elapsedMs);
    iterations = solution.iterations;
    if (solution.status !== 'converged') throw new Error(`${method.name} on ${n}: ${solution.status}`);
  }
  return { n, unknowns: solver.unknowns, iterations, refreshMs: refreshMs.slice(2), totalMs };
}

const multigrid = (): LinearMethod => conjugateGradients(smoothedAggregation());

/** Milliseconds per field to a relative residual of 1e-8, by size and method. */
export async function run(): Promise<BenchResult[]> {
  const small = [32, 64, 130].map(n => ({
    direct: solveOften(n, sparseCholesky(), 15),
    iterative: solveOften(n, multigrid(), 15),
  }));
  const large = [130, 258, 514].map(n => solveOften(n, multigrid(), n > 300 ? 5 : 9));
  const [first] = large;
  const perUnknown = ({ totalMs, unknowns }: Run): number[] => totalMs.map(ms => (ms / unknowns) * 1e6);
  const reference = first === undefined ? Number.NaN : median(perUnknown(first));
  return [
    ...large.map(one => ({
      name: `multigrid, ${one.unknowns} unknowns: assembly, setup, solution`,
      value: median(one.totalMs),
      unit: 'ms',
      ratio: ratioOf(
        'the time per unknown at 16k',
        perUnknown(one),
        one.totalMs.map(() => reference),
      ),
      note: `setup ${median(one.refreshMs).toFixed(1)} ms, ${one.iterations} iterations`,
    })),
    ...small.map(({ direct, iterative }) => ({
      name: `direct, ${direct.unknowns} unknowns: assembly, factor, solution`,
      value: median(direct.totalMs),
      unit: 'ms',
      ratio: ratioOf('the time of multigrid', direct.totalMs, iterative.totalMs),
      note: `${(1000 / median(direct.totalMs)).toFixed(0)} fields/s`,
    })),
  ];
}
