// Transactions as if one ran after the other: where the database says that another was faster, all of the work again.
import type { Kysely } from 'kysely';
import { GalerkinError, type Timers } from '../../base/index.js';
import type { SqlDatabase, SqlEngine } from './database.js';
import { sqlCode } from './faults.js';

const maxAttempts = 10;
/** Serialisation failure and deadlock (SQLSTATE): nothing was done, and the same again may succeed. */
const beaten: ReadonlySet<string> = new Set(['40001', '40P01']);
const pauseMs = (attempt: number): number => Math.min(100, 2 ** attempt);

const pause = (timers: Timers, ms: number): Promise<void> =>
  new Promise(resolve => {
    timers.after(ms, resolve);
  });

/**
 * On PostgreSQL at isolation level serializable; on the embedded file one after the other. Work may run up to ten times,
 * so it should do nothing outside the database. Inside it, use only the query that it is given: another waits for the
 * end of this transaction on the embedded file, until it is refused after `waitMs`.
 */
export function transactions<Tables>(
  query: Kysely<Tables>,
  { engine, place, timers }: { engine: SqlEngine; place: string; timers: Timers },
): SqlDatabase<Tables>['transaction'] {
  const begin = () => {
    const builder = query.transaction();
    return engine === 'postgres' ? builder.setIsolationLevel('serializable') : builder;
  };
  return async work => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await begin().execute(work);
      } catch (cause) {
        if (!beaten.has(sqlCode(cause))) throw cause;
        if (attempt === maxAttempts) {
          const why = `others were faster ${maxAttempts} times in a row`;
          throw new GalerkinError('DATABASE_FAILED', { place, what: 'finish a transaction', why }, { cause });
        }
      }
      await pause(timers, pauseMs(attempt));
    }
  };
}
