// Which version of which model answers now: a table that is swapped whole, so that every request sees one state of it.
import { GalerkinError } from '../../base/index.js';
import type { Origin } from '../routing/origin.js';
import type { Router } from '../routing/router.js';
import type { RunningModel } from './running-model.js';

export interface ModelTable {
  /** Every running version, by name, newest first. */
  readonly models: readonly RunningModel[];
  /**
   * The version asked for; or the one that the model's route chooses for a request from there; without `from` the one that
   * stands for the model, which is the route's stable version, or the newest of a model without a route.
   * @throws MODEL_UNKNOWN, MODEL_NOT_READY
   */
  find(name: string, version?: string, from?: Origin): RunningModel;
  /** What stands for the model, if it runs. */
  running(name: string): RunningModel | undefined;
  /** Versions of a model, newest first; none if it does not run. */
  versionsOf(name: string): readonly RunningModel[];
  /** Puts `versions` (newest first) in the place of all that runs under the name; requests that have begun keep what they have. */
  replace(name: string, versions: readonly RunningModel[]): void;
  /** From now on `router` chooses among the versions of the model, also among those that come later; undefined: the newest answers. */
  direct(name: string, router: Router | undefined): void;
  router(name: string): Router | undefined;
}

interface Entry {
  readonly versions: readonly RunningModel[];
  readonly router: Router | undefined;
}

const standingOf = ({ versions, router }: Entry): RunningModel | undefined =>
  router === undefined ? versions[0] : router.standing;

/** @param isKnown whether the repository has a model of that name, running or not. */
export function modelTable(isKnown: (name: string) => boolean): ModelTable {
  const byName = new Map<string, Entry>();
  let models: readonly RunningModel[] = [];
  const put = (name: string, { versions, router }: Entry): void => {
    if (versions.length === 0 && router === undefined) byName.delete(name);
    else byName.set(name, { versions, router });
    models = [...byName.keys()].sort().flatMap(each => byName.get(each)?.versions ?? []);
  };
  const missing = (name: string, version: string | undefined): GalerkinError => {
    const model = name.slice(0, 200);
    const isRunning = (byName.get(name)?.versions.length ?? 0) > 0;
    if (isRunning || isKnown(name)) return new GalerkinError('MODEL_NOT_READY', { model, version });
    const known = [...byName].flatMap(([each, { versions }]) => (versions.length > 0 ? [each] : []));
    return new GalerkinError('MODEL_UNKNOWN', { model, version, known });
  };
  return {
    get models() {
      return models;
    },
    running(name) {
      const entry = byName.get(name);
      return entry === undefined ? undefined : standingOf(entry);
    },
    versionsOf: name => byName.get(name)?.versions ?? [],
    find(name, version, from) {
      const entry = byName.get(name);
      let found: RunningModel | undefined;
      if (entry === undefined) found = undefined;
      else if (version !== undefined) found = entry.versions.find(({ served }) => served.version === version);
      else if (from === undefined || entry.router === undefined) found = standingOf(entry);
      else found = entry.router.choose(from);
      if (found !== undefined) return found;
      throw missing(name, version);
    },
    replace(name, versions) {
      put(name, { versions, router: byName.get(name)?.router?.over(versions) });
    },
    direct(name, router) {
      put(name, { versions: byName.get(name)?.versions ?? [], router });
    },
    router: name => byName.get(name)?.router,
  };
}
