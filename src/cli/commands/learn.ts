// `galerkin learn`: data, training, guard and package, resumable at every step.
import { Command } from 'commander';
import { systemClock } from '../../base/index.js';
import { learn, learnOptions } from '../../learn/index.js';
import { findProblem } from '../../solve/index.js';
import { addFlags, typedFlags } from '../flags.js';
import { folderFlag } from '../folders.js';
import { onInterrupt } from '../interrupt.js';
import { facts, percent, report } from '../output.js';
import { progressBar } from '../progress-bar.js';

export function learnCommand(): Command {
  const command = new Command('learn')
    .argument('<problem>', 'name of the problem: darcy')
    .addOption(folderFlag())
    .option('--json', 'print one line of JSON', false);
  return addFlags(command, learnOptions, ['folder']).action(run);
}

async function run(
  problem: string,
  { folder, json }: { folder: string; json: boolean },
  command: Command,
): Promise<void> {
  findProblem(problem);
  const { signal, dispose } = onInterrupt();
  const bar = progressBar(process.stderr, systemClock);
  try {
    const options = { ...typedFlags(command, learnOptions), folder };
    const result = await learn(problem, options, { onProgress: bar.onProgress, signal });
    bar.finish();
    if (result.status !== 'finished') process.exitCode = 70;
    report(json, result, () =>
      facts([
        ['status', result.status],
        ['test error', percent(result.testError)],
        ['training', `${result.seconds.toFixed(1)} s`],
        ['package', result.packagePath],
      ]),
    );
  } finally {
    bar.finish();
    dispose();
  }
}
