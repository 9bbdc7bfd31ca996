// `galerkin versions compare MODEL A B`: errors by regime, latency in turns and size of two versions on this machine; needs no server.
import { Command, InvalidArgumentError } from 'commander';
import { compareOptions, comparisonTable, ModelVersionManager } from '../../../control/index.js';
import { openRepository } from '../../../model/index.js';
import { openNothing } from '../../control/database.js';
import { addFlags, typedFlags } from '../../flags.js';
import { repositoryFlag } from '../../folders.js';
import { report } from '../../output.js';

export function versionNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Wanted a version's number.");
}

export function compareCommand(): Command {
  const command = new Command('compare')
    .description('Compare two versions on their held-out samples: errors by regime, latency, size. Needs no server.')
    .argument('<model>', 'name of the model')
    .argument('<a>', 'the version that the other is held against', versionNumber)
    .argument('<b>', 'the version that is judged', versionNumber)
    .addOption(repositoryFlag())
    .option('--json', 'print one line of JSON', false);
  return addFlags(command, compareOptions).action(compare);
}

async function compare(
  model: string,
  a: number,
  b: number,
  { repository: place, json }: { repository: string; json: boolean },
  command: Command,
): Promise<void> {
  const repository = openRepository(place);
  // A comparison reads packages alone.
  const database = await openNothing();
  try {
    const versions = new ModelVersionManager({ database, repository });
    const comparison = await versions.compare(model, a, b, typedFlags(command, compareOptions));
    report(json, comparison, () => comparisonTable(comparison));
  } finally {
    await database.close();
    await repository.close();
  }
}
