// Models come and go: read, open, warm, swap, drain; one thing at a time for each name, and the old serves until the new is ready.
import { GalerkinError, isGalerkinError } from '../../base/index.js';
import { type ModelPackage, servedVersions } from '../../model/index.js';
import { memberNames } from '../ensembles/open-ensemble.js';
import { faultChannel } from '../statistics/channels.js';
import { lifecycleChannel } from './lifecycle-events.js';
import { membersFirst, outermost } from './members-first.js';
import { openVersion } from './open-version.js';
import type { LoadOverride } from './repository-control.js';
import type { RunningModel } from './running-model.js';
import { serialByName } from './serial-by-name.js';
import { type LifecycleParts, reasonFor, versionOpener, versionsIn } from './version-opener.js';

/** Why a version is unavailable that was unloaded on purpose. */
export const unloaded = 'unloaded';

const newestFirst = (models: readonly RunningModel[]): RunningModel[] =>
  [...models].sort((a, b) => b.package.version - a.package.version);

export interface Lifecycle {
  /** @throws MODEL_LOAD_FAILED; what ran before goes on. */
  load(name: string, override?: LoadOverride): Promise<void>;
  unload(name: string): Promise<void>;
  /** Loads those of these versions that do not run, beside all that does. @throws MODEL_LOAD_FAILED; nothing has changed then */
  bring(name: string, versions: readonly number[]): Promise<void>;
  /** Lets go of those of these versions that neither the model's own policy nor a pin wants. */
  release(name: string, versions: readonly number[]): Promise<void>;
  /** More instances of a version that runs, beside its own, which `dismiss` ends. @throws as opening a version does */
  openBeside(model: RunningModel): Promise<RunningModel>;
  /** Ends such instances when what they have in hand is done. */
  dismiss(twin: RunningModel): void;
  /** Names that other running models need, so that unloading those lets these go too. */
  dependenciesOf(name: string): readonly string[];
  /** Drains everything that runs. */
  close(drainTimeoutMs: number): Promise<void>;
}

