// Time to solve Darcy flow against the number of unknowns: multigrid's setup and iterations, and the direct factor on small grids.
import { seededRandom } from 'galerkin/base';
import {
  conjugateGradients,
  createSolver,
  darcy,
  type LinearMethod,
  type Solution,
  smoothedAggregation,
  sparseCholesky,
} from 'galerkin/solve';
import { type BenchResult, median, ratioOf } from './result.js';

interface Case {
  readonly unknowns: number;
  readonly refreshMs: number[];
  readonly totalMs: number[];
  iterations: number;
  readonly solve: () => Solution;
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

function prepare(n: number, method: LinearMethod): Case {
  const refreshMs: number[] = [];
  const solver = createSolver(darcy, n, { linear: timed(method, refreshMs), tolerance: 1e-8 });
  const coefficients = darcy.sample(n, seededRandom(1));
  return { unknowns: solver.unknowns, refreshMs, totalMs: [], iterations: 0, solve: () => solver.solve(coefficients) };
}

/** Solves all cases in turns, so that a busy moment of the machine falls on all of them; the first two rounds warm up. */
function inTurns(cases: readonly Case[], rounds: number): void {
  for (let round = -2; round < rounds; round++) {
    for (const one of cases) {
      const { status, iterations, elapsedMs } = one.solve();
      if (status !== 'converged') throw new Error(`${one.unknowns} unknowns: ${status}`);
      one.iterations = iterations;
      if (round >= 0) one.totalMs.push(elapsedMs);
      else one.refreshMs.length = 0;
    }
  }
}

const multigrid = (): LinearMethod => conjugateGradients(smoothedAggregation());
const perUnknown = ({ totalMs, unknowns }: Case): number[] => totalMs.map(ms => (ms / unknowns) * 1e6);

/** Milliseconds per field to a relative residual of 1e-8, by size and method. */
export async function run(): Promise<BenchResult[]> {
  const small = [32, 64, 130].map(n => [prepare(n, sparseCholesky()), prepare(n, multigrid())] as const);
  for (const pair of small) inTurns(pair, 25);
  const large = [130, 258, 514].map(n => prepare(n, multigrid()));
  inTurns(large, 7);
  const first = large.slice(0, 1).flatMap(perUnknown);
  return [
    ...large.map(one => ({
      name: `multigrid, ${one.unknowns} unknowns: assembly, setup, solution`,
      value: median(one.totalMs),
      unit: 'ms',
      ratio: ratioOf('the time per unknown at 16k', perUnknown(one), first),
      note: `setup ${median(one.refreshMs).toFixed(1)} ms, ${one.iterations} iterations`,
    })),
    ...small.map(([direct, iterative]) => ({
      name: `direct, ${direct.unknowns} unknowns: assembly, factor, solution`,
      value: median(direct.totalMs),
      unit: 'ms',
      ratio: ratioOf('the time of multigrid', direct.totalMs, iterative.totalMs),
      note: `${(1000 / median(direct.totalMs)).toFixed(0)} fields/s`,
    })),
  ];
}
