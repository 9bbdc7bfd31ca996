// Which versions of a model are to run, read and opened together: all of them, or none.
import { GalerkinError } from '../../base/index.js';
import { type ModelPackage, type Repository, servedVersions } from '../../model/index.js';
import type { VersionPins } from '../routing/version-pins.js';
import { openVersion, type Workshop } from './open-version.js';
import type { LoadOverride } from './repository-control.js';
import type { RunningModel } from './running-model.js';
import type { VersionNotes } from './version-notes.js';

export const reasonFor = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Versions that a load brings along, or else those that lie in the repository. */
export async function versionsIn(
  repository: Repository,
  name: string,
  override?: LoadOverride,
): Promise<readonly number[]> {
  const brought = [...(override?.files?.keys() ?? [])].flatMap(path => /^[1-9]\d{0,14}(?=\/)/.exec(path)?.[0] ?? []);
  if (brought.length > 0) return [...new Set(brought)].map(Number);
  return (await repository.list()).find(model => model.name === name)?.versions ?? [];
}

export interface LifecycleParts {
  readonly repository: Repository;
  readonly notes: VersionNotes;
  readonly workshop: Workshop;
  readonly pins: VersionPins;
}

export interface VersionOpener {
  readVersions(name: string, override?: LoadOverride): Promise<ModelPackage[]>;
  openAll(packages: readonly ModelPackage[]): Promise<RunningModel[]>;
}

export function versionOpener({ repository, notes, workshop, pins }: LifecycleParts): VersionOpener {
  const { table } = workshop;
  /** The packages of a model that its policy and its pins want, newest first. */
  const readVersions = async (name: string, override?: LoadOverride): Promise<ModelPackage[]> => {
    const newest = await repository.read(name, undefined, override);
    const there = await versionsIn(repository, name, override);
    const pinned = pins.of(name);
    const policy = servedVersions(newest.config, there);
    const wanted = there.filter(version => policy.includes(version) || pinned.has(version)).sort((a, b) => b - a);
    if (wanted.length === 0) {
      throw new GalerkinError('MODEL_UNSERVABLE', {
        model: name,
        why: 'its version_policy lets in none of its versions',
      });
    }
    return Promise.all(
      wanted.map(version => (version === newest.version ? newest : repository.read(name, version, override))),
    );
  };

  /** Opens all, or none: versions that run unchanged are kept as they are. @throws the first fault */
  const openAll = async (packages: readonly ModelPackage[]): Promise<RunningModel[]> => {
    const opened = await Promise.allSettled(
      packages.map(async model => {
        const version = String(model.version);
        const same = table
          .versionsOf(model.name)
          .find(each => each.package.digest === model.digest && each.served.version === version);
        if (same !== undefined) return same;
        if (notes.stateOf(model.name, version) !== 'READY') notes.set(model.name, version, 'LOADING');
        return openVersion(model, workshop);
      }),
    );
    const running = opened.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
    const failed = opened.findIndex(result => result.status === 'rejected');
    const fault = opened[failed];
    if (fault?.status !== 'rejected') return running;
    const kept = new Set(running.flatMap(({ served }) => table.versionsOf(served.name)));
    await Promise.all(running.filter(model => !kept.has(model)).map(({ scheduler }) => scheduler.close(0)));
    packages.forEach((model, place) => {
      const version = String(model.version);
      const result = opened[place];
      const reason = result?.status === 'rejected' ? reasonFor(result.reason) : 'another version did not load';
      if (notes.stateOf(model.name, version) === 'LOADING') notes.set(model.name, version, 'UNAVAILABLE', reason);
    });
    throw fault.reason;
  };

  return { readVersions, openAll };
}
