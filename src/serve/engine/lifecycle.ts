// Models come and go: read, open, warm, swap, drain; one thing at a time for each name, and the old serves until the new is ready.
import { GalerkinError, isGalerkinError } from '../../base/index.js';
import { type ModelPackage, type Repository, servedVersions } from '../../model/index.js';
import { memberNames } from '../ensembles/open-ensemble.js';
import { faultChannel } from '../statistics/channels.js';
import { lifecycleChannel } from './lifecycle-events.js';
import { membersFirst, outermost } from './members-first.js';
import { openVersion, type Workshop } from './open-version.js';
import type { LoadOverride } from './repository-control.js';
import type { RunningModel } from './running-model.js';
import { serialByName } from './serial-by-name.js';
import type { VersionNotes } from './version-notes.js';

/** Why a version is unavailable that was unloaded on purpose. */
export const unloaded = 'unloaded';

const reasonFor = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Versions that a load brings along, or else those that lie in the repository. */
async function versionsIn(repository: Repository, name: string, override?: LoadOverride): Promise<readonly number[]> {
  const brought = [...(override?.files?.keys() ?? [])].flatMap(path => /^[1-9]\d{0,14}(?=\/)/.exec(path)?.[0] ?? []);
  if (brought.length > 0) return [...new Set(brought)].map(Number);
  return (await repository.list()).find(model => model.name === name)?.versions ?? [];
}

export interface Lifecycle {
  /** @throws MODEL_LOAD_FAILED; what ran before goes on. */
  load(name: string, override?: LoadOverride): Promise<void>;
  unload(name: string): Promise<void>;
  /** Names that other running models need, so that unloading those lets these go too. */
  dependenciesOf(name: string): readonly string[];
  /** Drains everything that runs. */
  close(drainTimeoutMs: number): Promise<void>;
}

export function lifecycle(repository: Repository, notes: VersionNotes, workshop: Workshop): Lifecycle {
  const { table, config } = workshop;
  const inTurn = serialByName();
  const leaving = new Set<Promise<void>>();
  let isClosing = false;

  const leave = (model: RunningModel, drainTimeoutMs: number): Promise<void> => {
    const { name, version } = model.served;
    const done = model.scheduler.close(drainTimeoutMs).then(() => {
      leaving.delete(done);
      workshop.cache?.release(model.cached);
      const runsAgain = table.versionsOf(name).some(({ served }) => served.version === version);
      if (!runsAgain && notes.stateOf(name, version) === 'UNLOADING') notes.set(name, version, 'UNAVAILABLE', unloaded);
      lifecycleChannel.publish(() => ({ model: name, version, what: 'unloaded', reason: '' }));
    });
    leaving.add(done);
    return done;
  };

  /** Swaps what runs under a name, then lets the old finish what it has. @returns when the old is gone */
  const replace = (name: string, next: readonly RunningModel[]): Promise<unknown> => {
    const old = table.versionsOf(name).filter(model => !next.includes(model));
    const fresh = next.filter(model => !table.versionsOf(name).includes(model));
    table.replace(name, next);
    for (const { served } of next) notes.set(name, served.version, 'READY');
    for (const { served } of fresh)
      lifecycleChannel.publish(() => ({ model: name, version: served.version, what: 'loaded', reason: '' }));
    const gone = old.map(model => {
      const stays = next.some(({ served }) => served.version === model.served.version);
      if (!stays) notes.set(name, model.served.version, 'UNLOADING');
      return leave(model, config.drainTimeoutMs);
    });
    return Promise.all(gone);
  };

  const readVersions = async (name: string, override?: LoadOverride): Promise<ModelPackage[]> => {
    const newest = await repository.read(name, undefined, override);
    const wanted = servedVersions(newest.config, await versionsIn(repository, name, override));
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

  const bringMembers = membersFirst(member =>
    inTurn.run(member, async () => {
      if (table.running(member) === undefined) await load(member);
    }),
  );

  const load = async (name: string, override?: LoadOverride): Promise<void> => {
    try {
      const packages = await readVersions(name, override).catch(async (error: unknown) => {
        const [newest] = await versionsIn(repository, name, override);
        const version = String(newest);
        if (newest !== undefined && notes.stateOf(name, version) !== 'READY')
          notes.set(name, version, 'UNAVAILABLE', reasonFor(error));
        throw error;
      });
      await bringMembers(name, packages);
      void replace(name, await openAll(packages));
    } catch (error) {
      faultChannel.publish(() => ({ model: name, what: 'a model could not be loaded', reason: reasonFor(error) }));
      lifecycleChannel.publish(() => ({ model: name, version: '', what: 'failed', reason: reasonFor(error) }));
      if (!isGalerkinError(error)) throw error;
      throw new GalerkinError('MODEL_LOAD_FAILED', { model: name.slice(0, 200), why: error.message }, { cause: error });
    }
  };

  const dependenciesOf = (name: string): readonly string[] => [
    ...new Set(table.versionsOf(name).flatMap(model => memberNames(model.package))),
  ];

  return {
    load(name, override) {
      if (isClosing) return Promise.reject(new GalerkinError('MODEL_STOPPING', { model: name, version: 'any' }));
      return inTurn.run(name, () => load(name, override));
    },
    unload: name =>
      inTurn.run(name, async () => {
        const isAsking = dependenciesOf(name).length > 0;
        const gone = replace(name, []);
        // Its requests in flight still need its members.
        if (isAsking) await gone;
      }),
    dependenciesOf,
    async close(drainTimeoutMs) {
      isClosing = true;
      // What is being opened would otherwise be swapped in after everything else has gone, and stay.
      await inTurn.idle();
      while (table.models.length > 0) {
        const first = outermost(table.models);
        for (const { served } of first) table.replace(served.name, []);
        await Promise.all(first.map(model => leave(model, drainTimeoutMs)));
      }
      await Promise.all(leaving);
    },
  };
}
