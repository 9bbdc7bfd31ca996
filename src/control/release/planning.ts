// A document held against what there is: versions, stages, what can be judged, and why it would be refused.
import { faultLines, GalerkinError } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import type { Criterion, JudgeConfig } from '../judge/judgement.js';
import { type BaselineMeans, baselineOf } from './baseline.js';
import { type ReleaseDocument, type ReleaseSpec, releaseSchema } from './document.js';
import { measurableOf } from './measurable.js';
import type { ReleasePlan } from './releases.js';
import { signatureFaults } from './signatures.js';
import type { Stage } from './status.js';
import { stagesOf } from './strategies/stages-of.js';

/** A plan with what it was made from. */
export interface Planned {
  readonly spec: ReleaseSpec;
  readonly plan: ReleasePlan;
  readonly judging: JudgeConfig;
  readonly members: readonly string[];
}

/** Checks a document. @throws RELEASE_INVALID with all faults */
export function parseRelease(document: unknown, path = 'The document'): ReleaseSpec {
  const parsed = releaseSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new GalerkinError('RELEASE_INVALID', { path, faults: faultLines(parsed.error) });
}

const isCopying = (stages: readonly Stage[]): boolean => stages.some(({ mirrorShare }) => mirrorShare > 0);

/** Why copies of requests would not be answers that can be compared. */
function copyFaults({ config }: ModelPackage): string[] {
  if (config.sequence_batching !== undefined) return ['requests of sequences cannot be copied: set the mirror to 0%'];
  if (config.model_transaction_policy?.decoupled === true)
    return ['requests with many answers cannot be compared: set the mirror to 0%'];
  return [];
}

interface Pair {
  readonly spec: ReleaseSpec;
  readonly stages: readonly Stage[];
  readonly candidate: ModelPackage;
  readonly baseline: ModelPackage;
}

async function faultsOf({ spec, stages, candidate, baseline }: Pair, means: BaselineMeans): Promise<string[]> {
  const { model, truth } = spec;
  const faults: string[] = [];
  if (candidate.version === baseline.version) faults.push(`version ${candidate.version} would be held against itself`);
  const signatures = signatureFaults(baseline, candidate);
  if (signatures.length > 0)
    faults.push(
      `version ${candidate.version} has another signature than version ${baseline.version}: ${signatures.join('; ')}`,
    );
  if (isCopying(stages)) faults.push(...copyFaults(candidate));
  if (truth === undefined) return faults;
  const models = (await means.repository.list()).map(({ name }) => name);
  if (!models.includes(truth.model)) faults.push(`the repository has no model '${truth.model}' to ask for the truth`);
  if (truth.model === model) faults.push('a model cannot be its own truth');
  return faults;
}

const shown = ({ metric, margin, leastMs = 0, advisory }: Criterion): string =>
  `${metric}, margin ${margin}${leastMs > 0 ? ` or ${leastMs} ms` : ''}${advisory ? ', advisory' : ''}`;

/** @throws RELEASE_INVALID, PACKAGE_UNKNOWN, PACKAGE_VERSION_UNKNOWN; RELEASE_REFUSED where there is nothing to compare with */
export async function planRelease(document: ReleaseDocument, means: BaselineMeans): Promise<Planned> {
  const spec = parseRelease(document);
  const { repository, fleet } = means;
  const { model } = spec;
  const candidate = await repository.read(model, spec.version);
  const chosen = await baselineOf(spec, candidate, means);
  if (chosen === undefined) {
    const why = `version ${candidate.version} is the only one, so there is nothing to hold it against.`;
    throw new GalerkinError('RELEASE_REFUSED', { model, why });
  }
  const baseline = await repository.read(model, chosen.version);
  const members = (await fleet.replicas()).map(({ name }) => name);
  const stages = stagesOf(spec, { replicas: Math.max(1, members.length) });
  const { judged, notJudged } = measurableOf({ spec, stages, packages: [baseline, candidate] });
  const faults = await faultsOf({ spec, stages, candidate, baseline }, means);
  if (judged.length === 0) faults.push('none of the criteria can be measured');
  const plan = {
    model,
    candidate: candidate.version,
    baseline: baseline.version,
    stages,
    longestMs: stages.reduce((sum, { holdMs }) => sum + holdMs, 0),
    judged: judged.map(shown),
    notJudged,
    faults,
    notes: chosen.note === undefined ? [] : [chosen.note],
  };
  return { spec, plan, judging: { ...spec.judge, criteria: judged }, members };
}

/** In a sentence: what is judged, and what is not and why. */
export function judgedShown({ judged, notJudged }: ReleasePlan): string {
  const missing = notJudged.map(({ metric, why }) => `${metric} (${why})`).join('; ');
  return `Judged: ${judged.join('; ')}.${missing === '' ? '' : ` Not judged: ${missing}.`}`;
}
