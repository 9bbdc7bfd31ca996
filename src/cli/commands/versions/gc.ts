// `galerkin versions gc`: deletes versions that nobody needs; says only which, unless --delete is given.
import { Command, InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import { garbageAnswer } from '../../../control/index.js';
import { request } from '../../client.js';
import { report } from '../../output.js';
import { byFlag, serverFlag } from '../../release/api.js';
import { plain } from '../../release/words.js';

interface Flags {
  readonly server: string;
  readonly by: string;
  readonly keepLatest: number;
  readonly keepDays: number;
  readonly delete: boolean;
  readonly json: boolean;
}

const number = (isRight: (value: number) => boolean, wanted: string) => (text: string) => {
  const value = Number(text);
  if (text.trim() !== '' && isRight(value)) return value;
  throw new InvalidArgumentError(`Wanted ${wanted}.`);
};
const count = number(value => Number.isInteger(value) && value >= 1, 'a whole number from 1');
const days = number(value => Number.isFinite(value) && value >= 0, 'days, at least 0');

export function garbageCommand(): Command {
  return new Command('gc')
    .description('Say which versions nobody needs, and with --delete delete them; never one that serves.')
    .addOption(serverFlag())
    .addOption(
      new Option('--keep-latest <number>', 'newest versions of each model that stay').default(3).argParser(count),
    )
    .addOption(
      new Option('--keep-days <days>', 'versions stay so long after their last change').default(30).argParser(days),
    )
    .option('--delete', 'delete them', false)
    .addOption(byFlag())
    .option('--json', 'print one line of JSON', false)
    .action(collect);
}

async function collect({ server, by, keepLatest, keepDays, delete: deletes, json }: Flags): Promise<void> {
  const body = { by, keepLatest, keepDays, dryRun: !deletes };
  const answer = await request(server, '/versions/gc', garbageAnswer, { body });
  report(json, answer, () => text(answer));
}

function text({ dryRun, deleted, kept }: z.infer<typeof garbageAnswer>): string {
  const bytes = deleted.reduce((sum, each) => sum + (each.bytes ?? 0), 0);
  const verb = dryRun ? 'would be deleted' : 'deleted';
  return [
    ...kept.map(({ model, version, why }) => `${plain(model)}/${version} stays: ${plain(why)}`),
    ...deleted.map(({ model, version }) => `${plain(model)}/${version} ${verb}`),
    `${deleted.length} ${deleted.length === 1 ? 'version' : 'versions'} ${verb}, ${(bytes / 2 ** 20).toFixed(1)} MiB.`,
  ].join('\n');
}
