// State in SQL: inserts, look-ups and transactions a second on the embedded file and on PostgreSQL, and the memory of each.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSql, type SqlDatabase, type SqlMigration } from 'galerkin/store';
import { hasPostgres, startPostgres } from '../test/store/postgres.js';
import { type BenchResult, median, ratioOf } from './result.js';

interface Tables {
  readonly points: { readonly id: number; readonly release: string; readonly value: number };
}
const migrations: readonly SqlMigration[] = [
  {
    name: '1',
    async up(database) {
      await database.schema
        .createTable('points')
        .addColumn('id', 'bigint', column => column.primaryKey())
        .addColumn('release', 'text', column => column.notNull())
        .addColumn('value', 'double precision', column => column.notNull())
        .execute();
    },
  },
];

const rounds = 7;
const perRound = 300;
const batch = 100;
const atOnce = 8;

type Work = (database: SqlDatabase<Tables>, from: number) => Promise<void>;

const row = (id: number) => ({ id, release: `release ${id % 7}`, value: id / 3 });
const insert = (database: SqlDatabase<Tables>, id: number) =>
  database.query.insertInto('points').values(row(id)).execute();

/** Each does `perRound` of its things, with keys from `from` on. */
const works: Readonly<Record<string, Work>> = {
  'committed inserts, one after the other': async (database, from) => {
    for (let k = 0; k < perRound; k++) await insert(database, from + k);
  },
  [`committed inserts, ${atOnce} at once`]: async (database, from) => {
    const lane = async (first: number): Promise<void> => {
      for (let k = first; k < perRound; k += atOnce) await insert(database, from + k);
    };
    await Promise.all(Array.from({ length: atOnce }, (_, first) => lane(first)));
  },
  [`rows in inserts of ${batch}`]: async (database, from) => {
    for (let k = 0; k < perRound; k += batch) {
      const rows = Array.from({ length: batch }, (_, each) => row(from + k + each));
      await database.query.insertInto('points').values(rows).execute();
    }
  },
  'look-ups by key': async database => {
    for (let k = 0; k < perRound; k++)
      await database.query.selectFrom('points').selectAll().where('id', '=', k).executeTakeFirstOrThrow();
  },
  'transactions of a look-up and an update': async database => {
    for (let k = 0; k < perRound; k++)
      await database.transaction(async query => {
        const { value } = await query
          .selectFrom('points')
          .select('value')
          .where('id', '=', k)
          .executeTakeFirstOrThrow();
        await query
          .updateTable('points')
          .set({ value: value + 1 })
          .where('id', '=', k)
          .execute();
      });
  },
};

/** Things a second, one figure a round, the databases in turns. */
async function rates(databases: readonly SqlDatabase<Tables>[], work: Work, from: number): Promise<number[][]> {
  const all: number[][] = databases.map(() => []);
  for (let round = -1; round < rounds; round++)
    for (const [k, database] of databases.entries()) {
      const start = performance.now();
      await work(database, from + (round + 1) * perRound);
      const rate = (1000 * perRound) / (performance.now() - start);
      if (round >= 0) all[k].push(rate);
    }
  return all;
}

/** Resident MiB that opening a database and a thousand inserts add to a process that has loaded nothing else. */
function memoryOf(url: string): number {
  const script = `
    const before = process.memoryUsage.rss();
    const { openSql } = await import('galerkin/store');
    const up = database => database.schema.createTable('m').addColumn('id', 'bigint').execute();
    const database = await openSql({ url: process.argv[1], migrations: [{ name: '1', up }] });
    for (let id = 0; id < 1000; id++) await database.query.insertInto('m').values({ id }).execute();
    console.log((process.memoryUsage.rss() - before) / 2 ** 20);
    await database.close();`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script, url], { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(child.stderr);
  return Number(child.stdout);
}

/** Rates of both engines; PostgreSQL is a process of its own on this machine, and waits for the disk as the file does. */
export async function run(): Promise<BenchResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'galerkin-bench-sql-'));
  const server = hasPostgres() ? await startPostgres({ isDurable: true }) : undefined;
  const urls = [join(folder, 'a.db'), ...(server === undefined ? [] : [await server.freshDatabase()])];
  const databases = await Promise.all(urls.map(url => openSql<Tables>({ url, migrations })));
  const names = ['file', 'PostgreSQL'];
  const results: BenchResult[] = [];
  for (const [k, [what, work]] of Object.entries(works).entries()) {
    const all = await rates(databases, work, k * (rounds + 1) * perRound);
    for (const [at, figures] of all.entries()) {
      const ratio = at === 1 ? { ratio: ratioOf('the file', figures, all[0]) } : {};
      const note = `${Math.min(...figures).toFixed(0)} to ${Math.max(...figures).toFixed(0)}`;
      results.push({ name: `${names[at]}: ${what}`, value: median(figures), unit: '/s', ...ratio, note });
    }
  }
  await Promise.all(databases.map(database => database.close()));
  const fresh = [join(folder, 'b.db'), ...(server === undefined ? [] : [await server.freshDatabase()])];
  for (const [at, url] of fresh.entries()) {
    const note = 'resident, in this process, over an empty one: galerkin/store, driver, builder, a thousand inserts';
    results.push({ name: `${names[at]}: memory`, value: memoryOf(url), unit: 'MiB', note });
  }
  await server?.stop();
  rmSync(folder, { recursive: true });
  return results;
}
