// `galerkin versions promote|retire MODEL VERSION`: a person's word on a version, written down with who and why; no traffic moves by it.
import { Command } from 'commander';
import { recordAnswer, type VersionMove, versionMoves } from '../../../control/index.js';
import { request } from '../../client.js';
import { report } from '../../output.js';
import { byFlag, serverFlag, whyFlag } from '../../release/api.js';
import { plain } from '../../release/words.js';
import { versionNumber } from './compare.js';

const descriptions: Readonly<Record<VersionMove, string>> = {
  promote: 'Write down that a version is the one in production; its predecessor is retired. Moves no traffic.',
  retire: 'Write down that a version is never to answer again; never the one in production. Moves no traffic.',
};

interface Flags {
  readonly server: string;
  readonly by: string;
  readonly why: string;
  readonly json: boolean;
}

export const moveCommands = (): Command[] =>
  versionMoves.map(move =>
    new Command(move)
      .description(descriptions[move])
      .argument('<model>', 'name of the model')
      .argument('<version>', 'its number', versionNumber)
      .addOption(serverFlag())
      .addOption(byFlag())
      .addOption(whyFlag().default(undefined).makeOptionMandatory())
      .option('--json', 'print one line of JSON', false)
      .action(async (model: string, version: number, { server, by, why, json }: Flags) => {
        const path = `/versions/${encodeURIComponent(model)}/${version}/${move}`;
        const record = await request(server, path, recordAnswer, { body: { by, why } });
        report(json, record, () => `${plain(model)}/${version} is now ${plain(record.stage)}.`);
      }),
  );
