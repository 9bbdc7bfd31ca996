// Where a learnt model goes in the repository: its name, its next version, and the names that belong to it.
import { listModels, readPackage } from '../model/index.js';

export interface Places {
  readonly surrogate: string;
  readonly solver: string;
}

export const solverName = (surrogate: string): string => `${surrogate}_solver`;

/** Newest version of a model, 0 if there is none. */
export async function newestVersion(repository: string, name: string): Promise<number> {
  const listing = (await listModels(repository)).find(model => model.name === name);
  return listing?.versions[0] ?? 0;
}

/**
 * The problem's name; with the grid's size behind it (darcy_64) where that name already serves another grid, because one
 * config.pbtxt states the shapes of all versions of a model.
 */
export async function placesFor(repository: string, problem: string, n: number): Promise<Places> {
  const taken = (await newestVersion(repository, problem)) > 0;
  const other = taken && (await readPackage(repository, problem)).manifest?.problem?.n !== n;
  const surrogate = other ? `${problem}_${n}` : problem;
  return { surrogate, solver: solverName(surrogate) };
}
