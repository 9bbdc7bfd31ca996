// Calls to replicas in bounded time: one that hangs costs its limit once, and is not waited for again while it hangs.
import { GalerkinError, type Timers } from '../../base/index.js';

/** Runs work under a key: at most one at a time of each key. @throws REPLICA_UNREACHABLE past the limit, or while it hangs */
export type Patience = <Result>(key: string, replica: string, work: () => Promise<Result>) => Promise<Result>;

/** A call that has hung for so many limits is given up, and a new one tried. */
const giveUpLimits = 30;

export function patience({ timers, limitMs }: { readonly timers: Timers; readonly limitMs: number }): Patience {
  const hanging = new Map<string, object>();
  return async (key, replica, work) => {
    if (hanging.has(key))
      throw new GalerkinError('REPLICA_UNREACHABLE', { replica, why: 'an earlier call still hangs' });
    const call = {};
    hanging.set(key, call);
    const forget = (): void => {
      if (hanging.get(key) === call) hanging.delete(key);
    };
    let callOff = (): void => {};
    const limit = new Promise<never>((_, reject) => {
      const why = `nothing came in ${limitMs} ms`;
      callOff = timers.after(limitMs, () => {
        reject(new GalerkinError('REPLICA_UNREACHABLE', { replica, why }));
        callOff = timers.after(limitMs * giveUpLimits, forget);
      });
    });
    // In a promise from the first: work that throws at once must call the limit off too.
    const done = Promise.resolve()
      .then(work)
      .finally(() => {
        callOff();
        forget();
      });
    return Promise.race([done, limit]);
  };
}
