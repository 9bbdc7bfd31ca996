// One thing at a time for each name; different names go on side by side.

export interface SerialByName {
  /** Runs `work` after all that was asked before under the same name has ended, whichever way. */
  run<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
  /** Resolves once nothing is under way under any name. */
  idle(): Promise<void>;
}

export function serialByName(): SerialByName {
  const last = new Map<string, Promise<unknown>>();
  return {
    run(name, work) {
      const before = last.get(name) ?? Promise.resolve();
      const result = before.then(work, work);
      const settled = result.then(
        () => undefined,
        () => undefined,
      );
      last.set(name, settled);
      void settled.then(() => {
        if (last.get(name) === settled) last.delete(name);
      });
      return result;
    },
    async idle() {
      while (last.size > 0) await Promise.all(last.values());
    },
  };
}
