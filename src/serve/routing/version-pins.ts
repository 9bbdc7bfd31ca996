// Versions that are to stay loaded because a route names them, whatever the model's own policy says.

export interface VersionPins {
  of(name: string): ReadonlySet<number>;
  /** From now on these are wanted, until the function that it gives is called. */
  pin(name: string, versions: readonly number[]): () => void;
}

const none: ReadonlySet<number> = new Set();

export function versionPins(): VersionPins {
  const byName = new Map<string, Set<readonly number[]>>();
  return {
    of(name) {
      const wanted = byName.get(name);
      return wanted === undefined ? none : new Set([...wanted].flat());
    },
    pin(name, versions) {
      const wanted = byName.get(name) ?? new Set();
      byName.set(name, wanted);
      const own = [...versions];
      wanted.add(own);
      return () => {
        wanted.delete(own);
      };
    },
  };
}
