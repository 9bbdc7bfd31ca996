import { manualClock } from 'galerkin/base';
import {
  fleetSecret,
  type JoinOptions,
  joinFleet,
  ownReplica,
  type ReplicaTables,
  replicaMigrations,
  replicaRoutes,
} from 'galerkin/control';
import { openSql, type SqlDatabase } from 'galerkin/store';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RoutedServer, routedServer, routeOf } from '../serve/fixtures/routed-server.js';
import { hasPostgres, type PostgresServer, startPostgres } from '../store/postgres.js';
import { controlledServer } from './controlled-server.js';

let served: RoutedServer;
let postgres: PostgresServer | undefined;
beforeAll(async () => {
  served = await routedServer();
  if (hasPostgres()) postgres = await startPostgres();
});
afterAll(async () => {
  await served.close();
  await postgres?.stop();
});

const open = (url: string): Promise<SqlDatabase<ReplicaTables>> =>
  openSql<ReplicaTables>({ url, migrations: replicaMigrations });

const engines = [
  { name: 'an embedded database', isThere: () => true, url: async () => 'sqlite::memory:' },
  {
    name: 'PostgreSQL',
    isThere: () => postgres !== undefined,
    url: async () => (await postgres?.freshDatabase()) ?? '',
  },
];

describe.each(engines)('a fleet in $name', ({ isThere, url }) => {
  const databases: SqlDatabase<ReplicaTables>[] = [];
  afterEach(async () => {
    for (const database of databases.splice(0)) await database.close();
  });
  const fresh = async (): Promise<SqlDatabase<ReplicaTables>> => {
    const database = await open(await url());
    databases.push(database);
    return database;
  };
  const member = (database: SqlDatabase<ReplicaTables>, name: string, more: Partial<JoinOptions> = {}) => {
    const own = ownReplica(name, served.server.traffic);
    return joinFleet({ database, own, url: `http://${name}`, timers: manualClock(), ...more });
  };
  const namesOf = async ({ fleet }: Awaited<ReturnType<typeof joinFleet>>) =>
    (await fleet.replicas()).map(({ name }) => name);
  /** As time does to a server that died. */
  const silence = (database: SqlDatabase<ReplicaTables>, name: string, ms: number) =>
    database.query
      .updateTable('replica')
      .set(({ eb }) => ({ heartbeat_ms: eb('heartbeat_ms', '-', ms) }))
      .where('name', '=', name)
      .execute();

  test('is all that joined and have not left, by name', async context => {
    if (!isThere()) return context.skip();
    const database = await fresh();
    const [b, a, c] = [await member(database, 'b'), await member(database, 'a'), await member(database, 'c')];
    for (const each of [a, b, c]) expect(await namesOf(each)).toEqual(['a', 'b', 'c']);
    await c.leave();
    expect(await namesOf(a)).toEqual(['a', 'b']);
    await a.leave();
    await b.leave();
  });

  test('forgets who is silent, and never itself', async context => {
    if (!isThere()) return context.skip();
    const database = await fresh();
    const [a, b] = [await member(database, 'a'), await member(database, 'b')];
    await silence(database, 'a', 6000);
    expect(await namesOf(b)).toEqual(['b']);
    expect(await namesOf(a)).toEqual(['a', 'b']);
    await a.leave();
    await b.leave();
  });

  test('hears a heart beat', async context => {
    if (!isThere()) return context.skip();
    const database = await fresh();
    const clock = manualClock();
    const [a, b] = [await member(database, 'a', { timers: clock }), await member(database, 'b')];
    await silence(database, 'a', 6000);
    clock.advance(1000);
    await a.leave(); // ends only after the beat under way
    const back = await member(database, 'a');
    expect(await namesOf(b)).toEqual(['a', 'b']);
    await back.leave();
    await b.leave();
  });

  test('refuses a second server with the name of one that lives', async context => {
    if (!isThere()) return context.skip();
    const database = await fresh();
    const [living, coming] = [manualClock(), manualClock()];
    const first = await member(database, 'a', { timers: living, url: 'http://one' });
    const second = member(database, 'a', { timers: coming, url: 'http://two', heartbeatMs: 10 });
    const refused = expect(second).rejects.toMatchObject({ code: 'REPLICA_NAME_TAKEN', fields: { url: 'http://one' } });
    // Both clocks run until it is decided.
    const running = setInterval(() => {
      living.advance(1000);
      coming.advance(20);
    }, 5);
    await refused;
    clearInterval(running);
    await first.leave();
  });

  test('lets the same address come back at once, and another one when the old is silent', async context => {
    if (!isThere()) return context.skip();
    const database = await fresh();
    await member(database, 'a', { url: 'http://one' });
    const again = await member(database, 'a', { url: 'http://one' });
    await silence(database, 'a', 6000);
    const moved = await member(database, 'a', { url: 'http://two' });
    await again.leave(); // its entry is not its own any more
    expect((await database.query.selectFrom('replica').select('url').execute()).map(row => row.url)).toEqual([
      'http://two',
    ]);
    await moved.leave();
  });

  test('has one secret, whoever asks first', async context => {
    if (!isThere()) return context.skip();
    const database = await fresh();
    const secrets = await Promise.all(Array.from({ length: 8 }, () => fleetSecret(database)));
    expect(new Set(secrets).size).toBe(1);
    expect(secrets[0]).toMatch(/^[\w-]{43}$/);
  });

  test('reaches its other members over HTTP', async context => {
    if (!isThere()) return context.skip();
    const database = await fresh();
    const secret = await fleetSecret(database);
    const far = await controlledServer(traffic => [replicaRoutes(traffic, secret)]);
    const [a, b] = [await member(database, 'a'), await member(database, 'b', { url: far.server.url })];
    const [, other] = await a.fleet.replicas();
    await other?.apply(routeOf({ 1: 0, 3: 10_000 }));
    expect((await far.ask()).version).toBe(3);
    await a.leave();
    await b.leave();
    await far.close();
  });
});
