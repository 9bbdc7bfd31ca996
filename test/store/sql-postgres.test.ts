// What only PostgreSQL has: many processes, connections that die, a server that goes away, limits, partitions.
import { inspect } from 'node:util';
import { type OpenSqlOptions, openSql, seriesTable } from 'galerkin/store';
import { CompiledQuery, sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasPostgres, type PostgresServer, password, startPostgres } from './postgres.js';
import { type SqlChild, sqlChild } from './sql-child.js';
import { opener, rowsMigration } from './sql-conformance.js';
import { swallowingProxy } from './sql-proxy.js';

describe.skipIf(!hasPostgres())('PostgreSQL', () => {
  let server: PostgresServer;
  const open = opener();
  const children: SqlChild[] = [];
  const start = (url: string, what: 'try' | 'office'): SqlChild => {
    const child = sqlChild(url, what);
    children.push(child);
    return child;
  };
  const fresh = async (more: Partial<OpenSqlOptions> = {}) => open(await server.freshDatabase(), more);

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map(child => child.kill()));
  });
  afterAll(() => server.stop());

  test('processes that migrate at once all succeed, and each migration ran once', async () => {
    const url = await server.freshDatabase();
    const runs: string[] = [];
    const migrations = ['1', '2', '3'].map(name => ({
      name,
      up: async (database: Parameters<typeof rowsMigration.up>[0]) => {
        runs.push(name);
        await database.schema.createTable(`t${name}`).addColumn('id', 'text').execute();
      },
    }));
    await Promise.all([1, 2, 3, 4].map(() => open(url, { migrations })));
    expect(runs).toEqual(['1', '2', '3']);
    const other = await server.freshDatabase();
    const both = [start(other, 'try'), start(other, 'try')];
    for (const child of both) {
      expect(await child.says(/./)).toBe('open');
      expect(await child.ended).toBe(0);
    }
  });

  test('an office is lost when the server ends its connection, and the next holder has a later term', async () => {
    const url = await server.freshDatabase();
    const [mine, others] = [await open(url), await open(url)];
    const office = await mine.takeOffice('release');
    expect(office?.term).toBe(1);
    expect(await others.takeOffice('release')).toBeUndefined();
    await sql`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'`.execute(others.query);
    await office?.lost;
    expect(office?.isHeld()).toBe(false);
    expect((await others.takeOffice('release'))?.term).toBe(2);
    // Who lost it can go on with everything else.
    expect(await mine.query.selectFrom('rows').selectAll().execute()).toEqual([]);
    await office?.resign();
  });

  test('an office is lost when its row shows the term of somebody else', async () => {
    const database = await fresh({ heartbeatMs: 500 });
    const office = await database.takeOffice('release');
    // As where the lock was lost without a word: behind a proxy that hands connections around.
    await sql`update galerkin_offices set term = term + 1`.execute(database.query);
    await office?.lost;
    expect(office?.isHeld()).toBe(false);
  });

  test('a process that is killed leaves its office to the next, whose term is later', async () => {
    const url = await server.freshDatabase();
    for (const term of [1, 2, 3]) {
      const child = start(url, 'office');
      expect(await child.says(/term/)).toBe(`term ${term}`);
      const early = start(url, 'office');
      expect(await early.says(/term/)).toBe('term undefined');
      await Promise.all([child.kill(), early.kill()]);
      const watch = await openSql({ url, migrations: [{ name: '1', up: async () => undefined }] });
      for (let isLocked = true; isLocked; ) {
        const { rows } = await sql`select 1 from pg_locks where locktype = 'advisory'`.execute(watch.query);
        isLocked = rows.length > 0;
      }
      await watch.close();
    }
  });

  test('two control planes in schemas of their own do not share an office', async () => {
    const url = await server.freshDatabase();
    const first = await open(url);
    await sql`create schema other`.execute(first.query);
    const second = await open(`${url}?options=${encodeURIComponent('-c search_path=other')}`);
    expect((await first.takeOffice('release'))?.term).toBe(1);
    expect((await second.takeOffice('release'))?.term).toBe(1);
  });

  test('connections that die while they idle are replaced, and end nothing', async () => {
    const database = await fresh({ poolSize: 3 });
    const ask = () => database.query.selectFrom('rows').selectAll().execute();
    await Promise.all([ask(), ask(), ask()]);
    const killer = await open(await server.freshDatabase());
    for (let round = 0; round < 3; round++) {
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'galerkin' and pid <> pg_backend_pid()`.execute(
        killer.query,
      );
      // Some may meet a connection that has just died: an error of ours, once for each, never one that nobody hears.
      const met = await Promise.allSettled([ask(), ask(), ask()]);
      for (const each of met)
        if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    }
    let failures = 0;
    const stubborn = (): Promise<unknown> =>
      ask().catch(error => {
        failures += 1;
        if (failures > 3) throw error;
        return stubborn();
      });
    expect(await stubborn()).toEqual([]);
  });

  test('a connection that dies within a transaction fails it by name', async () => {
    const database = await fresh();
    const failed = database.transaction(async query => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(query);
      await query.insertInto('rows').values({ id: 'a', n: 1, x: 1 }).execute();
      await sql`select pg_terminate_backend(${rows[0].pid})`.execute(database.query);
      await query.insertInto('rows').values({ id: 'b', n: 1, x: 1 }).execute();
    });
    await expect(failed).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    expect(await database.query.selectFrom('rows').selectAll().execute()).toEqual([]);
  });

  test('refuses an integer beyond 2^53 rather than to round it', async () => {
    const { query } = await fresh();
    const read = (value: string) => query.executeQuery<{ n: number }>(CompiledQuery.raw(`select ${value} as n`));
    expect((await read('9007199254740991::bigint')).rows).toEqual([{ n: 2 ** 53 - 1 }]);
    expect((await read('0.25::numeric')).rows).toEqual([{ n: 0.25 }]);
    for (const value of ['9007199254740993::bigint', '-9007199254740993::bigint', '9007199254740993::numeric'])
      await expect(read(value)).rejects.toMatchObject({
        code: 'DATABASE_FAILED',
        message: expect.stringContaining('2^53'),
      });
    expect((await read('1::bigint')).rows).toEqual([{ n: 1 }]);
  });

  test('ends a statement that takes too long, and one that waits for a connection too long', async () => {
    const url = await server.freshDatabase();
    const slow = await open(url, { statementTimeoutMs: 1000 });
    await expect(sql`select pg_sleep(60)`.execute(slow.query)).rejects.toThrow(/statement timeout/);
    const narrow = await open(url, { poolSize: 1, waitMs: 2000 });
    const stuck = narrow.transaction(() => narrow.query.selectFrom('rows').selectAll().execute());
    await expect(stuck).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    expect(await narrow.query.selectFrom('rows').selectAll().execute()).toEqual([]);
  });

  test('a deadlock is resolved by doing one of the two again', async () => {
    const database = await fresh();
    await database.query
      .insertInto('rows')
      .values(['a', 'b'].map(id => ({ id, n: 0, x: null })))
      .execute();
    let met = 0;
    let bothHave = (): void => undefined;
    const both = new Promise<void>(resolve => {
      bothHave = resolve;
    });
    const add = (id: string) => sql`update rows set n = n + 1 where id = ${id}`;
    let attempts = 0;
    const inOrder = (first: string, second: string) =>
      database.transaction(async query => {
        attempts += 1;
        await add(first).execute(query);
        met += 1;
        if (met === 2) bothHave();
        await both;
        await add(second).execute(query);
      });
    await Promise.all([inOrder('a', 'b'), inOrder('b', 'a')]);
    expect(attempts).toBeGreaterThan(2);
    expect(await database.query.selectFrom('rows').select('n').execute()).toEqual([{ n: 2 }, { n: 2 }]);
  });

  test('a transaction that others are always faster than is given up after ten attempts', async () => {
    const database = await fresh();
    await database.query.insertInto('rows').values({ id: 'a', n: 0, x: null }).execute();
    let attempts = 0;
    const beaten = database.transaction(async query => {
      attempts += 1;
      await query.selectFrom('rows').selectAll().execute();
      await database.query.updateTable('rows').set({ n: attempts }).where('id', '=', 'a').execute();
      await query.updateTable('rows').set({ n: -1 }).where('id', '=', 'a').execute();
    });
    await expect(beaten).rejects.toThrow(/others were faster 10 times/);
    expect(attempts).toBe(10);
  });

  test('a time series has a partition for each stretch of time, and drops whole ones', async () => {
    const points = seriesTable({ name: 'points', columns: { value: 'real' }, partitionMs: 1000 });
    const database = await fresh({ migrations: [rowsMigration, points.migration('2026-01-02')] });
    const [series, another] = [await points.in(database), await points.in(database)];
    const partitions = async () => {
      const { rows } = await sql<{ name: string }>`
        select inhrelid::regclass::text as name from pg_inherits where inhparent = 'points'::regclass order by 1`.execute(
        database.query,
      );
      return rows.map(({ name }) => name);
    };
    const at = (...times: number[]) => times.map(atMs => ({ at_ms: atMs, value: 1 }));
    await Promise.all([series.append(at(0, 999, 1000)), another.append(at(1500, 7000)), series.append(at(1, 7001))]);
    expect(await partitions()).toEqual(['points_p0', 'points_p1', 'points_p7']);
    await another.dropBefore(2000);
    expect(await partitions()).toEqual(['points_p7']);
    // The other one took it for granted that the partition is there.
    await series.append(at(500));
    expect((await another.read()).map(row => row.at_ms)).toEqual([500, 7000, 7001]);
    await series.dropBefore(1000);
    // Many who want the same new partitions at the same time, some within transactions that have appended before.
    for (let time = 100_000; time < 115_000; time += 1000)
      await Promise.all([
        ...[series, another, series].map(each => each.append(at(time, time + 500_000))),
        ...[1, 2].map(() =>
          database.transaction(async query => {
            await series.append(at(7000), query);
            await series.append(at(time, time + 900_000), query);
          }),
        ),
        another.dropBefore(1000),
      ]);
    expect(await partitions()).toHaveLength(1 + 3 * 15);
    expect(await another.read({ fromMs: 100_000 })).toHaveLength(15 * 10);
    const plan = await database.query.executeQuery<Record<string, string>>(
      CompiledQuery.raw('explain select * from points where at_ms < $1', [8000]),
    );
    expect(JSON.stringify(plan.rows)).toContain('points_p7');
    expect(JSON.stringify(plan.rows)).not.toContain('points_p100');
  });

  test('shows the password in no message, neither of a database nor of an error', async () => {
    const url = await server.freshDatabase();
    const { place } = await open(url);
    const wrong = url.replace(encodeURIComponent(password), 'wrong-secret');
    const nobody = url.replace(/:\d+\//, ':1/');
    const missing = `${url}_missing`;
    const errors = await Promise.all(
      [wrong, nobody, missing].map(each =>
        openSql({ url: each, migrations: [], waitMs: 5000 }).catch((error: unknown) => error),
      ),
    );
    for (const error of errors) expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    const shown = [
      place,
      ...errors.map(error => `${error} ${inspect(error, { depth: 9 })} ${JSON.stringify(error)}`),
    ].join();
    expect(place).toMatch(/^postgres:\/\/galerkin@127\.0\.0\.1:\d+\/test_\d+$/);
    for (const secret of [password, encodeURIComponent(password), 'wrong-secret']) expect(shown).not.toContain(secret);
  });

  test('an office is lost, and closing comes to an end, where the network swallows everything', async () => {
    const { url, swallow, stop } = await swallowingProxy(await server.freshDatabase());
    const database = await openSql({ url, migrations: [], heartbeatMs: 500, waitMs: 2000 });
    const office = await database.takeOffice('release');
    await sql`select 1`.execute(database.query);
    swallow();
    await office?.lost;
    expect(office?.isHeld()).toBe(false);
    await database.close();
    await stop();
  });

  test('a server that goes away is said to be away, and is found again when it is back', async () => {
    const database = await fresh({ poolSize: 2 });
    await database.query.insertInto('rows').values({ id: 'a', n: 1, x: 1 }).execute();
    const office = await database.takeOffice('release');
    await server.crash();
    await office?.lost;
    const away = { code: 'DATABASE_UNREACHABLE' };
    await expect(database.query.selectFrom('rows').selectAll().execute()).rejects.toMatchObject(away);
    await expect(database.takeOffice('release')).rejects.toMatchObject(away);
    await server.start();
    expect(await database.query.selectFrom('rows').select('id').execute()).toEqual([{ id: 'a' }]);
    expect((await database.takeOffice('release'))?.term).toBe(2);
  });
});
