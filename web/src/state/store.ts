// A value that can be watched; the smallest store that lets one change redraw only who reads it.
import { useEffect, useState } from 'preact/hooks';

export interface Store<State> {
  readonly get: () => State;
  /** Merges the change and tells the watchers. */
  readonly set: (change: Partial<State>) => void;
  readonly subscribe: (watcher: () => void) => () => void;
}

export function createStore<State extends object>(initial: State): Store<State> {
  let state = initial;
  const watchers = new Set<() => void>();
  return {
    get: () => state,
    set: change => {
      state = { ...state, ...change };
      for (const watcher of watchers) watcher();
    },
    subscribe: watcher => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}

/** The part of the state that `select` names; redraws when that part is another value. */
export function useStore<State extends object, Part>(store: Store<State>, select: (state: State) => Part): Part {
  const [, redraw] = useState<unknown>();
  const part = select(store.get());
  useEffect(() => store.subscribe(() => redraw(() => select(store.get()))), [store]);
  return part;
}
