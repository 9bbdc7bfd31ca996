// `galerkin versions list|history`: which versions there are, in which stage, and who put them there.
import { Command } from 'commander';
import type { z } from 'zod';
import { versionHistoryAnswer, versionsAnswer } from '../../../control/index.js';
import { request } from '../../client.js';
import { percent, report, table } from '../../output.js';
import { serverFlag } from '../../release/api.js';
import { fitted } from '../../release/canvas.js';
import { plain } from '../../release/words.js';

interface Flags {
  readonly server: string;
  readonly json: boolean;
}

const none = 'No version is registered. The registry begins with the first release: galerkin release start FILE';
const when = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
const size = (bytes: number | null): string => (bytes === null ? '–' : `${(bytes / 2 ** 20).toFixed(2)} MiB`);

export function listCommand(): Command {
  return new Command('list')
    .description('List the registered versions: stage, test error, size, last change.')
    .argument('[model]', 'only of this model')
    .addOption(serverFlag())
    .option('--json', 'print one line of JSON', false)
    .action(list);
}

async function list(model: string | undefined, { server, json }: Flags): Promise<void> {
  const path = model === undefined ? '/versions' : `/versions/${encodeURIComponent(model)}`;
  const { versions } = await request(server, path, versionsAnswer);
  report(json, { versions }, () => fitted(listText(versions), process.stdout));
}

function listText(versions: z.infer<typeof versionsAnswer>['versions']): string {
  if (versions.length === 0) return none;
  const rows = versions.map(({ model, version, stage, present, metrics, sizeBytes, changedAtMs, title }) => [
    plain(model),
    String(version),
    present ? stage : `${stage}, gone`,
    metrics.testError === undefined ? '–' : percent(metrics.testError),
    size(sizeBytes),
    when(changedAtMs),
    plain(title),
  ]);
  return table([['model', 'version', 'stage', 'test error', 'size', 'changed (UTC)', 'title'], ...rows]);
}

export function versionHistoryCommand(): Command {
  return new Command('history')
    .description("List what happened to a model's versions, first things first: who, when, why.")
    .argument('<model>', 'name of the model')
    .addOption(serverFlag())
    .option('--json', 'print one line of JSON', false)
    .action(history);
}

async function history(model: string, { server, json }: Flags): Promise<void> {
  const answer = await request(server, `/versions/${encodeURIComponent(model)}`, versionHistoryAnswer);
  report(json, { events: answer.events }, () => fitted(historyText(answer.events), process.stdout));
}

function historyText(events: z.infer<typeof versionHistoryAnswer>['events']): string {
  if (events.length === 0) return none;
  const rows = events.map(({ atMs, version, change, from, to, by, why, release }) => [
    when(atMs),
    String(version),
    change === 'stage' ? `${from ?? ''} → ${to}` : change,
    plain(by),
    plain(release ?? '–'),
    plain(why).slice(0, 100),
  ]);
  return table([['when (UTC)', 'version', 'what', 'by', 'release', 'why'], ...rows]);
}
