#!/usr/bin/env node
// The command line: one verb a room; each command parses, calls the library and prints.
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { packageVersion } from '../base/index.js';
import { reportError } from './output.js';

const epilogue = `
Every command takes --json for machines and --help for its options, with units and defaults.
Exit codes: 0 done; 2 wrong usage; 65 bad data; 66 something is missing; 69 no server; 70 numerical failure, a release that
was aborted, or a bug; 74 the disk refused; 130 interrupted (the next run goes on from there).`;

interface Verb {
  readonly description: string;
  /** Loads only what this verb needs: a prediction must not wait for the trainer. */
  readonly load: () => Promise<Command>;
}

const verbs: Readonly<Record<string, Verb>> = {
  start: {
    description:
      'Solve a data set, learn a surrogate, write its package and serve it; later starts serve what is on disk.',
    load: async () => (await import('./commands/start.js')).startCommand(),
  },
  solve: {
    description: 'Solve a problem with finite elements on one random field.',
    load: async () => (await import('./commands/solve.js')).solveCommand(),
  },
  learn: {
    description:
      'Learn a surrogate of a problem and write its model package; an interrupted run goes on where it stopped.',
    load: async () => (await import('./commands/learn.js')).learnCommand(),
  },
  compile: {
    description:
      'Compile functions over arrays to ONNX models; --explain shows which tier answers their calls, and why.',
    load: async () => (await import('./commands/compile.js')).compileCommand(),
  },
  serve: {
    description:
      'Serve the models of the repository over HTTP and gRPC (KServe v2 as Triton speaks it, REST, studio), with the solver as one more backend.',
    load: async () => (await import('./commands/serve.js')).serveCommand(),
  },
  predict: {
    description:
      'Ask a running server about one field: the answer, its residual, who answered, and the error against the truth.',
    load: async () => (await import('./commands/predict.js')).predictCommand(),
  },
  codesign: {
    description: 'Compress the correlations of a co-design, within an error that is checked.',
    load: async () => (await import('./commands/codesign.js')).codesignCommand(),
  },
  optimize: {
    description:
      'Find the fastest way to run a model within its error budget on this machine, and write it as the next version with its report.',
    load: async () => (await import('./commands/optimize.js')).optimizeCommand(),
  },
  release: {
    description:
      'Let a new version in only when it is better: canary, blue-green, rolling, A/B, shadow; start, watch, stop, look up.',
    load: async () => (await import('./commands/release.js')).releaseCommand(),
  },
  versions: {
    description:
      'The registry of versions: which there are, in which stage, who put them there; two side by side; deletion of what nobody needs.',
    load: async () => (await import('./commands/versions.js')).versionsCommand(),
  },
  models: {
    description: 'List the models of the repository: versions, test error, age, and whether their digests hold.',
    load: async () => (await import('./commands/models.js')).modelsCommand(),
  },
  lint: {
    description: 'List everything that is wrong with the models of a repository, with line and mend.',
    load: async () => (await import('./commands/lint.js')).lintCommand(),
  },
};

async function program(args: readonly string[]): Promise<Command> {
  const galerkin = new Command('galerkin')
    .description(
      'From equations to production: solve, learn a surrogate, serve it, check every answer against the physics.',
    )
    .version(packageVersion())
    .addHelpText('after', epilogue)
    .showHelpAfterError('(--help shows the options)');
  for (const [name, { description, load }] of Object.entries(verbs)) {
    const command = args.includes(name) ? await load() : new Command(name);
    galerkin.addCommand(command.description(description));
  }
  throwInsteadOfExit(galerkin);
  return galerkin;
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const each of command.commands) throwInsteadOfExit(each);
}

/** Runs the command line; sets the process's exit code instead of throwing. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    const galerkin = await program(args);
    await galerkin.parseAsync([...args], { from: 'user' });
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
