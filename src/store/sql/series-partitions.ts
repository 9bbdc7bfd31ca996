// The partitions of a time series on PostgreSQL: made when the first row of their time comes, dropped when they are old.
import type { QueryExecutorProvider } from 'kysely';

export interface Partitions {
  /** Makes those that the times want and that are missing, and gives the numbers of those it found or made. */
  ensure(times: readonly number[], query: QueryExecutorProvider): Promise<readonly number[]>;
  /** Drops those that hold nothing as new as `beforeMs`. */
  dropBefore(beforeMs: number, query: QueryExecutorProvider): Promise<void>;
  /** Takes for granted, from now on, that these exist: once what made them is committed. */
  remember(numbers: readonly number[]): void;
  forget(): void;
}

export async function partitionsOf(name: string, partitionMs: number): Promise<Partitions> {
  const { sql } = await import('kysely');
  const known = new Set<number>();
  const prefix = `${name}_p`;
  const tableOf = (number: number): string => `${prefix}${number}`;
  // The lock that attaching takes: it keeps out others who attach, not those who append. A lock on a table, unlike an
  // advisory one, also makes this session see tables that others have made in the meantime.
  const alone = sql`lock table only ${sql.id(name)} in share update exclusive mode`;

  async function exists(number: number, query: QueryExecutorProvider): Promise<boolean> {
    const found = sql<{ there: boolean }>`select to_regclass(${tableOf(number)}) is not null as there`;
    return (await found.execute(query)).rows[0].there;
  }
  /** Attaching, unlike making in place, waits for nobody who is appending. */
  async function make(number: number, query: QueryExecutorProvider): Promise<void> {
    const [table, parent] = [sql.id(tableOf(number)), sql.id(name)];
    const [from, to] = [sql.lit(number * partitionMs), sql.lit((number + 1) * partitionMs)];
    await sql`create table ${table} (like ${parent} including all)`.execute(query);
    await sql`alter table ${parent} attach partition ${table} for values from (${from}) to (${to})`.execute(query);
  }
  return {
    async ensure(times, query) {
      const wanted = [...new Set(times.map(atMs => Math.floor(atMs / partitionMs)))].sort((a, b) => a - b);
      for (const number of wanted) {
        if (known.has(number) || (await exists(number, query))) continue;
        await alone.execute(query);
        if (!(await exists(number, query))) await make(number, query);
      }
      return wanted;
    },
    async dropBefore(beforeMs, query) {
      await alone.execute(query);
      const children = sql<{ name: string }>`
        select child.relname as name from pg_inherits join pg_class child on child.oid = inhrelid
        where inhparent = to_regclass(${name})`;
      for (const { name: table } of (await children.execute(query)).rows) {
        const number = Number(table.slice(prefix.length));
        if ((number + 1) * partitionMs > beforeMs) continue;
        known.delete(number);
        await sql`drop table ${sql.id(table)}`.execute(query);
      }
    },
    remember(numbers) {
      for (const number of numbers) known.add(number);
    },
    forget: () => known.clear(),
  };
}
