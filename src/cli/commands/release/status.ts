// `galerkin release status [ID]`: one picture of a release, or with --watch all of them until it is over.
import { Command } from 'commander';
import { onInterrupt } from '../../interrupt.js';
import { report } from '../../output.js';
import { latestRelease, releaseEvidence, serverFlag } from '../../release/api.js';
import { frame } from '../../release/frame.js';
import { exitOf, summaryOf } from '../../release/summary.js';
import { watchRelease } from '../../release/watch.js';
import { leftRunning } from './start.js';

interface StatusFlags {
  readonly server: string;
  readonly watch: boolean;
  readonly json: boolean;
}

const interrupted = 130;

export function statusCommand(): Command {
  return new Command('status')
    .description('Show a release as it stands.')
    .argument('[id]', 'name of the release (default: the latest)')
    .addOption(serverFlag())
    .option('--watch', 'follow it to its end', false)
    .option('--json', 'print one line of JSON', false)
    .action(status);
}

async function status(asked: string | undefined, flags: StatusFlags): Promise<void> {
  const { server, watch: follows, json } = flags;
  const id = asked ?? (await latestRelease(server))?.id;
  if (id === undefined) {
    report(json, { release: null }, () => 'No release has been started. Start one: galerkin release start FILE');
    return;
  }
  if (follows) {
    await watch(id, flags);
    return;
  }
  const { status: found, events } = await releaseEvidence(server, id);
  const columns = (process.stdout.columns ?? 121) - 1;
  const colours = process.stdout.isTTY && (process.env.NO_COLOR ?? '') === '';
  report(json, found, () => frame({ status: found, events, nowMs: Date.now() }, { columns, colours }).join('\n'));
}

async function watch(id: string, { server, json }: StatusFlags): Promise<void> {
  const { signal, dispose } = onInterrupt();
  try {
    const { status: last, isOver } = await watchRelease({ server, id, signal, quiet: json });
    report(json, last, () => (isOver ? summaryOf(last) : leftRunning(id, server)));
    process.exitCode = isOver ? exitOf(last) : interrupted;
  } finally {
    dispose();
  }
}
