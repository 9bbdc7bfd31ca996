// Which version of which model answers now: a table that is swapped whole, so that every request sees one state of it.
import { GalerkinError } from '../../base/index.js';
import type { RunningModel } from './running-model.js';

export interface ModelTable {
  /** Every running version, by name, newest first. */
  readonly models: readonly RunningModel[];
  /** The version asked for, or the newest. @throws MODEL_UNKNOWN, MODEL_NOT_READY */
  find(name: string, version?: string): RunningModel;
  running(name: string): RunningModel | undefined;
  /** Versions of a model, newest first; none if it does not run. */
  versionsOf(name: string): readonly RunningModel[];
  /** Puts `versions` (newest first) in the place of all that runs under the name; requests that have begun keep what they have. */
  replace(name: string, versions: readonly RunningModel[]): void;
}

/** @param isKnown whether the repository has a model of that name, running or not. */
export function modelTable(isKnown: (name: string) => boolean): ModelTable {
  const byName = new Map<string, readonly RunningModel[]>();
  let models: readonly RunningModel[] = [];
  const running = (name: string): RunningModel | undefined => byName.get(name)?.[0];
  return {
    get models() {
      return models;
    },
    running,
    versionsOf: name => byName.get(name) ?? [],
    find(name, version) {
      const versions = byName.get(name);
      const found = version === undefined ? versions?.[0] : versions?.find(({ served }) => served.version === version);
      if (found !== undefined) return found;
      const model = name.slice(0, 200);
      if (versions === undefined && !isKnown(name)) {
        throw new GalerkinError('MODEL_UNKNOWN', { model, version, known: [...byName.keys()] });
      }
      throw new GalerkinError('MODEL_NOT_READY', { model, version });
    },
    replace(name, versions) {
      if (versions.length === 0) byName.delete(name);
      else byName.set(name, versions);
      models = [...byName.keys()].sort().flatMap(each => byName.get(each) ?? []);
    },
  };
}
