// `galerkin release pause|resume|promote|abort ID`: a person's word to a release; who and why are kept.
import { Command } from 'commander';
import { type ReleaseCommand, releaseCommands } from '../../../control/index.js';
import { report } from '../../output.js';
import { type Asking, byFlag, commandRelease, serverFlag, whyFlag } from '../../release/api.js';
import { plain } from '../../release/words.js';

const descriptions: Readonly<Record<ReleaseCommand, string>> = {
  pause: 'Hold a release where it is; its time stands still.',
  resume: 'Let a paused release go on.',
  promote: 'End the stage now: approve what waits for a person, or go to the next stage.',
  abort: 'Give all traffic back to the stable version at once.',
};

export const commandCommands = (): Command[] =>
  releaseCommands.map(word =>
    new Command(word)
      .description(descriptions[word])
      .argument('<id>', 'name of the release, as `galerkin release history` lists it')
      .addOption(serverFlag())
      .addOption(byFlag())
      .addOption(whyFlag())
      .option('--json', 'print one line of JSON', false)
      .action(async (id: string, flags: Asking & { readonly json: boolean }) => {
        const status = await commandRelease(flags, id, word);
        report(flags.json, status, () => plain(`${status.id} is ${status.phase}. ${status.reason}`));
      }),
  );
