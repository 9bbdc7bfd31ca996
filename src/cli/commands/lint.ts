// `galerkin lint`: everything that is wrong with a repository, at once, with the mend.
import { Command } from 'commander';
import { type Finding, lintRepository } from '../../model/index.js';
import { report } from '../output.js';

const badData = 65;

export function lintCommand(): Command {
  return new Command('lint')
    .argument('[directory]', 'folder that holds the model packages, or s3://bucket/prefix', '.galerkin/models')
    .option('--json', 'print one line of JSON', false)
    .action(lint);
}

async function lint(repository: string, { json }: { json: boolean }): Promise<void> {
  const findings = await lintRepository(repository);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  report(json, { repository, errors, warnings: findings.length - errors, findings }, () => text(repository, findings));
  if (errors > 0) process.exitCode = badData;
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

function text(repository: string, findings: readonly Finding[]): string {
  const lines = findings.map(({ file, line, column, severity, what, mend }) => {
    const place = line === undefined ? file : `${file}:${line}:${column}`;
    return `${place}: ${severity}: ${what}\n    ${mend}`;
  });
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const sum = `${counted(errors, 'error')}, ${counted(findings.length - errors, 'warning')} in ${repository}`;
  return [...lines, sum].join('\n');
}
