// Events as they are written down, whoever writes them, told to those who listen in this process.
import type { SqlDatabase } from '../../store/index.js';
import { eventOf, findRelease } from './shelf.js';
import type { ReleaseEvent, ReleaseStatus } from './status.js';
import type { ReleaseTables } from './tables.js';

export type ToldEvent = ReleaseEvent & { readonly status: ReleaseStatus };

export interface Teller {
  subscribe(listener: (event: ToldEvent) => void): () => void;
  /** Looks for new events, if anybody listens. */
  tell(): Promise<void>;
}

/** PostgreSQL numbers rows before they are seen: one that comes late is looked for among so many numbers before the last. */
const lookBack = 200;
const atOnce = 500;

/** Tells what is written after `openTeller`. */
export async function openTeller(query: SqlDatabase<ReleaseTables>['query']): Promise<Teller> {
  const listeners = new Set<(event: ToldEvent) => void>();
  const newest = async (): Promise<number> => {
    const row = await query
      .selectFrom('release_event')
      .select(({ fn }) => fn.max('number').as('number'))
      .executeTakeFirst();
    return row?.number ?? 0;
  };
  const first = await newest();
  let last = first;
  let told = new Set<number>();

  const fresh = async () => {
    const rows = await query
      .selectFrom('release_event')
      .selectAll()
      .where('number', '>', Math.max(first, last - lookBack))
      .orderBy('number')
      .limit(atOnce)
      .execute();
    return rows.filter(({ number }) => !told.has(number));
  };

  return {
    subscribe(listener) {
      const each = (event: ToldEvent): void => listener(event);
      listeners.add(each);
      return () => {
        listeners.delete(each);
      };
    },
    async tell() {
      if (listeners.size === 0) {
        // Nobody listens: who comes later hears what is written later.
        last = await newest();
        return;
      }
      const rows = await fresh();
      const statuses = new Map<string, ReleaseStatus | undefined>();
      for (const row of rows) {
        if (!statuses.has(row.release)) statuses.set(row.release, (await findRelease(query, row.release))?.status);
        const status = statuses.get(row.release);
        told.add(row.number);
        last = Math.max(last, row.number);
        if (status !== undefined) for (const listener of listeners) listener({ ...eventOf(row), status });
      }
      if (told.size > 4 * lookBack) told = new Set([...told].filter(number => number > last - lookBack));
    },
  };
}
