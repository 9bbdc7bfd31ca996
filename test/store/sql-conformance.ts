// What a database promises, whichever engine it is: rows, parameters, transactions. Run on both.

import { type OpenSqlOptions, openSql, type SqlDatabase, type SqlMigration } from 'galerkin/store';
import { CompiledQuery, type Kysely } from 'kysely';
import { afterEach, expect, test } from 'vitest';

export interface Rows {
  readonly rows: { readonly id: string; readonly n: number | null; readonly x: number | null };
  readonly parts: { readonly id: string; readonly row: string };
}

export const rowsMigration: SqlMigration = {
  name: '2026-01-01-rows',
  async up(database) {
    await database.schema
      .createTable('rows')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('n', 'bigint')
      .addColumn('x', 'double precision')
      .execute();
    await database.schema
      .createTable('parts')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('row', 'text', column => column.notNull().references('rows.id'))
      .execute();
  },
};

/** Gives the URL of a database that nobody has used. */
export type FreshUrl = () => string | Promise<string>;

/** Opens databases that are closed after each test. */
export function opener(): (url: string, more?: Partial<OpenSqlOptions>) => Promise<SqlDatabase<Rows>> {
  const opened: SqlDatabase<Rows>[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(database => database.close()));
  });
  return async (url, more = {}) => {
    const database = await openSql<Rows>({ url, migrations: [rowsMigration], ...more });
    opened.push(database);
    return database;
  };
}

const increment = async (query: Kysely<Rows>, id: string): Promise<void> => {
  const { n } = await query.selectFrom('rows').select('n').where('id', '=', id).executeTakeFirstOrThrow();
  await query
    .updateTable('rows')
    .set({ n: (n ?? 0) + 1 })
    .where('id', '=', id)
    .execute();
};

function valuesConform(fresh: FreshUrl): void {
  const open = opener();

  test('gives back text, whole numbers to 2^53, floating-point numbers and null as they were', async () => {
    const { query } = await open(await fresh());
    const numbers = [0, 1, -1, 1_700_000_000_000, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, null];
    const texts = ['', "'); drop table rows; --", 'é 漢 🜁', '{"a":[1,2]}', '\\', '%', '5', 'x'.repeat(2000)];
    const floats = [0.1, -0.25, 5e-324, Number.MAX_VALUE, Number.POSITIVE_INFINITY, 3, null];
    const count = Math.max(numbers.length, texts.length, floats.length);
    const written = Array.from({ length: count }, (_, k) => ({
      id: texts[k],
      n: numbers[k] ?? null,
      x: floats[k] ?? null,
    }));
    await query.insertInto('rows').values(written).execute();
    const read = await query.selectFrom('rows').selectAll().execute();
    const byId = new Map(read.map(row => [row.id, row]));
    for (const row of written) expect(byId.get(row.id)).toEqual(row);
  });

  test('counts and adds up in numbers', async () => {
    const { query } = await open(await fresh());
    await query
      .insertInto('rows')
      .values([1e15, 2, 3].map((n, k) => ({ id: `${k}`, n, x: 0.5 })))
      .execute();
    const { fn } = query;
    const totals = await query
      .selectFrom('rows')
      .select([fn.countAll().as('count'), fn.sum('n').as('n'), fn.sum('x').as('x'), fn.max('n').as('max')])
      .execute();
    expect(totals).toEqual([{ count: 3, n: 1e15 + 5, x: 1.5, max: 1e15 }]);
  });

  test('refuses what the engines would take differently, and goes on', async () => {
    const { query, engine } = await open(await fresh());
    const hostile = [true, undefined, Number.NaN, 'a\0b', 2n ** 60n, new Date(), { a: 1 }, [1], Symbol('s'), () => 1];
    const text = `insert into rows (id, n) values ('a', ${engine === 'postgres' ? '$1' : '?'})`;
    for (const value of [...hostile, new Uint8Array(2)])
      await expect(query.executeQuery(CompiledQuery.raw(text, [value]))).rejects.toMatchObject({
        code: 'DATABASE_FAILED',
        message: expect.stringContaining('parameter 1 is '),
      });
    expect(await query.selectFrom('rows').selectAll().execute()).toEqual([]);
  });

  test('says of a statement that fails why, and tells a duplicate from other faults', async () => {
    const { isDuplicate } = await import('galerkin/store');
    const { query } = await open(await fresh());
    const put = (id: string) => query.insertInto('rows').values({ id, n: 1, x: null }).execute();
    await put('a');
    const twice = await put('a').catch((error: unknown) => error);
    expect(isDuplicate(twice)).toBe(true);
    expect(twice).toMatchObject({ code: 'DATABASE_FAILED' });
    const orphan = await query
      .insertInto('parts')
      .values({ id: 'p', row: 'nobody' })
      .execute()
      .catch((error: unknown) => error);
    expect(orphan).toMatchObject({ code: 'DATABASE_FAILED' });
    expect(isDuplicate(orphan)).toBe(false);
    expect(isDuplicate(undefined)).toBe(false);
  });
}

