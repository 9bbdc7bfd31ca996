// `galerkin release pause|resume|promote|abort ID`: a person's word to a release; who and why are kept.
import { setTimeout } from 'node:timers/promises';
import { Command } from 'commander';
import { type ReleaseCommand, releaseCommands, type StatusAnswer } from '../../../control/index.js';
import { report } from '../../output.js';
import { type Asking, byFlag, commandRelease, releaseStatus, serverFlag, whyFlag } from '../../release/api.js';
import { plain } from '../../release/words.js';

const descriptions: Readonly<Record<ReleaseCommand, string>> = {
  pause: 'Hold a release where it is; its time stands still.',
  resume: 'Let a paused release go on.',
  promote: 'End the stage now: approve what waits for a person, or go to the next stage.',
  abort: 'Give all traffic back to the stable version at once.',
};

const patienceMs = 3000;
const everyMs = 100;

/** The release once the word shows; as it was where that takes long. The word is written down either way. */
export async function obeyed(server: string, before: StatusAnswer): Promise<StatusAnswer> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += everyMs) {
    const now = await releaseStatus(server, before.id);
    if (now.phase !== before.phase || now.stage !== before.stage || now.reason !== before.reason) return now;
    await setTimeout(everyMs);
  }
  return before;
}

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
        const before = await commandRelease(flags, id, word);
        const status = await obeyed(flags.server, before);
        const head = status === before ? `Written down; ${id} is still ${before.phase}.` : `${id} is ${status.phase}.`;
        report(flags.json, status, () => plain(`${head} ${status.reason}`));
      }),
  );
