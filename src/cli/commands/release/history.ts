// `galerkin release history`: what was released, by whom, and how it ended.
import { Command, InvalidArgumentError, Option } from 'commander';
import type { StatusAnswer } from '../../../control/index.js';
import { report, table } from '../../output.js';
import { listReleases, serverFlag } from '../../release/api.js';
import { fitted } from '../../release/canvas.js';
import { clockTime, plain } from '../../release/words.js';

interface HistoryFlags {
  readonly server: string;
  readonly model?: string;
  readonly limit: number;
  readonly json: boolean;
}

const most = 1000;

function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw new InvalidArgumentError(`Wanted a whole number from 1 to ${most}.`);
}

export function historyCommand(): Command {
  return new Command('history')
    .description('List releases, latest first: who started them and how they ended.')
    .addOption(serverFlag())
    .option('--model <name>', 'only of this model')
    .addOption(new Option('--limit <number>', `at most so many (1 to ${most})`).default(20).argParser(parseLimit))
    .option('--json', 'print one line of JSON', false)
    .action(history);
}

async function history({ server, model, limit, json }: HistoryFlags): Promise<void> {
  const releases = await listReleases(server, { model, limit });
  report(json, { releases }, () => fitted(text(releases), process.stdout));
}

const when = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

function text(releases: readonly StatusAnswer[]): string {
  if (releases.length === 0) return 'No release has been started. Start one: galerkin release start FILE';
  const rows = releases.map(each => [
    plain(each.id),
    plain(each.spec.model),
    `${each.baseline} → ${each.candidate}`,
    plain(each.spec.strategy.kind),
    each.phase,
    when(each.startedAtMs),
    clockTime((each.endedAtMs ?? Date.now()) - each.startedAtMs),
    plain(each.startedBy),
    plain(each.reason).slice(0, 80),
  ]);
  return table([['release', 'model', 'versions', 'strategy', 'phase', 'started (UTC)', 'took', 'by', 'why'], ...rows]);
}
