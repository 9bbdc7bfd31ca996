// A problem of the library by its name; an unknown name lists those that exist.
import { GalerkinError } from '../base/index.js';
import { type Problem, problems } from '../solve/index.js';

export function problemNamed(name: string): Problem {
  const problem = Object.hasOwn(problems, name) ? problems[name] : undefined;
  if (problem === undefined) throw new GalerkinError('PROBLEM_UNKNOWN', { name, known: Object.keys(problems) });
  return problem;
}
