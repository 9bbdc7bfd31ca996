// `galerkin solve`: solves one problem on one field and shows how well.
import { Command, Option } from 'commander';
import { seededRandom } from '../../base/index.js';
import { createSolver, findProblem, type Solution } from '../../solve/index.js';
import { encodeNpz, writeFileAtomic } from '../../store/index.js';
import { heatMap } from '../heat-map.js';
import { parseInclusion, withInclusion } from '../inputs.js';
import { facts, report } from '../output.js';

interface SolveFlags {
  readonly n: number;
  readonly seed: number;
  readonly inclusion?: string;
  readonly tolerance: number;
  readonly out?: string;
  readonly json: boolean;
}

const number = (flags: string, help: string, value: number): Option =>
  new Option(flags, `${help} (default ${value})`).argParser(Number).default(value);

export function solveCommand(): Command {
  return new Command('solve')
    .argument('<problem>', 'name of the problem: darcy')
    .addOption(number('--n <number>', 'nodes per side of the unit square, at least 3', 64))
    .addOption(number('--seed <number>', 'seed of the random coefficient', 0))
    .option(
      '--inclusion <x,y,radius,value>',
      'paint a circle of permeability `value` into the field (lengths in units of the square)',
    )
    .addOption(number('--tolerance <number>', 'relative residual at which the linear solver stops', 1e-10))
    .option('--out <file.npz>', 'write the coefficient and the solution as arrays `a` and `u`')
    .option('--json', 'print one line of JSON', false)
    .action(solve);
}

async function solve(name: string, { n, seed, inclusion, tolerance, out, json }: SolveFlags): Promise<void> {
  const problem = findProblem(name);
  const solver = createSolver(problem, n, { tolerance });
  const sampled = problem.sample(n, seededRandom(seed).fork(0));
  const a = inclusion === undefined ? sampled.a : withInclusion(sampled.a, n, parseInclusion(inclusion));
  const solution = solver.solve({ ...sampled, a });
  if (out !== undefined) await writeFields(out, { a, u: solution.u, n });
  if (solution.status !== 'converged') process.exitCode = 70;
  const summary = summarize(name, n, solution);
  report(
    json,
    summary,
    () => `${facts(Object.entries(summary).map(([key, value]) => [key, String(value)]))}\n\n${heatMap(solution.u, n)}`,
  );
}

function summarize(problem: string, n: number, { status, u, iterations, relativeResidual, elapsedMs }: Solution) {
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const value of u) {
    max = Math.max(max, value);
    sum += value;
  }
  return {
    problem,
    n,
    unknowns: (n - 2) ** 2,
    status,
    iterations,
    relativeResidual,
    elapsedMs,
    max,
    mean: sum / u.length,
  };
}

async function writeFields(path: string, { a, u, n }: { a: Float64Array; u: Float64Array; n: number }): Promise<void> {
  const array = (data: Float64Array) => ({ dtype: 'float64' as const, shape: [n, n], data });
  await writeFileAtomic(path, encodeNpz({ a: array(a), u: array(u) }));
}
