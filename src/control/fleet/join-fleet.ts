// Replicas that find each other in one database: each writes down where it is, again and again; who stops doing so has left.
import { randomUUID } from 'node:crypto';
import type { RawBuilder } from 'kysely';
import { GalerkinError, type Timers } from '../../base/index.js';
import type { SqlDatabase, SqlEngine } from '../../store/index.js';
import type { Fleet, Replica } from '../replica.js';
import { httpReplica } from './http-replica.js';
import { repeatedly } from './repeatedly.js';
import type { ReplicaTables } from './replica-tables.js';
import { fleetSecret } from './secret.js';

export interface FleetMember {
  readonly fleet: Fleet;
  /** Leaves at once, instead of being missed later. */
  leave(): Promise<void>;
}

export interface JoinOptions {
  readonly database: SqlDatabase<ReplicaTables>;
  /** The server of this process. Its name must be its own in the fleet, and the same after a restart. */
  readonly own: Replica;
  /** Where the others reach it. */
  readonly url: string;
  readonly timers: Timers;
  /** @default 1000 */
  readonly heartbeatMs?: number;
  /** A replica that was silent for longer is not in the fleet. @default 5000 */
  readonly freshMs?: number;
  /** For an answer of another replica about what is there. @default 3000 */
  readonly timeoutMs?: number;
  /** Told what went wrong with the own entry; it is tried again. */
  readonly complain?: (what: string) => void;
}

/** The one clock that all replicas share, in milliseconds since the epoch: now, and the oldest heartbeat that counts. */
interface FleetClock {
  readonly now: RawBuilder<number>;
  readonly oldest: RawBuilder<number>;
}

async function fleetClock(engine: SqlEngine, freshMs: number): Promise<FleetClock> {
  // Loaded with the first database: a server without releases never needs it.
  const { sql } = await import('kysely');
  const now =
    engine === 'postgres'
      ? sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`
      : sql<number>`cast((julianday('now') - 2440587.5) * 86400000 as integer)`;
  return { now, oldest: sql<number>`${now} - ${freshMs}` };
}

interface Entry {
  readonly name: string;
  readonly url: string;
  readonly incarnation: string;
}

/** Takes the name unless a live server has it. @returns that server's entry if so */
function claim({ database, now, oldest }: Terms, entry: Entry) {
  return database.transaction(async query => {
    const holder = await query
      .selectFrom('replica')
      .selectAll()
      .where('name', '=', entry.name)
      .where('heartbeat_ms', '>=', oldest)
      .executeTakeFirst();
    // The same address is the same server after a restart: nobody else can listen there.
    if (holder !== undefined && holder.url !== entry.url) return holder;
    const { name: _, ...content } = { ...entry, heartbeat_ms: now };
    await query
      .insertInto('replica')
      .values({ ...entry, heartbeat_ms: now })
      .onConflict(conflict => conflict.column('name').doUpdateSet(content))
      .execute();
    return undefined;
  });
}

interface Terms extends FleetClock {
  readonly database: SqlDatabase<ReplicaTables>;
}

/** Waits for an entry of a server that died, but not for one that lives. @throws REPLICA_NAME_TAKEN */
async function claimOrWait(terms: Terms, entry: Entry, wait: () => Promise<void>): Promise<void> {
  let seen: number | undefined;
  for (;;) {
    const holder = await claim(terms, entry);
    if (holder === undefined) return;
    if (seen !== undefined && holder.heartbeat_ms !== seen)
      throw new GalerkinError('REPLICA_NAME_TAKEN', { replica: entry.name, url: holder.url });
    seen = holder.heartbeat_ms;
    await wait();
  }
}

/** One heartbeat; where the entry has gone, or somebody else has taken the name, it is claimed again. */
async function beat(terms: Terms, entry: Entry): Promise<void> {
  const { numUpdatedRows } = await terms.database.query
    .updateTable('replica')
    .set({ heartbeat_ms: terms.now })
    .where('name', '=', entry.name)
    .where('incarnation', '=', entry.incarnation)
    .executeTakeFirst();
  const holder = numUpdatedRows > 0n ? undefined : await claim(terms, entry);
  if (holder !== undefined) throw new GalerkinError('REPLICA_NAME_TAKEN', { replica: entry.name, url: holder.url });
}

/** The fleet as one of its members sees it: itself directly, the others over HTTP. */
function fleetSeenBy({ database, oldest }: Terms, own: Replica, reach: (name: string, url: string) => Replica): Fleet {
  const known = new Map<string, Replica>();
  return {
    async replicas() {
      const rows = await database.query
        .selectFrom('replica')
        .select(['name', 'url'])
        .where('heartbeat_ms', '>=', oldest)
        .execute();
      const others = rows
        .filter(({ name }) => name !== own.name)
        .map(({ name, url }) => {
          const replica = known.get(`${name} ${url}`) ?? reach(name, url);
          known.set(`${name} ${url}`, replica);
          return replica;
        });
      return [own, ...others].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

/**
 * Enters the fleet of a database and keeps the entry alive until it leaves.
 * One small write each `heartbeatMs`; one read each time that the fleet is asked for.
 * @throws REPLICA_NAME_TAKEN if another live server has the name, and what the database throws
 */
export async function joinFleet(options: JoinOptions): Promise<FleetMember> {
  const { database, own, url, timers, heartbeatMs = 1000, freshMs = 5000, complain = () => {} } = options;
  const { timeoutMs = 3000 } = options;
  const terms = { database, ...(await fleetClock(database.engine, freshMs)) };
  const entry = { name: own.name, url, incarnation: randomUUID() };
  const pause = (): Promise<void> => new Promise(resolve => timers.after(2 * heartbeatMs, resolve));
  await claimOrWait(terms, entry, pause);
  const secret = await fleetSecret(database);
  const heart = repeatedly(() => beat(terms, entry), { timers, everyMs: heartbeatMs, complain });
  return {
    fleet: fleetSeenBy(terms, own, (name, at) => httpReplica({ name, url: at, secret, timeoutMs })),
    async leave() {
      await heart.stop();
      await database.query
        .deleteFrom('replica')
        .where('name', '=', entry.name)
        .where('incarnation', '=', entry.incarnation)
        .execute();
    },
  };
}
