// What a candidate is held against: as asked for, what stands, or what the fleet really answers with; guessed only where nobody knows.
import { GalerkinError } from '../../base/index.js';
import { type ModelPackage, type Repository, servedVersions } from '../../model/index.js';
import type { Fleet } from '../replica.js';
import type { ReleaseSpec } from './document.js';
import type { Patience } from './patience.js';

export interface BaselineMeans {
  readonly repository: Repository;
  readonly fleet: Fleet;
  /** The stable version of the route that stands for a model. */
  readonly standing: (model: string) => Promise<number | undefined>;
  /** Replicas are asked in bounded time. */
  readonly bounded: Patience;
}

export interface Chosen {
  readonly version: number;
  readonly note?: string;
}

interface Answer {
  readonly replica: string;
  readonly version: number;
}

/** What answers requests of the model now, by replica; those that cannot be reached, or do not run it, have no say. */
async function answersOf(model: string, { fleet, bounded }: BaselineMeans): Promise<Answer[]> {
  const replicas = await fleet.replicas();
  const asked = await Promise.allSettled(
    replicas.map(async replica => {
      const { name } = replica;
      const version = await bounded(`standing ${model} ${name}`, name, () => replica.standing(model));
      return { replica: name, version };
    }),
  );
  return asked.flatMap(answer => {
    if (answer.status === 'rejected' || answer.value.version === undefined) return [];
    return [{ replica: answer.value.replica, version: answer.value.version }];
  });
}

const refused = (model: string, why: string): GalerkinError => new GalerkinError('RELEASE_REFUSED', { model, why });

/** The one version that all answers name; undefined without answers. @throws RELEASE_REFUSED where they differ */
function agreed(model: string, answers: readonly Answer[]): number | undefined {
  const [first] = answers;
  if (first === undefined || answers.every(({ version }) => version === first.version)) return first?.version;
  const each = answers.map(({ replica, version }) => `${replica} with version ${version}`).join(', ');
  const why = `its replicas answer with different versions (${each}): say 'baseline', the version that it is held against.`;
  throw refused(model, why);
}

const noRoute = 'no release has set a route of this model yet';

/** The candidate answers already: held against the only other version, or against one that somebody must name. */
function besideAnswering({ name, version }: ModelPackage, listed: readonly number[]): Chosen | undefined {
  const others = listed.filter(each => each !== version);
  const [only] = others;
  if (only === undefined) return undefined;
  if (others.length > 1) {
    const why = `version ${version} answers already, and any of ${others.length} others may have answered before it: say 'baseline', the version that it is held against.`;
    throw refused(name, why);
  }
  const note = `Version ${only} is the baseline, because ${noRoute} and it is the only other one. Version ${version} answers already: preparing takes that traffic back to version ${only}.`;
  return { version: only, note };
}

/** No replica says what answers: what one would load by the model's policy, else the newest below. */
function guessed({ config, version }: ModelPackage, listed: readonly number[]): Chosen | undefined {
  const why = `${noRoute}, no replica says what answers now,`;
  const [served] = servedVersions(config, listed).filter(each => each !== version);
  if (served !== undefined)
    return {
      version: served,
      note: `Version ${served} is the baseline, because ${why} and it is the newest other one that is served.`,
    };
  const [below] = listed.filter(each => each < version);
  if (below === undefined) return undefined;
  const note = `Version ${below} is the baseline, because ${why} and it is the newest below the candidate. A server without a route answers with version ${version}: preparing takes that traffic back to version ${below}.`;
  return { version: below, note };
}

/** Undefined where there is no other version. @throws RELEASE_REFUSED where it cannot be told which it is */
export async function baselineOf(
  spec: Pick<ReleaseSpec, 'model' | 'baseline'>,
  candidate: ModelPackage,
  means: BaselineMeans,
): Promise<Chosen | undefined> {
  const { model } = spec;
  if (spec.baseline !== undefined) return { version: spec.baseline };
  const stable = await means.standing(model);
  if (stable !== undefined) return { version: stable };
  const answering = agreed(model, await answersOf(model, means));
  if (answering !== undefined && answering !== candidate.version)
    return {
      version: answering,
      note: `Version ${answering} is the baseline, because it is what answers now; ${noRoute}.`,
    };
  const listed = (await means.repository.list()).find(({ name }) => name === model)?.versions ?? [];
  return answering === undefined ? guessed(candidate, listed) : besideAnswering(candidate, listed);
}
