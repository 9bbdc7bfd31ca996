// The embedded file: one process has it to itself, nothing that was committed is lost, and faults are said.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { manualClock } from 'galerkin/base';
import { openSql } from 'galerkin/store';
import { afterEach, describe, expect, test } from 'vitest';
import { freshPaths } from './folder.js';
import { type SqlChild, sqlChild } from './sql-child.js';
import { opener } from './sql-conformance.js';

const freshPath = freshPaths();
const open = opener();
const children: SqlChild[] = [];
const start = (url: string, what: 'hold' | 'try' | 'pairs'): SqlChild => {
  const child = sqlChild(url, what);
  children.push(child);
  return child;
};
afterEach(async () => {
  await Promise.all(children.splice(0).map(child => child.kill()));
});

describe('the file of a database', () => {
  test('is made with its folders, for this user alone, and is one file again when it is closed', async () => {
    const path = `${freshPath()}/deep/state.db`;
    const database = await open(path);
    expect(database.place).toBe(path);
    await database.query.insertInto('rows').values({ id: 'a', n: 1, x: 1 }).execute();
    for (const each of [path, `${path}-wal`, `${path}.holder`]) expect(statSync(each).mode & 0o777).toBe(0o600);
    await database.close();
    expect([`${path}-wal`, `${path}-shm`, `${path}.holder`].filter(existsSync)).toEqual([]);
    const again = await open(`sqlite:${path}`);
    expect(await again.query.selectFrom('rows').select('id').execute()).toEqual([{ id: 'a' }]);
  });

  test('is refused to a second process, which hears who has it, until the first is killed', async () => {
    const path = freshPath();
    const holder = start(path, 'hold');
    await holder.says(/open/);
    const refused = open(path);
    await expect(refused).rejects.toMatchObject({ code: 'DATABASE_IN_USE' });
    await expect(refused).rejects.toThrow(new RegExp(`in use by process ${holder.pid} since 20..-..-..T.*Z`));
    for (const note of ['', 'not JSON', '{"pid":-1}', '[]', `{"pid":${2 ** 30},"since":"2020-01-01T00:00:00Z"}`]) {
      writeFileSync(`${path}.holder`, note);
      await expect(open(path)).rejects.toThrow('in use by another process');
    }
    await holder.kill();
    // The note of the killed one is still there, and stops nobody.
    writeFileSync(`${path}.holder`, JSON.stringify({ pid: holder.pid, since: new Date(0).toISOString() }));
    await openPairs(path).then(database => database.close());
  });

  test('is refused to this process a second time, and to others until it is closed', async () => {
    const path = freshPath();
    const first = await openPairs(path);
    await first.query.selectFrom('pairs').selectAll().execute();
    await expect(openPairs(path)).rejects.toThrow(`in use by this process (${process.pid})`);
    // To have looked does not give up the lock.
    const early = start(path, 'try');
    expect(await early.says(/DATABASE_IN_USE/)).toContain(`process ${process.pid} since`);
    expect(await early.ended).toBe(69);
    await first.close();
    // Its statements are not collected yet; the lock is free all the same.
    expect(await start(path, 'try').says(/./)).toBe('open');
  });

  test('says what is wrong with a folder, with what is no database, and with a place where nothing can be written', async () => {
    const folder = freshPath();
    mkdirSync(folder);
    await expect(open(folder)).rejects.toMatchObject({
      code: 'DATABASE_UNREACHABLE',
      fields: { why: expect.stringMatching(/folder/) },
    });
    const text = freshPath();
    writeFileSync(text, 'hardly a database '.repeat(1000));
    await expect(open(text)).rejects.toMatchObject({
      code: 'DATABASE_FAILED',
      fields: { why: expect.stringMatching(/damaged|no SQLite/) },
    });
    expect(readFileSync(text, 'utf8')).toContain('hardly');
    for (const path of [`${text}/below/a/file.db`, '/proc/nowhere/state.db', '/sys/kernel/state.db'])
      await expect(open(path)).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  });

  test('that is damaged in its midst fails by name and does not end the process', async () => {
    const path = freshPath();
    const database = await open(path);
    const many = Array.from({ length: 5000 }, (_, k) => ({ id: `row ${k}`, n: k, x: k / 7 }));
    for (let k = 0; k < many.length; k += 500)
      await database.query
        .insertInto('rows')
        .values(many.slice(k, k + 500))
        .execute();
    await database.close();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 3 * 4096, bytes.length - 4096);
    writeFileSync(path, bytes);
    const looked = async () => {
      const damaged = await open(path);
      await damaged.query.selectFrom('rows').selectAll().orderBy('id').execute();
    };
    await expect(looked()).rejects.toMatchObject({ code: 'DATABASE_FAILED' });
  });
});

