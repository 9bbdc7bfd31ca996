// Opens a database by its URL: an embedded file, or PostgreSQL; brings its tables up to date.
import type { z } from 'zod';
import {
  type Clock,
  integerOption,
  optionSchema,
  resolveOptions,
  systemClock,
  systemTimers,
  type Timers,
  textOption,
} from '../../base/index.js';
import type { SqlDatabase, SqlMigration } from './database.js';
import type { Engine } from './engine.js';
import { checkMigrations, migrate } from './migrate.js';
import { sqlPlace } from './place.js';
import { openPostgres } from './postgres-engine.js';
import { openSqlite } from './sqlite-engine.js';
import { transactions } from './transactions.js';

export const sqlOptions = optionSchema({
  url: textOption({ doc: 'sqlite:<path>, postgres://…, or the path of a file.', default: '' }),
  poolSize: integerOption({ doc: 'Connections to PostgreSQL at most.', default: 10, min: 1, max: 1000 }),
  statementTimeoutMs: integerOption({
    doc: 'Longest run of one statement in PostgreSQL.',
    unit: 'ms',
    default: 30_000,
    min: 1,
    max: 86_400_000,
  }),
  waitMs: integerOption({
    doc: 'Longest wait for a connection: for a free one of the pool, or for the end of a transaction on the embedded file.',
    unit: 'ms',
    default: 10_000,
    min: 1,
    max: 86_400_000,
  }),
  heartbeatMs: integerOption({
    doc: 'How often the holder of an office asks PostgreSQL whether it still holds it; no answer for as long, and it is lost.',
    unit: 'ms',
    default: 2000,
    min: 10,
    max: 86_400_000,
  }),
});

export type SqlOptions = z.input<typeof sqlOptions>;

export interface OpenSqlOptions extends SqlOptions {
  /** All migrations of all tables that this database holds. */
  readonly migrations: readonly SqlMigration[];
  readonly clock?: Clock;
  readonly timers?: Timers;
}

/**
 * Opens a database and runs the migrations that it lacks. Close it: an embedded file is locked until then.
 *
 * The embedded engine computes in this thread: while a statement runs, nothing else does. A look-up by key takes some ten
 * microseconds; a commit waits for the disk, 0.3 ms on a quiet one and some 5 ms on a busy one; a scan of a million rows can
 * take a second. It is meant for a control plane's few statements a second. PostgreSQL is waited for without blocking.
 *
 * Both engines give `bigint` columns as numbers (PostgreSQL refuses those beyond 2^53), and take text without NUL, numbers
 * but NaN, and null as parameters; anything else is refused.
 * @throws OPTIONS_INVALID, DATABASE_URL_INVALID, DATABASE_IN_USE, DATABASE_UNREACHABLE, DATABASE_NEWER, DATABASE_FAILED.
 */
export async function openSql<Tables>(given: OpenSqlOptions): Promise<SqlDatabase<Tables>> {
  const { migrations, clock = systemClock, timers = systemTimers, ...rest } = given ?? {};
  checkMigrations(migrations);
  const options = { ...resolveOptions('openSql', sqlOptions, rest), clock, timers };
  const at = sqlPlace(options.url);
  const engine = await (at.engine === 'sqlite' ? openSqlite(at, options) : openPostgres(at, options));
  try {
    return await database<Tables>(engine, migrations, { clock, timers });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

async function database<Tables>(
  engine: Engine,
  migrations: readonly SqlMigration[],
  { clock, timers }: { clock: Clock; timers: Timers },
): Promise<SqlDatabase<Tables>> {
  const { Kysely } = await import('kysely');
  const { dialect, engine: kind, place } = engine;
  const plain = new Kysely<unknown>({ dialect });
  const query = new Kysely<Tables>({ dialect });
  await migrate(plain, { engine: kind, place, migrations, clock });
  let closed: Promise<void> | undefined;
  return {
    engine: kind,
    place,
    query,
    transaction: transactions(query, { engine: kind, place, timers }),
    takeOffice: name => engine.takeOffice(name, plain),
    close() {
      closed ??= engine.close();
      return closed;
    },
  };
}
