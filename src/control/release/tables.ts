// Tables of releases: the same on both engines, with JSON as text and times in milliseconds since the epoch.
import type { ColumnDataType, Generated, GeneratedAlways, Kysely } from 'kysely';
import type { SqlEngine, SqlMigration } from '../../store/index.js';

export interface ReleaseTables {
  readonly release: {
    readonly id: string;
    readonly model: string;
    readonly phase: string;
    /** 1 until it is over: at most one of a model, by an index. */
    readonly active: number;
    readonly started_at_ms: number;
    /** Of the office of the last controller that wrote: an older one writes no more. */
    readonly term: number;
    /** Grows by one with each write: who read an older one does not write. */
    readonly writes: number;
    readonly status: string;
    /** 1 once the ledger of versions has heard how it ended. */
    readonly told: number;
  };
  readonly release_event: {
    readonly number: GeneratedAlways<number>;
    readonly release: string;
    readonly sequence: number;
    readonly at_ms: number;
    readonly kind: string;
    readonly text: string;
    readonly by_whom: string;
  };
  readonly release_command: {
    readonly number: GeneratedAlways<number>;
    readonly release: string;
    readonly command: string;
    readonly by_whom: string;
    readonly why: string;
    readonly at_ms: number;
    readonly outcome: Generated<string>;
  };
  /** What each replica was last told, written down before it was told; '' stands for replicas that are not known yet. */
  readonly release_route: {
    readonly model: string;
    readonly replica: string;
    readonly route: string;
  };
  /** What the judge has heard, and up to where: one row, so that no sample is counted twice or passed over. */
  readonly release_memory: {
    readonly release: string;
    readonly memory: string;
    readonly cursors: string;
    readonly sketches: string;
    /** Samples that replicas had overwritten before they were read. */
    readonly lost: number;
  };
  readonly release_point: {
    readonly release: string;
    readonly at_ms: number;
    readonly stage: number;
    readonly share: number;
    readonly judgement: string;
  };
}

const numberType = (engine: SqlEngine): ColumnDataType => (engine === 'sqlite' ? 'integer' : 'bigserial');

async function createReleases(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('release')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('model', 'text', column => column.notNull())
    .addColumn('phase', 'text', column => column.notNull())
    .addColumn('active', 'integer', column => column.notNull())
    .addColumn('started_at_ms', 'bigint', column => column.notNull())
    .addColumn('term', 'bigint', column => column.notNull())
    .addColumn('writes', 'bigint', column => column.notNull())
    .addColumn('status', 'text', column => column.notNull())
    .addColumn('told', 'integer', column => column.notNull())
    .execute();
  const { sql } = await import('kysely');
  await sql`create unique index release_one_active on release (model) where active = 1`.execute(database);
  await database.schema.createIndex('release_by_model').on('release').columns(['model', 'started_at_ms']).execute();
}

async function createEvents(database: Kysely<unknown>, engine: SqlEngine): Promise<void> {
  await database.schema
    .createTable('release_event')
    .addColumn('number', numberType(engine), column => column.primaryKey())
    .addColumn('release', 'text', column => column.notNull())
    .addColumn('sequence', 'integer', column => column.notNull())
    .addColumn('at_ms', 'bigint', column => column.notNull())
    .addColumn('kind', 'text', column => column.notNull())
    .addColumn('text', 'text', column => column.notNull())
    .addColumn('by_whom', 'text', column => column.notNull())
    .addUniqueConstraint('release_event_once', ['release', 'sequence'])
    .execute();
}

async function createCommands(database: Kysely<unknown>, engine: SqlEngine): Promise<void> {
  await database.schema
    .createTable('release_command')
    .addColumn('number', numberType(engine), column => column.primaryKey())
    .addColumn('release', 'text', column => column.notNull())
    .addColumn('command', 'text', column => column.notNull())
    .addColumn('by_whom', 'text', column => column.notNull())
    .addColumn('why', 'text', column => column.notNull())
    .addColumn('at_ms', 'bigint', column => column.notNull())
    .addColumn('outcome', 'text', column => column.notNull().defaultTo(''))
    .execute();
  await database.schema
    .createIndex('release_command_waiting')
    .on('release_command')
    .columns(['release', 'outcome'])
    .execute();
}

async function createEvidence(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('release_route')
    .addColumn('model', 'text', column => column.notNull())
    .addColumn('replica', 'text', column => column.notNull())
    .addColumn('route', 'text', column => column.notNull())
    .addPrimaryKeyConstraint('release_route_key', ['model', 'replica'])
    .execute();
  await database.schema
    .createTable('release_memory')
    .addColumn('release', 'text', column => column.primaryKey())
    .addColumn('memory', 'text', column => column.notNull())
    .addColumn('cursors', 'text', column => column.notNull())
    .addColumn('sketches', 'text', column => column.notNull())
    .addColumn('lost', 'bigint', column => column.notNull())
    .execute();
  await database.schema
    .createTable('release_point')
    .addColumn('release', 'text', column => column.notNull())
    .addColumn('at_ms', 'bigint', column => column.notNull())
    .addColumn('stage', 'integer', column => column.notNull())
    .addColumn('share', 'integer', column => column.notNull())
    .addColumn('judgement', 'text', column => column.notNull())
    .addPrimaryKeyConstraint('release_point_key', ['release', 'at_ms'])
    .execute();
}

export const releaseMigrations: readonly SqlMigration[] = Object.freeze([
  {
    name: '2026-11-22-1-releases',
    async up(database, engine) {
      await createReleases(database);
      await createEvents(database, engine);
      await createCommands(database, engine);
      await createEvidence(database);
    },
  },
] satisfies SqlMigration[]);
