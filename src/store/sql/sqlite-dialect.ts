// The embedded engine as kysely sees it: one connection, turns with a limit on waiting, prepared statements kept.
import type { Dialect, Driver, SqliteDatabase, SqliteStatement } from 'kysely';
import type Libsql from 'libsql';
import { GalerkinError } from '../../base/index.js';
import { guardedDriver } from './guarded-driver.js';
import type { Turns } from './turns.js';

const maxStatements = 256;

/** Whole numbers go as integers; the binding would send every number as a floating one. */
const bound = (value: unknown): unknown =>
  typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;

function statementOf(raw: Libsql.Database, text: string): SqliteStatement {
  const statement = raw.prepare(text);
  const all = (parameters: readonly unknown[]): unknown[] => statement.all(parameters.map(bound));
  return {
    reader: statement.reader,
    all,
    run: parameters => statement.run(parameters.map(bound)),
    iterate: parameters => all(parameters).values(),
  };
}

/** Statements are prepared once: the binding frees none before it is collected, and preparing costs more than running. */
function preparing(raw: Libsql.Database, place: string): SqliteDatabase {
  const known = new Map<string, SqliteStatement>();
  return {
    close: () => undefined,
    prepare(text) {
      // Statements that were kept would go on working, without the lock.
      if (!raw.open) throw new GalerkinError('DATABASE_UNREACHABLE', { place, why: 'it has been closed' });
      const statement = known.get(text) ?? statementOf(raw, text);
      known.delete(text);
      known.set(text, statement);
      if (known.size > maxStatements) {
        const [oldest] = known.keys();
        known.delete(oldest);
      }
      return statement;
    },
  };
}

/** All connections of kysely are the one of `raw`; `turns` says who has it. */
export async function sqliteDialect(raw: Libsql.Database, place: string, turns: Turns): Promise<Dialect> {
  const { CompiledQuery, SqliteDialect } = await import('kysely');
  const dialect = new SqliteDialect({ database: preparing(raw, place) });
  const inTurns = (inner: Driver): Driver => ({
    init: () => inner.init(),
    async acquireConnection() {
      await turns.take();
      return inner.acquireConnection();
    },
    async releaseConnection(connection) {
      await inner.releaseConnection(connection);
      turns.give();
    },
    async beginTransaction(connection) {
      await connection.executeQuery(CompiledQuery.raw('begin immediate'));
    },
    commitTransaction: connection => inner.commitTransaction(connection),
    async rollbackTransaction(connection) {
      // Some failures, such as a full disk, have rolled back already.
      if (raw.inTransaction) await inner.rollbackTransaction(connection);
    },
    destroy: () => inner.destroy(),
  });
  return {
    createDriver: () => guardedDriver(inTurns(dialect.createDriver()), place),
    createAdapter: () => dialect.createAdapter(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: database => dialect.createIntrospector(database),
  };
}
