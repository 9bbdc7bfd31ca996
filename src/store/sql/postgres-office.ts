// An office in PostgreSQL: an advisory lock of a connection of its own, and a term counted in that same session.
import type { Client } from 'pg';
import type { Timers } from '../../base/index.js';
import type { Office } from './database.js';
import { sqlFault } from './faults.js';
import { nextTerm } from './terms.js';

export interface PostgresOfficeOptions {
  readonly place: string;
  readonly heartbeatMs: number;
  readonly timers: Timers;
  connect(): Promise<Client>;
}

/** The schema is part of the key: two control planes may share a database, each in a schema of its own. */
const lockText = `select pg_try_advisory_lock(hashtextextended('galerkin:' || current_schema() || ':' || $1, 0)) as taken`;
/** The server lets go of the lock some ten seconds after the machine of its holder has vanished. */
const promptKeepAlive = 'set tcp_keepalives_idle = 4; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3';

/**
 * Takes the office if it is free. It is lost when the connection ends, when the database has not answered a heartbeat
 * within `heartbeatMs`, or when the row shows the term of somebody else.
 */
export async function takePostgresOffice(name: string, options: PostgresOfficeOptions): Promise<Office | undefined> {
  const { place } = options;
  const client = await options.connect();
  try {
    const { rows } = await client.query<{ taken: boolean }>(lockText, [name]);
    if (!rows[0].taken) {
      await client.end();
      return undefined;
    }
    await client.query(promptKeepAlive).catch(() => undefined);
    const counted = await client.query<{ term: number }>(nextTerm('$1'), [name]);
    return hold(client, { ...options, name, term: counted.rows[0].term });
  } catch (cause) {
    client.end().catch(() => undefined);
    throw sqlFault(place, `give the office '${name}'`, cause);
  }
}

function hold(client: Client, options: PostgresOfficeOptions & { name: string; term: number }): Office {
  const { name, term, heartbeatMs, timers } = options;
  let isHeld = true;
  let callOff = (): void => undefined;
  let settle = (): void => undefined;
  const lost = new Promise<void>(resolve => {
    settle = resolve;
  });
  const lose = (): void => {
    if (!isHeld) return;
    isHeld = false;
    callOff();
    settle();
    // Only the end of the connection frees the lock for others, should the server still hold it.
    client.end().catch(() => undefined);
  };
  client.on('error', lose);
  client.on('end', lose);
  const beat = async (): Promise<void> => {
    const overdue = timers.after(heartbeatMs, lose);
    try {
      const { rows } = await client.query<{ term: number }>('select term from galerkin_offices where name = $1', [
        name,
      ]);
      if (rows[0]?.term !== term) lose();
    } catch {
      lose();
    } finally {
      overdue();
    }
    if (isHeld) plan();
  };
  const plan = (): void => {
    callOff = timers.after(heartbeatMs, () => void beat());
  };
  plan();
  return {
    term,
    isHeld: () => isHeld,
    lost,
    async resign() {
      if (!isHeld) return;
      isHeld = false;
      callOff();
      await client.end();
      settle();
    },
  };
}
