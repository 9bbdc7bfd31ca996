// Tables brought up to date: every step that is missing, in one transaction, while others wait.
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { type Clock, faultLines, GalerkinError, isGalerkinError } from '../../base/index.js';
import type { SqlEngine, SqlMigration } from './database.js';

export interface MigrateOptions {
  readonly engine: SqlEngine;
  readonly place: string;
  readonly migrations: readonly SqlMigration[];
  readonly clock: Clock;
}

/** Any number, the same in every version. */
const lockKey = '7021934415520171';

const listed = z
  .array(
    z.object({
      name: z.string().min(1),
      up: z.custom<SqlMigration['up']>(given => typeof given === 'function', 'wanted a function'),
    }),
  )
  .refine(all => new Set(all.map(({ name }) => name)).size === all.length, 'two of them have one name');

/** @throws OPTIONS_INVALID for what is no list of migrations, or has a name twice */
export function checkMigrations(given: unknown): void {
  const parsed = listed.safeParse(given);
  if (parsed.success) return;
  const faults = faultLines(parsed.error).map(fault => `migrations: ${fault}`);
  throw new GalerkinError('OPTIONS_INVALID', { of: 'openSql', faults });
}

/**
 * Runs the migrations that have not run, in the order of their names: all of them, or, if one fails, none.
 * @throws DATABASE_NEWER when the database has had migrations that are not in the list; DATABASE_FAILED when one fails.
 */
export async function migrate(plain: Kysely<unknown>, options: MigrateOptions): Promise<void> {
  const { sql } = await import('kysely');
  const { engine, place, migrations, clock } = options;
  const names = new Set(migrations.map(({ name }) => name));
  await plain.transaction().execute(async query => {
    // First of all: "create table if not exists" by two at once can fail.
    if (engine === 'postgres') await sql`select pg_advisory_xact_lock(${sql.raw(lockKey)})`.execute(query);
    await sql`create table if not exists galerkin_migrations (name text primary key, at_ms bigint not null)`.execute(
      query,
    );
    await sql`create table if not exists galerkin_offices (name text primary key, term bigint not null)`.execute(query);
    const { rows } = await sql<{ name: string }>`select name from galerkin_migrations order by name`.execute(query);
    const unknown = rows.map(({ name }) => name).filter(name => !names.has(name));
    if (unknown.length > 0) throw new GalerkinError('DATABASE_NEWER', { place, unknown });
    const done = new Set(rows.map(({ name }) => name));
    const missing = migrations.filter(({ name }) => !done.has(name));
    for (const migration of missing.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      await step(migration, query, options);
      await sql`insert into galerkin_migrations (name, at_ms) values (${migration.name}, ${clock.now()})`.execute(
        query,
      );
    }
  });
}

async function step(migration: SqlMigration, query: Kysely<unknown>, { engine, place }: MigrateOptions): Promise<void> {
  try {
    await migration.up(query, engine);
  } catch (cause) {
    if (isGalerkinError(cause) && cause.code === 'DATABASE_UNREACHABLE') throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    const what = `run the migration '${migration.name}'`;
    throw new GalerkinError('DATABASE_FAILED', { place, what, why }, { cause });
  }
}