export function lifecycle(parts: LifecycleParts): Lifecycle {
  const { repository, notes, workshop, pins } = parts;
  const { table, config, clock, timers } = workshop;
  const { readVersions, openAll } = versionOpener(parts);
  const inTurn = serialByName();
  const leaving = new Set<Promise<void>>();
  let isClosing = false;

  /** Its requests, and sequences that were begun in it, are finished first. */
  const endOf = ({ leases, scheduler }: RunningModel, drainTimeoutMs: number): Promise<void> => {
    leases.isLeaving = true;
    if (leases.count === 0) return scheduler.close(drainTimeoutMs);
    const untilMs = clock.monotonic() + drainTimeoutMs;
    const given = leases.allGiven(drainTimeoutMs, timers);
    return given.then(() => scheduler.close(Math.max(0, untilMs - clock.monotonic())));
  };

  const leave = (model: RunningModel, drainTimeoutMs: number): Promise<void> => {
    const { name, version } = model.served;
    const done = endOf(model, drainTimeoutMs).then(() => {
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

  const bringMembers = membersFirst(member =>
    inTurn.run(member, async () => {
      if (table.running(member) === undefined) await load(member);
    }),
  );

  /** Tells of a load that failed, in the words of the protocol. */
  const failLoading = (name: string, error: unknown): unknown => {
    faultChannel.publish(() => ({ model: name, what: 'a model could not be loaded', reason: reasonFor(error) }));
    lifecycleChannel.publish(() => ({ model: name, version: '', what: 'failed', reason: reasonFor(error) }));
    if (!isGalerkinError(error)) return error;
    return new GalerkinError('MODEL_LOAD_FAILED', { model: name.slice(0, 200), why: error.message }, { cause: error });
  };

  /** Opens versions beside those that run. */
  const addVersions = async (name: string, versions: readonly number[]): Promise<void> => {
    const runs = (version: number): boolean =>
      table.versionsOf(name).some(({ served }) => served.version === String(version));
    const packages = await Promise.all(
      versions.filter(version => !runs(version)).map(version => repository.read(name, version)),
    );
    if (packages.length === 0) return;
    await bringMembers(name, packages);
    const opened = await openAll(packages);
    void replace(name, newestFirst([...table.versionsOf(name), ...opened]));
  };

  /** Where a load as a whole has failed and nothing runs: those versions that a route names and that do open. */
  const rescue = async (name: string): Promise<boolean> => {
    if (table.versionsOf(name).length > 0) return false;
    for (const version of pins.of(name)) {
      await addVersions(name, [version]).catch((error: unknown) => {
        notes.set(name, String(version), 'UNAVAILABLE', reasonFor(error));
      });
    }
    return table.versionsOf(name).length > 0;
  };

  /** Versions that a route names stay, also where a load does not bring them. */
  const keptBeside = (name: string, packages: readonly ModelPackage[]): readonly RunningModel[] => {
    const pinned = pins.of(name);
    if (pinned.size === 0) return [];
    const brought = new Set(packages.map(({ version }) => version));
    return table.versionsOf(name).filter(({ package: { version } }) => pinned.has(version) && !brought.has(version));
  };

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
      const opened = await openAll(packages);
      void replace(name, newestFirst([...opened, ...keptBeside(name, packages)]));
    } catch (error) {
      const failure = failLoading(name, error);
      if (!(await rescue(name))) throw failure;
    }
  };

  /** Of these versions, those that nothing wants leave. */
  const dropVersions = async (name: string, versions: readonly number[]): Promise<void> => {
    const running = table.versionsOf(name);
    const [newest] = running;
    if (newest === undefined) return;
    const policy = servedVersions(newest.package.config, await versionsIn(repository, name));
    const pinned = pins.of(name);
    const isWanted = (version: number): boolean =>
      !versions.includes(version) || policy.includes(version) || pinned.has(version);
    const next = running.filter(model => isWanted(model.package.version));
    if (next.length > 0 && next.length < running.length) void replace(name, next);
  };

  const dependenciesOf = (name: string): readonly string[] => [
    ...new Set(table.versionsOf(name).flatMap(model => memberNames(model.package))),
  ];

  return {
    load(name, override) {
      if (isClosing) return Promise.reject(new GalerkinError('MODEL_STOPPING', { model: name, version: 'any' }));
      return inTurn.run(name, () => load(name, override));
    },
    bring(name, versions) {
      if (isClosing) return Promise.reject(new GalerkinError('MODEL_STOPPING', { model: name, version: 'any' }));
      return inTurn.run(name, () =>
        addVersions(name, versions).catch((error: unknown) => {
          throw failLoading(name, error);
        }),
      );
    },
    async release(name, versions) {
      if (isClosing) return;
      await inTurn
        .run(name, () => dropVersions(name, versions))
        .catch((error: unknown) => {
          faultChannel.publish(() => ({ model: name, what: 'versions could not be let go', reason: reasonFor(error) }));
        });
    },
    openBeside(model) {
      const { name } = model.served;
      const stopping = () => new GalerkinError('MODEL_STOPPING', { model: name, version: 'any' });
      if (isClosing) return Promise.reject(stopping());
      const opening = inTurn.run(name, async () => {
        const twin = await openVersion(model.package, workshop, model);
        if (!isClosing) return twin;
        // Nobody would end it any more.
        await twin.scheduler.close(0);
        throw stopping();
      });
      return opening.catch((error: unknown) => {
        faultChannel.publish(() => ({ model: name, what: 'no fresh baseline', reason: reasonFor(error) }));
        throw error;
      });
    },
    dismiss(twin) {
      const done = endOf(twin, config.drainTimeoutMs).then(() => {
        leaving.delete(done);
      });
      leaving.add(done);
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
