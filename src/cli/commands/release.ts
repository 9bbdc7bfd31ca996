// `galerkin release`: new versions let in only when they are better; each word of it asks a running server.
import { Command } from 'commander';
import { commandCommands } from './release/command.js';
import { historyCommand } from './release/history.js';
import { planCommand } from './release/plan.js';
import { pruneCommand } from './release/prune.js';
import { reportCommand } from './release/report.js';
import { startReleaseCommand } from './release/start.js';
import { statusCommand } from './release/status.js';
import { unrouteCommand } from './release/unroute.js';

const epilogue = `
FILE is a release document: YAML, JSON, or a module whose default export it is (docs/release.md).
Exit codes of start and of status --watch: 0 promoted, or compared and reported; 70 aborted: the old version answers;
130 interrupted by Ctrl-C, and the release goes on.`;

export function releaseCommand(): Command {
  const command = new Command('release').addHelpText('after', epilogue);
  const words = [
    planCommand(),
    startReleaseCommand(),
    statusCommand(),
    ...commandCommands(),
    unrouteCommand(),
    historyCommand(),
    pruneCommand(),
    reportCommand(),
  ];
  for (const word of words) command.addCommand(word);
  return command;
}
