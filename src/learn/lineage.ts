// Where a package comes from: the versions of the code and of the data, the recipe, the time.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Clock, packageVersion } from '../base/index.js';
import type { Manifest } from '../model/index.js';
import type { DataSet } from './data-set.js';
import type { LearnConfig } from './recipe.js';

const root = new URL('../../', import.meta.url);

/** Commit of the checkout that runs, with -dirty if it was changed; undefined in an installed package. */
async function gitCommit(): Promise<string | undefined> {
  const folder = fileURLToPath(root);
  const run = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)('git', ['-C', folder, ...args], { timeout: 5000 });
    return stdout.trim();
  };
  try {
    // A package installed inside somebody's repository must not claim that repository's commit.
    if ((await run('rev-parse', '--show-prefix')) !== '') return undefined;
    return await run('describe', '--always', '--dirty', '--abbrev=40', '--exclude=*');
  } catch {
    return undefined;
  }
}

export async function lineageOf(
  { seed, preset, recipe }: LearnConfig,
  data: DataSet,
  clock: Clock,
): Promise<Manifest['lineage']> {
  const commit = await gitCommit();
  return {
    createdAt: new Date(clock.now()).toISOString(),
    galerkinVersion: packageVersion(),
    seed,
    recipe: { preset, ...recipe },
    dataDigest: data.digest,
    ...(commit === undefined ? {} : { gitCommit: commit }),
  };
}
