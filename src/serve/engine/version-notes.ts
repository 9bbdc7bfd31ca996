// What is known of each version of each model: its state, and why.
import type { IndexEntry, VersionState } from './repository-control.js';

interface Note {
  readonly state: VersionState;
  readonly reason: string;
}

export interface VersionNotes {
  /** A model that the repository holds. */
  know(name: string): void;
  isKnown(name: string): boolean;
  set(name: string, version: string, state: VersionState, reason?: string): void;
  /** The model and all its versions are no more. */
  forget(name: string): void;
  stateOf(name: string, version: string): VersionState | undefined;
  /** Why it is in that state; '' where nobody said. */
  reasonOf(name: string, version: string): string;
  /** True if some version of some model is in one of these states. */
  some(...states: readonly VersionState[]): boolean;
  list(readyOnly: boolean): IndexEntry[];
}

export function versionNotes(): VersionNotes {
  const models = new Map<string, Map<string, Note>>();
  const entriesOf = (name: string, notes: ReadonlyMap<string, Note>, readyOnly: boolean): IndexEntry[] => {
    const versions = [...notes].filter(([, { state }]) => !readyOnly || state === 'READY');
    if (notes.size === 0 && !readyOnly) return [{ name }];
    return versions
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([version, { state, reason }]) => ({ name, version, state, ...(reason === '' ? {} : { reason }) }));
  };
  const know = (name: string): Map<string, Note> => {
    const notes = models.get(name) ?? new Map<string, Note>();
    models.set(name, notes);
    return notes;
  };
  return {
    know(name) {
      know(name);
    },
    isKnown: name => models.has(name),
    set(name, version, state, reason = '') {
      know(name).set(version, { state, reason });
    },
    forget(name) {
      models.delete(name);
    },
    stateOf: (name, version) => models.get(name)?.get(version)?.state,
    reasonOf: (name, version) => models.get(name)?.get(version)?.reason ?? '',
    some: (...states) =>
      [...models.values()].some(notes => [...notes.values()].some(({ state }) => states.includes(state))),
    list: readyOnly =>
      [...models].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, notes]) => entriesOf(name, notes, readyOnly)),
  };
}
