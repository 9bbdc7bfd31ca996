// `galerkin release unroute MODEL`: the way back to the model's own version policy; says first what that will be.
import { Command } from 'commander';
import { report } from '../../output.js';
import { type Asking, byFlag, releaseStatus, serverFlag, unroute, whyFlag } from '../../release/api.js';
import { plain } from '../../release/words.js';
import { obeyed } from './command.js';

interface Flags extends Asking {
  readonly dryRun: boolean;
  readonly json: boolean;
}

export const unrouteCommand = (): Command =>
  new Command('unroute')
    .description('Give a model back to its own version policy, after releases; refused while one is under way.')
    .argument('<model>', 'name of the model')
    .addOption(serverFlag())
    .addOption(byFlag())
    .addOption(whyFlag())
    .option('--dry-run', 'only say which version would answer', false)
    .option('--json', 'print one line of JSON', false)
    .action(giveUp);

async function giveUp(model: string, flags: Flags): Promise<void> {
  const before = await unroute(flags, model, true);
  if (flags.dryRun) return report(flags.json, before, () => plain(before.text));
  if (!flags.json) process.stderr.write(`${plain(before.text)}\n`);
  const standing = await releaseStatus(flags.server, before.release);
  const asked = await unroute(flags, model, false);
  const { unrouted, reason } = await obeyed(flags.server, standing);
  report(flags.json, { ...asked, ...(unrouted && { unrouted }) }, () =>
    unrouted === undefined ? 'Written down; whoever is in office will do it.' : plain(reason),
  );
}
