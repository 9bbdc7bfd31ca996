// `galerkin models`: what is in the repository, with every file's digest verified.
import { Command } from 'commander';
import { isGalerkinError } from '../../base/index.js';
import { listModels, readPackage } from '../../model/index.js';
import { repositoryFlag } from '../folders.js';
import { percent, report, table } from '../output.js';

interface ModelRow {
  readonly name: string;
  readonly version: string;
  readonly backend: string;
  readonly testError: number | undefined;
  readonly createdAt: string | undefined;
  readonly status: string;
}

export function modelsCommand(): Command {
  return new Command('models')
    .addOption(repositoryFlag())
    .option('--json', 'print one line of JSON', false)
    .action(models);
}

async function models({ repository, json }: { repository: string; json: boolean }): Promise<void> {
  const rows: ModelRow[] = [];
  for (const { name, versions } of await listModels(repository)) {
    for (const version of versions) rows.push(await describeVersion(repository, name, version));
  }
  report(json, { repository, models: rows }, () => text(repository, rows));
}

async function describeVersion(repository: string, name: string, version: number): Promise<ModelRow> {
  try {
    const { config, manifest } = await readPackage(repository, name, version);
    return {
      name,
      version: String(version),
      backend: config.backend,
      testError: manifest?.metrics.testError,
      createdAt: manifest?.lineage.createdAt,
      status: 'ok',
    };
  } catch (error) {
    if (!isGalerkinError(error)) throw error;
    return {
      name,
      version: String(version),
      backend: '',
      testError: undefined,
      createdAt: undefined,
      status: error.message,
    };
  }
}

function text(repository: string, rows: readonly ModelRow[]): string {
  if (rows.length === 0) return `No models in ${repository}. Make one with 'galerkin learn darcy' or 'npm start'.`;
  const body = rows.map(({ name, version, backend, testError, createdAt, status }) => [
    name,
    version,
    backend,
    testError === undefined ? '–' : percent(testError),
    createdAt ?? '–',
    status,
  ]);
  return table([['model', 'version', 'backend', 'test error', 'created', 'status'], ...body]);
}
