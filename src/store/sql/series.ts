// Time series that only grow at the end: appended in batches, read by time, and forgotten from the old end.
import type { QueryExecutorProvider, Sql } from 'kysely';
import { GalerkinError } from '../../base/index.js';
import type { SqlDatabase, SqlMigration } from './database.js';
import { sqlCode } from './faults.js';
import { type Partitions, partitionsOf } from './series-partitions.js';
import { checkShape, type SeriesColumns, type SeriesRow, type SeriesShape, seriesMigration } from './series-shape.js';
import { checkLimit, checkRows, wholeMs } from './series-values.js';

export interface SeriesWindow<Columns extends SeriesColumns> {
  /** Only rows with these values. */
  readonly where?: { readonly [Name in keyof Columns]?: SeriesRow<Columns>[Name] };
  /** Inclusive; default: from the first. */
  readonly fromMs?: number;
  /** Exclusive; default: to the last. */
  readonly toMs?: number;
  /** The first so many of them. */
  readonly limit?: number;
}

export interface Series<Columns extends SeriesColumns> {
  /**
   * All rows or none. `within` is the query of a transaction that they are to be part of.
   * @throws OPTIONS_INVALID for a time that is none, or a value that is not of its column's type; DATABASE_FAILED, DATABASE_UNREACHABLE.
   */
  append(rows: readonly SeriesRow<Columns>[], within?: QueryExecutorProvider): Promise<void>;
  /** In the order of time; the order of rows of one time is not promised. */
  read(window?: SeriesWindow<Columns>): Promise<SeriesRow<Columns>[]>;
  /** Forgets all rows of before that time: whole partitions at once on PostgreSQL, row by row on the embedded file. */
  dropBefore(beforeMs: number): Promise<void>;
}

export interface SeriesTable<Columns extends SeriesColumns> {
  /** Makes the table; put it among those that the database is opened with. */
  migration(name: string): SqlMigration;
  in<Tables>(database: SqlDatabase<Tables>): Promise<Series<Columns>>;
}

const oneDayMs = 86_400_000;
const rowsPerStatement = 100;

/**
 * A table for a series of points in time, of which many are written and the old ones thrown away. On PostgreSQL it is
 * partitioned by range of `at_ms`, with partitions made as rows come, so that forgetting costs no more than dropping a file;
 * on the embedded file it is a plain table with an index.
 * @throws OPTIONS_INVALID for names that are none.
 */
export function seriesTable<const Columns extends SeriesColumns>(shape: SeriesShape<Columns>): SeriesTable<Columns> {
  checkShape(shape);
  return {
    migration: name => seriesMigration(name, shape),
    async in(database) {
      const { sql } = await import('kysely');
      const { name, partitionMs = oneDayMs } = shape;
      const partitions = database.engine === 'postgres' ? await partitionsOf(name, partitionMs) : undefined;
      return {
        append: appender(shape, { sql, database, partitions }),
        read: window => readRows(shape, window ?? {}, { sql, database }),
        async dropBefore(time) {
          const beforeMs = wholeMs(`drop from ${name}`, 'beforeMs', time);
          await database.transaction(async query => {
            await partitions?.dropBefore(beforeMs, query);
            await sql`delete from ${sql.id(name)} where at_ms < ${beforeMs}`.execute(query);
          });
        },
      };
    },
  };
}

interface Tools<Tables> {
  readonly sql: Sql;
  readonly database: SqlDatabase<Tables>;
}

function appender<Columns extends SeriesColumns, Tables>(
  shape: SeriesShape<Columns>,
  { sql, database, partitions }: Tools<Tables> & { partitions: Partitions | undefined },
): Series<Columns>['append'] {
  const { name, columns } = shape;
  const names: (keyof Columns & string)[] = Object.keys(columns);
  const listed = sql.join(['at_ms', ...names].map(column => sql.id(column)));
  const write = async (rows: readonly SeriesRow<Columns>[], query: QueryExecutorProvider) => {
    const times = rows.map(row => row.at_ms);
    const found = await partitions?.ensure(times, query);
    for (let start = 0; start < rows.length; start += rowsPerStatement) {
      const values = rows
        .slice(start, start + rowsPerStatement)
        .map(row => sql`(${sql.join([row.at_ms, ...names.map(column => row[column])])})`);
      await sql`insert into ${sql.id(name)} (${listed}) values ${sql.join(values)}`.execute(query);
    }
    return found ?? [];
  };
  const writeAlone = async (rows: readonly SeriesRow<Columns>[]): Promise<void> => {
    const found = await database.query.transaction().execute(query => write(rows, query));
    partitions?.remember(found);
  };
  return async (rows, within) => {
    checkRows(shape, rows);
    if (rows.length === 0) return;
    if (within !== undefined) {
      await write(rows, within);
      return;
    }
    try {
      await writeAlone(rows);
    } catch (error) {
      // Somebody else dropped, as too old, the partition that was taken for granted.
      if (partitions === undefined || sqlCode(error) !== noPartition) throw error;
      partitions.forget();
      await writeAlone(rows);
    }
  };
}

/** SQLSTATE check_violation, which is also "no partition of relation found for row". */
const noPartition = '23514';

async function readRows<Columns extends SeriesColumns, Tables>(
  { name, columns }: SeriesShape<Columns>,
  { where = {}, fromMs = 0, toMs, limit }: SeriesWindow<Columns>,
  { sql, database }: Tools<Tables>,
): Promise<SeriesRow<Columns>[]> {
  const of = `read ${name}`;
  checkLimit(of, limit);
  const conditions = [sql`at_ms >= ${wholeMs(of, 'fromMs', fromMs)}`];
  if (toMs !== undefined) conditions.push(sql`at_ms < ${wholeMs(of, 'toMs', toMs)}`);
  for (const [column, value] of Object.entries(where)) {
    if (!Object.hasOwn(columns, column))
      throw new GalerkinError('OPTIONS_INVALID', { of, faults: [`where: no column '${column}'`] });
    conditions.push(sql`${sql.id(column)} = ${value}`);
  }
  const listed = sql.join(['at_ms', ...Object.keys(columns)].map(column => sql.id(column)));
  const limited = limit === undefined ? sql`` : sql` limit ${limit}`;
  const { rows } = await sql<SeriesRow<Columns>>`
    select ${listed} from ${sql.id(name)} where ${sql.join(conditions, sql` and `)} order by at_ms${limited}`.execute(
    database.query,
  );
  return rows;
}
