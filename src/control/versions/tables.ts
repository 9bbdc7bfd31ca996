// Tables of versions: the same on both engines, with JSON as text and times in milliseconds since the epoch.
import type { Kysely } from 'kysely';
import type { SqlMigration } from '../../store/index.js';

export interface VersionTables {
  readonly model_version: {
    readonly model: string;
    readonly version: number;
    readonly stage: string;
    /** 1 while its files lie in the repository. */
    readonly present: number;
    /** 1 from the decision to delete its files until they are gone: such a version is promoted no more. */
    readonly removing: number;
    readonly title: string;
    readonly digest: string;
    /** Digests of the files, by name. */
    readonly files: string;
    readonly lineage: string;
    readonly metrics: string;
    /** Models and versions that it is made of or answers with, as JSON. */
    readonly uses: string;
    readonly size_bytes: number | null;
    readonly registered_at_ms: number;
    readonly registered_by: string;
    readonly changed_at_ms: number;
    /** Number of the event by which it ceased to be in production; the highest is where a rollback goes. */
    readonly left_production: number | null;
  };
  /** All that ever happened to the versions of a model, in order; rows are only added. */
  readonly model_version_event: {
    readonly model: string;
    readonly sequence: number;
    readonly version: number;
    readonly at_ms: number;
    readonly by_whom: string;
    readonly why: string;
    readonly change: string;
    readonly from_stage: string;
    readonly to_stage: string;
    /** '' where no release was at work. */
    readonly release: string;
  };
}

async function createVersions(database: Kysely<unknown>): Promise<void> {
  const { sql } = await import('kysely');
  await database.schema
    .createTable('model_version')
    .addColumn('model', 'text', column => column.notNull())
    .addColumn('version', 'bigint', column => column.notNull())
    .addColumn('stage', 'text', column => column.notNull())
    .addColumn('present', 'integer', column => column.notNull())
    .addColumn('removing', 'integer', column => column.notNull())
    .addColumn('title', 'text', column => column.notNull())
    .addColumn('digest', 'text', column => column.notNull())
    .addColumn('files', 'text', column => column.notNull())
    .addColumn('lineage', 'text', column => column.notNull())
    .addColumn('metrics', 'text', column => column.notNull())
    .addColumn('uses', 'text', column => column.notNull())
    .addColumn('size_bytes', 'bigint')
    .addColumn('registered_at_ms', 'bigint', column => column.notNull())
    .addColumn('registered_by', 'text', column => column.notNull())
    .addColumn('changed_at_ms', 'bigint', column => column.notNull())
    .addColumn('left_production', 'bigint')
    .addPrimaryKeyConstraint('model_version_key', ['model', 'version'])
    .execute();
  await sql`create unique index model_version_one_answers on model_version (model) where stage = 'production'`.execute(
    database,
  );
  await database.schema
    .createTable('model_version_event')
    .addColumn('model', 'text', column => column.notNull())
    .addColumn('sequence', 'bigint', column => column.notNull())
    .addColumn('version', 'bigint', column => column.notNull())
    .addColumn('at_ms', 'bigint', column => column.notNull())
    .addColumn('by_whom', 'text', column => column.notNull())
    .addColumn('why', 'text', column => column.notNull())
    .addColumn('change', 'text', column => column.notNull())
    .addColumn('from_stage', 'text', column => column.notNull())
    .addColumn('to_stage', 'text', column => column.notNull())
    .addColumn('release', 'text', column => column.notNull())
    .addPrimaryKeyConstraint('model_version_event_key', ['model', 'sequence'])
    .execute();
}

export const versionMigrations: readonly SqlMigration[] = [{ name: '2026-11-22-2-versions', up: createVersions }];