const openPairs = (url: string) =>
  openSql<{ pairs: { pair: number; side: string } }>({ url, migrations: [{ name: '1', up: makePairs }] });
const makePairs = async (database: import('kysely').Kysely<unknown>): Promise<void> => {
  await database.schema.createTable('pairs').addColumn('pair', 'bigint').addColumn('side', 'text').execute();
};

test('a process killed in the midst of transactions loses none that it was told of, and leaves no half of one', async () => {
  const path = freshPath();
  for (const after of [1, 7, 40, 100]) {
    const before = await openPairs(path);
    await before.query.deleteFrom('pairs').execute();
    await before.close();
    const writer = start(path, 'pairs');
    await writer.says(new RegExp(`^pair ${after}$`));
    await writer.kill();
    const told = writer.said.filter(line => line.startsWith('pair ')).length;
    expect(told).toBeGreaterThanOrEqual(after);
    const database = await openPairs(path);
    const rows = await database.query.selectFrom('pairs').selectAll().orderBy('pair').execute();
    await database.close();
    const pairs = new Set(rows.map(({ pair }) => pair));
    expect(rows.length).toBe(2 * pairs.size);
    expect(Array.from(pairs)).toEqual(Array.from({ length: pairs.size }, (_, k) => k + 1));
    expect(pairs.size).toBeGreaterThanOrEqual(told);
    expect(pairs.size).toBeLessThanOrEqual(told + 1);
  }
});

test('terms grow from one process to the next, killed or not', async () => {
  const path = freshPath();
  for (const expected of [1, 2, 3]) {
    const child = sqlChild(path, 'office');
    children.push(child);
    expect(await child.says(/term/)).toBe(`term ${expected}`);
    await child.kill();
  }
});

test('a transaction that asks outside itself is refused after the time to wait, and does not wait for ever', async () => {
  const time = manualClock();
  const database = await open('sqlite::memory:', { clock: time, timers: time, waitMs: 5000 });
  const stuck = database.transaction(async query => {
    await query.insertInto('rows').values({ id: 'a', n: 1, x: 1 }).execute();
    const outside = database.query.selectFrom('rows').selectAll().execute();
    await new Promise(resolve => setImmediate(resolve));
    time.advance(5000);
    await outside;
  });
  await expect(stuck).rejects.toThrow(/use the query that it is given/);
  expect(await database.query.selectFrom('rows').selectAll().execute()).toEqual([]);
});

test('whoever waits for a transaction gets its turn in order, and sees what was committed', async () => {
  const database = await open('sqlite::memory:');
  let finish = (): void => undefined;
  const held = database.transaction(async query => {
    await query.insertInto('rows').values({ id: 'a', n: 1, x: 1 }).execute();
    await new Promise<void>(resolve => {
      finish = resolve;
    });
  });
  const order: number[] = [];
  const readers = [1, 2, 3].map(async k => {
    const rows = await database.query.selectFrom('rows').select('id').execute();
    order.push(k);
    return rows.length;
  });
  await new Promise(resolve => setImmediate(resolve));
  expect(order).toEqual([]);
  finish();
  await held;
  expect(await Promise.all(readers)).toEqual([1, 1, 1]);
  expect(order).toEqual([1, 2, 3]);
});

test.each([
  '',
  ' ',
  'sqlite:',
  'mysql://user:secret@host/db',
  'postgres:user',
  'postgres://u:se#cret@h/d',
  'http://secret',
  'a\0b',
])('refuses %j as a URL, and shows no secret of it', async url => {
  const refused = await openSql({ url, migrations: [] }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'DATABASE_URL_INVALID' });
  expect(String(refused)).not.toMatch(/secret|se#cret/);
});
