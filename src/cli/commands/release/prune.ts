// `galerkin release prune`: deletes the evidence of old releases, and says before what goes; how each ended stays.
import { Command, InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import type { pruneAnswer } from '../../../control/index.js';
import { report } from '../../output.js';
import { prune, serverFlag } from '../../release/api.js';
import { plain } from '../../release/words.js';

interface Flags {
  readonly server: string;
  readonly olderThan: number | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
}

function days(text: string): number {
  const found = /^(\d{1,5}(?:\.\d+)?)(h|d|w)$/.exec(text);
  const unit = { h: 1 / 24, d: 1, w: 7 }[found?.[2] ?? ''];
  if (found === null || unit === undefined) throw new InvalidArgumentError('Wanted a time such as 30d, 12h or 8w.');
  return Number(found[1]) * unit;
}

export const pruneCommand = (): Command =>
  new Command('prune')
    .description('Delete curves, sketches and small events of releases that ended long ago; how they ended stays.')
    .addOption(serverFlag())
    .addOption(
      new Option(
        '--older-than <time>',
        'since their end, such as 30d (default: as long as the server keeps them)',
      ).argParser(days),
    )
    .option('--dry-run', 'only say what would go', false)
    .option('--json', 'print one line of JSON', false)
    .action(run);

async function run({ server, olderThan, dryRun, json }: Flags): Promise<void> {
  const before = await prune(server, olderThan, true);
  if (dryRun) return report(json, before, () => text(before));
  if (!json && before.releases.length > 0) process.stderr.write(`${text(before)}\n`);
  const done = before.releases.length === 0 ? { ...before, dryRun: false } : await prune(server, olderThan, false);
  report(json, done, () => summary(done));
}

type Answer = z.infer<typeof pruneAnswer>;

function summary({ dryRun, releases }: Answer): string {
  const sum = (of: 'points' | 'events'): number => releases.reduce((total, each) => total + each[of], 0);
  const verb = dryRun ? 'would be deleted' : 'deleted';
  return `${sum('points')} points and ${sum('events')} events of ${releases.length} releases ${verb}.`;
}

const text = (answer: Answer): string =>
  [
    ...answer.releases.map(({ id, points, events, endedAtMs }) => {
      const when = new Date(endedAtMs).toISOString().slice(0, 10);
      return `${plain(id)}, ended ${when}: ${points} points, ${events} events`;
    }),
    summary(answer),
  ].join('\n');