function transactionsConform(fresh: FreshUrl): void {
  const open = opener();

  test('does all of a transaction or nothing, and passes on the error of the work', async () => {
    const { query, transaction } = await open(await fresh());
    const mine = new Error('mine');
    const failed = transaction(async within => {
      await within.insertInto('rows').values({ id: 'a', n: 1, x: 1 }).execute();
      throw mine;
    });
    await expect(failed).rejects.toBe(mine);
    expect(await query.selectFrom('rows').selectAll().execute()).toEqual([]);
    const result = await transaction(async within => {
      await within.insertInto('rows').values({ id: 'a', n: 1, x: 1 }).execute();
      return 'done';
    });
    expect(result).toBe('done');
    expect(await query.selectFrom('rows').select('id').execute()).toEqual([{ id: 'a' }]);
  });

  test('a statement that fails within a transaction undoes what went before it', async () => {
    const { query, transaction } = await open(await fresh());
    const failed = transaction(async within => {
      await within.insertInto('rows').values({ id: 'a', n: 1, x: 1 }).execute();
      await within.insertInto('rows').values({ id: 'a', n: 1, x: 1 }).execute();
    });
    await expect(failed).rejects.toMatchObject({ code: 'DATABASE_FAILED' });
    expect(await query.selectFrom('rows').selectAll().execute()).toEqual([]);
  });

  test('loses no increment of thirty transactions at once', async () => {
    const { query, transaction } = await open(await fresh(), { poolSize: 4 });
    await query.insertInto('rows').values({ id: 'a', n: 0, x: null }).execute();
    for (let round = 0; round < 5; round++)
      await Promise.all(Array.from({ length: 6 }, () => transaction(within => increment(within, 'a'))));
    expect(await query.selectFrom('rows').select('n').executeTakeFirst()).toEqual({ n: 30 });
  });

  test('two transactions that each read both rows and write one behave as if one came first', async () => {
    const { query, transaction } = await open(await fresh());
    for (let round = 0; round < 10; round++) {
      const [a, b] = [`a${round}`, `b${round}`];
      await query
        .insertInto('rows')
        .values([a, b].map(id => ({ id, n: 1, x: null })))
        .execute();
      // Whoever is on duty may leave only while somebody else is on duty too.
      const leave = (id: string) =>
        transaction(async within => {
          const onDuty = await within
            .selectFrom('rows')
            .select('id')
            .where('id', 'in', [a, b])
            .where('n', '=', 1)
            .execute();
          if (onDuty.length > 1) await within.updateTable('rows').set({ n: 0 }).where('id', '=', id).execute();
        });
      await Promise.all([leave(a), leave(b)]);
      const left = await query.selectFrom('rows').select('id').where('id', 'in', [a, b]).where('n', '=', 1).execute();
      expect(left).toHaveLength(1);
    }
  });

  test('answers nothing once it is closed, and may be closed twice', async () => {
    const { query, transaction, takeOffice, close } = await open(await fresh());
    await query.selectFrom('rows').selectAll().execute();
    await close();
    await close();
    const refusal = { code: 'DATABASE_UNREACHABLE' };
    await expect(query.selectFrom('rows').selectAll().execute()).rejects.toMatchObject(refusal);
    await expect(transaction(within => within.selectFrom('rows').execute())).rejects.toMatchObject(refusal);
    await expect(takeOffice('a')).rejects.toMatchObject(refusal);
  });
}

export function sqlConforms(fresh: FreshUrl): void {
  valuesConform(fresh);
  transactionsConform(fresh);
}
