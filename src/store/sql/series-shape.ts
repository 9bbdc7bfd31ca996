// The shape of a table of a time series: its name, its columns, how it is looked up, and the migration that makes it.
import { GalerkinError } from '../../base/index.js';
import type { SqlMigration } from './database.js';

/** Text, whole numbers of up to 2^53, floating-point numbers. */
export type SeriesColumn = 'text' | 'integer' | 'real';
export type SeriesColumns = Readonly<Record<string, SeriesColumn>>;

export type SeriesRow<Columns extends SeriesColumns> = {
  readonly [Name in keyof Columns]: Columns[Name] extends 'text' ? string : number;
} & {
  /** Milliseconds since the epoch, a whole number, 0 or more. */
  readonly at_ms: number;
};

export interface SeriesShape<Columns extends SeriesColumns> {
  /** Of the table: lower case, digits, underscores; 40 characters at most. Never changed. */
  readonly name: string;
  /** Besides `at_ms`; none may be null. */
  readonly columns: Columns;
  /** The columns by which rows are looked up, in the order of the index. */
  readonly by?: readonly (keyof Columns & string)[];
  /** Length of a partition on PostgreSQL; default one day. Never changed. */
  readonly partitionMs?: number;
}

/** As both engines call them. */
const types = { text: 'text', integer: 'bigint', real: 'double precision' } as const satisfies Record<
  SeriesColumn,
  string
>;

const identifier = /^[a-z][a-z0-9_]{0,39}$/;

/** @throws OPTIONS_INVALID with every fault of the shape. */
export function checkShape<Columns extends SeriesColumns>(shape: SeriesShape<Columns>): void {
  const { name, columns, by = [], partitionMs = 1 } = shape;
  const faults: string[] = [];
  if (Object.keys(columns).length === 0) faults.push('columns: wanted one at least');
  for (const [column, type] of Object.entries(columns))
    if (!Object.hasOwn(types, type)) faults.push(`${column}: wanted ${Object.keys(types).join(', ')}, got '${type}'`);
  const wrong = (names: readonly string[]) => names.filter(each => !identifier.test(each) || each === 'at_ms');
  for (const each of wrong([name])) faults.push(`name: wanted a-z, 0-9 and _, at most 40, got '${each}'`);
  for (const each of wrong(Object.keys(columns))) faults.push(`columns: '${each}' cannot be the name of a column`);
  for (const each of by) if (!Object.hasOwn(columns, each)) faults.push(`by: there is no column '${each}'`);
  if (!Number.isSafeInteger(partitionMs) || partitionMs < 1)
    faults.push(`partitionMs: wanted a whole number, 1 or more, got ${partitionMs}`);
  if (faults.length > 0) throw new GalerkinError('OPTIONS_INVALID', { of: 'seriesTable', faults });
}

/** The migration that makes the table: partitioned by time on PostgreSQL, plain on the embedded file. */
export function seriesMigration<Columns extends SeriesColumns>(
  migrationName: string,
  shape: SeriesShape<Columns>,
): SqlMigration {
  const { name, columns, by = [] } = shape;
  return {
    name: migrationName,
    async up(database, engine) {
      const { sql } = await import('kysely');
      const lines = Object.entries(columns).map(
        ([column, type]) => sql`${sql.id(column)} ${sql.raw(types[type])} not null`,
      );
      const partitioned = engine === 'postgres' ? sql` partition by range (at_ms)` : sql``;
      await sql`create table ${sql.id(name)} (at_ms bigint not null, ${sql.join(lines)})${partitioned}`.execute(
        database,
      );
      const indexed = sql.join([...by, 'at_ms'].map(column => sql.id(column)));
      await sql`create index ${sql.id(`${name}_by`)} on ${sql.id(name)} (${indexed})`.execute(database);
      // What retention deletes by; PostgreSQL drops whole partitions instead.
      if (engine === 'sqlite' && by.length > 0)
        await sql`create index ${sql.id(`${name}_at`)} on ${sql.id(name)} (at_ms)`.execute(database);
    },
  };
}
