// What was chosen becomes a version of a package: the next one beside the model that was optimized, or the first in another repository.
import { GalerkinError } from '../../base/index.js';
import {
  listModels,
  type ModelConfig,
  modelConfig,
  type PackageDraft,
  servedVersions,
  withRuntime,
  writePackage,
} from '../../model/index.js';
import { htmlReport } from '../report/html.js';
import type { TuneReport } from '../report/tune-report.js';
import { manifestOf, plainModelFile, runtimeOf } from './published-manifest.js';
import type { Source } from './source.js';
import type { Tuned } from './tune.js';

export interface Published {
  readonly name: string;
  readonly version: number;
  readonly repository: string;
  /** The version's folder. */
  readonly folder: string;
  /** Whether the model's version_policy lets it in. */
  readonly isServed: boolean;
}

export interface PublishTerms {
  /** Another repository; by default that of the package. Files need one. */
  readonly output?: string | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** Files of a version that tell how it came to be. */
export const reportFiles = { json: 'optimization.json', html: 'optimization.html' } as const;

async function filesOf({ package: model }: Source, { report, bytes }: Tuned): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  const program = model.modelFile ?? plainModelFile;
  const replaced: readonly string[] = [program, ...model.externalData, ...Object.values(reportFiles)];
  for (const file of model.files) if (!replaced.includes(file)) files[file] = await model.file(file);
  const text = new TextEncoder();
  return {
    ...files,
    [program]: bytes,
    [reportFiles.json]: text.encode(`${JSON.stringify(report, undefined, 2)}\n`),
    [reportFiles.html]: text.encode(htmlReport(report)),
  };
}

/** What lies beside the versions is not copied. */
function assertAlone({ package: { name, config } }: Source): void {
  const beside = config.output.some(({ label_filename: file }) => file !== '') || config.model_warmup.length > 0;
  if (!beside) return;
  throw new GalerkinError('OPTIMIZE_INPUT_INVALID', {
    what: `model '${name}'`,
    wanted: 'no other repository (leave out the output)',
    got: 'labels or warm-up data beside its versions, which are not copied',
  });
}

/** A configuration for a repository that does not have the model yet: what was measured, in Triton's own fields. */
function freshConfig({ package: { config }, repository }: Source, report: TuneReport): ModelConfig {
  const largest = Math.max(4, ...report.trials.map(({ settings }) => settings.batch));
  const isImported = repository === undefined && config.max_batch_size > 0;
  const sized = modelConfig(
    isImported ? { ...config, max_batch_size: Math.min(config.max_batch_size, largest) } : config,
  );
  return withRuntime(sized, runtimeOf(report));
}

/**
 * Writes the chosen model as a version, with guard, samples, lineage and both reports. In its own repository the model's
 * config.pbtxt stays as it is, and the settings are the version's own; in another one a new model gets them as its config.pbtxt too.
 * @throws TARGET_MISSED if the report says so; OPTIMIZE_INPUT_INVALID, PACKAGE_VERSION_EXISTS, FILE_WRITE_FAILED
 */
export async function publishTuned(source: Source, tuned: Tuned, { output, nowMs }: PublishTerms): Promise<Published> {
  const { report } = tuned;
  const { name } = source.package;
  if (report.status === 'missed') {
    throw new GalerkinError('TARGET_MISSED', { model: name, targets: report.targets.filter(({ isMet }) => !isMet) });
  }
  const repository = output ?? source.repository;
  if (repository === undefined) {
    throw new GalerkinError('OPTIMIZE_INPUT_INVALID', {
      what: 'the output',
      wanted: 'a repository for the new model',
      got: 'none',
    });
  }
  if (repository !== source.repository) assertAlone(source);
  const versions = (await listModels(repository)).find(model => model.name === name)?.versions ?? [];
  const version = (versions[0] ?? 0) + 1;
  const keepConfig = versions.length > 0;
  const draft: PackageDraft = {
    config: keepConfig ? source.package.config : freshConfig(source, report),
    keepConfig,
    version,
    files: await filesOf(source, tuned),
    manifest: manifestOf(source, report, nowMs),
  };
  const isServed = servedVersions(draft.config, [version, ...versions]).includes(version);
  return { name, version, repository, folder: await writePackage(repository, draft), isServed };
}
