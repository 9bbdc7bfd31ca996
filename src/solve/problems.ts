// The problems by name.
import { GalerkinError } from '../base/index.js';
import { darcy } from './darcy.js';
import type { Problem } from './problem.js';

export const problems: Readonly<Record<string, Problem>> = Object.freeze({ darcy });

/** The problem of that name. Throws PROBLEM_UNKNOWN with the names that exist. */
export function findProblem(name: string): Problem {
  const problem = Object.hasOwn(problems, name) ? problems[name] : undefined;
  if (problem === undefined) throw new GalerkinError('PROBLEM_UNKNOWN', { name, known: Object.keys(problems) });
  return problem;
}
