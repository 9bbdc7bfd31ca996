// `galerkin solve`: solves one problem on one field and shows how well.
import { Command } from 'commander';
import { resolveOptions, seededRandom } from '../../base/index.js';
import { createSolver, findProblem, generateOptions, type Solution, solverOptions } from '../../solve/index.js';
import { encodeNpz, writeFileAtomic } from '../../store/index.js';
import { addFlags, typedFlags } from '../flags.js';
import { withHeatMaps } from '../heat-map.js';
import { parseInclusion, withInclusion } from '../inputs.js';
import { facts, report } from '../output.js';

interface SolveFlags {
  readonly inclusion?: string;
  readonly out?: string;
  readonly json: boolean;
}

/** Which field: its grid and its seed. */
const fieldOptions = generateOptions.pick({ n: true, seed: true });

export function solveCommand(): Command {
  const command = new Command('solve')
    .argument('<problem>', 'name of the problem: darcy')
    .option(
      '--inclusion <x,y,radius,value>',
      'paint a circle of permeability `value` into the field (lengths in units of the square)',
    )
    .option('--out <file.npz>', 'write the coefficient and the solution as arrays `a` and `u`')
    .option('--json', 'print one line of JSON', false);
  return addFlags(addFlags(command, fieldOptions), solverOptions).action(solve);
}

async function solve(name: string, { inclusion, out, json }: SolveFlags, command: Command): Promise<void> {
  const problem = findProblem(name);
  const { n, seed } = resolveOptions('solve', fieldOptions, typedFlags(command, fieldOptions));
  const solver = createSolver(problem, n, typedFlags(command, solverOptions));
  const sampled = problem.sample(n, seededRandom(seed).fork(0));
  const a = inclusion === undefined ? sampled.a : withInclusion(sampled.a, n, parseInclusion(inclusion));
  const solution = solver.solve({ ...sampled, a });
  if (out !== undefined) await writeFields(out, { a, u: solution.u, n });
  if (solution.status !== 'converged') process.exitCode = 70;
  const summary = summarize(name, n, solution);
  report(json, summary, () => {
    const rows = Object.entries(summary).map(([key, value]) => [key, String(value)] as const);
    return withHeatMaps(facts(rows), [
      { name: 'a', field: a, n },
      { name: 'u', field: solution.u, n },
    ]);
  });
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
