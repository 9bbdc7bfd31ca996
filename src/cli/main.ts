#!/usr/bin/env node
// The command line: one verb a room; each command parses, calls the library and prints.
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { learnCommand } from './commands/learn.js';
import { modelsCommand } from './commands/models.js';
import { predictCommand } from './commands/predict.js';
import { serveCommand } from './commands/serve.js';
import { solveCommand } from './commands/solve.js';
import { startCommand } from './commands/start.js';
import { reportError } from './output.js';
import { packageVersion } from './package-version.js';

const epilogue = `
Every command takes --json for machines and --help for its options, with units and defaults.
Exit codes: 0 done; 2 wrong usage; 65 bad data; 66 something is missing; 69 no server; 70 numerical failure or a bug;
74 the disk refused; 130 interrupted (the next run goes on from there).`;

function program(): Command {
  return new Command('galerkin')
    .description(
      'From equations to production: solve, learn a surrogate, serve it, check every answer against the physics.',
    )
    .version(packageVersion())
    .addCommand(startCommand())
    .addCommand(solveCommand())
    .addCommand(learnCommand())
    .addCommand(serveCommand())
    .addCommand(predictCommand())
    .addCommand(modelsCommand())
    .addHelpText('after', epilogue)
    .showHelpAfterError('(--help shows the options)');
}

/** Runs the command line; sets the process's exit code instead of throwing. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    const command = program();
    for (const each of [command, ...command.commands]) each.exitOverride();
    await command.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (isCommanderExit(error)) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else reportError(args.includes('--json'), error);
  }
}

function isCommanderExit(error: unknown): error is { exitCode: number } {
  return (
    error instanceof Error && 'code' in error && String(error.code).startsWith('commander.') && 'exitCode' in error
  );
}

const startedAs = process.argv[1];
if (startedAs !== undefined && realpathSync(startedAs) === fileURLToPath(import.meta.url)) {
  await main(process.argv.slice(2));
}
