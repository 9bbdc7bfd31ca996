// `galerkin release start FILE`: begins a release and follows it to its end; traffic for trying it out if asked.
import { Command, InvalidArgumentError, Option } from 'commander';
import { seededRandom } from '../../../base/index.js';
import { readReleaseDocument } from '../../../control/index.js';
import { onInterrupt } from '../../interrupt.js';
import { report } from '../../output.js';
import { byFlag, planRelease, serverFlag, startRelease, whyFlag } from '../../release/api.js';
import { exitOf, summaryOf } from '../../release/summary.js';
import { startTraffic, type Traffic } from '../../release/traffic.js';
import { watchRelease } from '../../release/watch.js';
import { plain } from '../../release/words.js';

interface StartFlags {
  readonly server: string;
  readonly by: string;
  readonly why: string;
  readonly traffic?: number;
  readonly seed: number;
  readonly watch: boolean;
  readonly json: boolean;
}

const interrupted = 130;
const mostPerSecond = 10_000;

function parseRate(text: string): number {
  const rate = Number(text);
  if (text.trim() !== '' && rate > 0 && rate <= mostPerSecond) return rate;
  throw new InvalidArgumentError(`Wanted requests per second, above 0 and up to ${mostPerSecond}.`);
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (/^\d{1,15}$/.test(text.trim())) return seed;
  throw new InvalidArgumentError('Wanted a whole number from 0.');
}

export function startReleaseCommand(): Command {
  return new Command('start')
    .description('Start a release and follow it to its end.')
    .argument('<file>', 'release document')
    .addOption(serverFlag())
    .addOption(
      new Option(
        '--traffic <rate>',
        "send the model's own held-out samples while the release is watched (requests per second; default none)",
      ).argParser(parseRate),
    )
    .addOption(new Option('--seed <number>', 'of the choice among the samples').default(1).argParser(parseSeed))
    .addOption(byFlag())
    .addOption(whyFlag())
    .option('--no-watch', 'come back as soon as it is written down, instead of following it')
    .option('--json', 'print one line of JSON at the end', false)
    .action(start);
}

async function start(file: string, flags: StartFlags): Promise<void> {
  const { server, traffic: requestsPerSecond, seed, watch, json } = flags;
  const document = await readReleaseDocument(file);
  const { model } = document;
  const { signal, dispose } = onInterrupt();
  let traffic: Traffic | undefined;
  try {
    // First, so that nothing is begun where there is nothing to send.
    if (requestsPerSecond !== undefined && watch)
      traffic = await startTraffic({ server, model, requestsPerSecond, random: seededRandom(seed) });
    const { notes } = await planRelease(server, document);
    if (!json) for (const note of notes) process.stderr.write(`${plain(note)}\n`);
    const begun = await startRelease(flags, document);
    if (!watch) {
      report(json, begun, () => `Started ${begun.id}. galerkin release status ${begun.id} --watch follows it.`);
      return;
    }
    const { status, isOver } = await watchRelease({ server, id: begun.id, traffic, signal, quiet: json });
    const tally = await traffic?.stop();
    report(json, { ...status, traffic: tally }, () =>
      isOver ? summaryOf(status, tally) : leftRunning(begun.id, server),
    );
    process.exitCode = isOver ? exitOf(status) : interrupted;
  } finally {
    dispose();
    await traffic?.stop();
  }
}

/** What to type next, once the watching was broken off. */
export function leftRunning(id: string, server: string): string {
  const at = server === 'http://127.0.0.1:8000' ? '' : ` --server ${server}`;
  return `The release goes on. Follow it: galerkin release status ${id} --watch${at}\nEnd it at the stable version: galerkin release abort ${id}${at}`;
}
