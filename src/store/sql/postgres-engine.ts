// PostgreSQL: a pool for statements, and a connection of its own for each office that is held.
import type { Client } from 'pg';
import { GalerkinError } from '../../base/index.js';
import type { Office } from './database.js';
import type { Engine, EngineOptions } from './engine.js';
import { sqlFault } from './faults.js';
import type { SqlPlace } from './place.js';
import { loadPg, postgresConfig } from './postgres-client.js';
import { postgresDialect } from './postgres-dialect.js';
import { takePostgresOffice } from './postgres-office.js';

/** Without a listener the error of a connection would end the process; who uses it hears of it by the statement that fails. */
const hear = (): void => undefined;

export async function openPostgres(at: SqlPlace & { engine: 'postgres' }, options: EngineOptions): Promise<Engine> {
  const { place } = at;
  const { heartbeatMs, timers, waitMs } = options;
  /** A server that does not answer any more does not say goodbye either. */
  const atMost = (ms: number, ending: Promise<void>): Promise<void> =>
    new Promise((resolve, reject) => {
      const callOff = timers.after(ms, resolve);
      ending.then(resolve, reject).finally(callOff);
    });
  const pg = await loadPg();
  const config = postgresConfig(pg, at, options);
  const pool = new pg.Pool({ ...config, max: options.poolSize });
  pool.on('error', hear);
  pool.on('connect', client => client.on('error', hear));
  let isClosed = false;
  const connect = async (): Promise<Client> => {
    if (isClosed) throw new GalerkinError('DATABASE_UNREACHABLE', { place, why: 'it has been closed' });
    const client = new pg.Client(config);
    client.on('error', hear);
    try {
      await client.connect();
      return client;
    } catch (cause) {
      throw sqlFault(place, 'connect', cause);
    }
  };
  const offices = new Set<Office>();
  return {
    engine: 'postgres',
    place,
    dialect: await postgresDialect(pool, place),
    async takeOffice(name) {
      const office = await takePostgresOffice(name, { place, heartbeatMs, timers, connect });
      if (office !== undefined) {
        offices.add(office);
        office.lost.then(() => offices.delete(office), hear);
      }
      return office;
    },
    async close() {
      isClosed = true;
      const resigned = Promise.allSettled([...offices].map(office => office.resign()));
      await atMost(
        waitMs,
        resigned.then(() => pool.end()),
      );
    },
  };
}
