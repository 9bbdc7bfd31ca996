// PostgreSQL as kysely sees it: connections of a pool, guarded.
import type { Dialect } from 'kysely';
import type { Pool } from 'pg';
import { guardedDriver } from './guarded-driver.js';

/** The pool stays the caller's: it is not ended with the query builder. */
export async function postgresDialect(pool: Pool, place: string): Promise<Dialect> {
  const { PostgresDialect } = await import('kysely');
  const dialect = new PostgresDialect({ pool: { connect: () => pool.connect(), end: async () => undefined } });
  return {
    createDriver: () => guardedDriver(dialect.createDriver(), place),
    createAdapter: () => dialect.createAdapter(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: database => dialect.createIntrospector(database),
  };
}
