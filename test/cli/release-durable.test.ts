// Servers that are killed, doubled and stopped in the middle of releases: what was decided stands, and somebody goes on.
import { afterAll, beforeAll, describe, type TestContext, test } from 'vitest';
import { run } from '../end-to-end/galerkin.js';
import { hasPostgres, type PostgresServer, startPostgres } from '../store/postgres.js';
import { type Place, release, releasePlace, type ServerProcess, serveThere } from './release-servers.js';

const running = { timeout: 20_000, interval: 50 };
const phaseOf = (server: ServerProcess, id: string) => async () => (await server.status(id)).phase;

interface House {
  readonly place: Place;
  serve(...args: string[]): Promise<ServerProcess>;
}

/** A folder of models with servers on it, which go when the test is over: tests wait, so that several run at once. */
async function house(onTestFinished: TestContext['onTestFinished']): Promise<House> {
  const place = await releasePlace();
  const servers: ServerProcess[] = [];
  onTestFinished(async () => {
    for (const server of servers) await server.kill();
    await place.dispose();
  });
  return {
    place,
    async serve(...args) {
      const server = await serveThere(place, args);
      servers.push(server);
      return server;
    },
  };
}

/** Judged by failures alone: the time of a test machine says nothing. */
const canary = (hold: string, approve: boolean, minSamples = 20) => ({
  model: 'scale',
  version: 2,
  strategy: { kind: 'canary', steps: [{ weight: '50%', hold, approve }] },
  judge: { minSamples, criteria: [{ metric: 'error-rate', margin: '20%' }] },
});
/** Goes on until somebody says a word. */
const patient = canary('1h', true, 100_000);

const post = (server: ServerProcess, path: string, body: object): Promise<Response> =>
  fetch(`${server.url}${path}`, { method: 'POST', body: JSON.stringify(body) });

async function begin(server: ServerProcess, document: object): Promise<string> {
  const answer = await post(server, '/releases', { document });
  const { id, error } = await answer.json();
  if (!answer.ok) throw new Error(JSON.stringify(error));
  return id;
}

const abort = (server: ServerProcess, id: string) => post(server, `/releases/${id}/abort`, { why: 'the leader died' });

describe.concurrent('one server', { timeout: 60_000 }, () => {
  test('that is killed in mid-release obeys at once when it is back, and the release goes on', async ({
    expect,
    onTestFinished,
  }) => {
    const { place, serve } = await house(onTestFinished);
    const first = await serve();
    await place.addVersion(2, 2);
    const id = await begin(first, patient);
    await expect.poll(phaseOf(first, id), running).toBe('running');
    await expect.poll(async () => Object.keys((await first.ask(20)).versions).length, running).toBe(2);
    await first.kill();

    const second = await serve();
    // Without a route all of it would go to the newest version.
    const { versions, failed } = await second.ask(60);
    expect(failed).toBe(0);
    expect(versions[1]).toBeGreaterThan(5);
    expect(versions[2]).toBeGreaterThan(5);
    expect((await second.status(id)).phase).toBe('running');
    await abort(second, id);
    await expect.poll(phaseOf(second, id), running).toBe('aborted');
    await second.stop();

    // The version that was refused stays out, though it is the newest.
    const third = await serve();
    expect(await third.ask(20)).toEqual({ versions: { 1: 20 }, failed: 0 });
    expect((await release(place, third, ['history'])).stdout).toMatch(/aborted/);
  });

  test('beside another on the same folder goes without control and says so; with --database it does not start', async ({
    expect,
    onTestFinished,
  }) => {
    const { place, serve } = await house(onTestFinished);
    const first = await serve();
    await place.addVersion(2, 2);
    await begin(first, patient);
    const second = await serve();
    await second.running.seen(/in use by process \d+.*starts without control/);
    expect((await second.ask(4)).failed).toBe(0);
    const { code, stderr } = await release(place, second, ['history']);
    expect(stderr).toMatch(/in use by process/);
    expect(code).toBe(65);
    const named = await run(
      ['serve', place.models, '--port', '0', '--no-grpc', '--no-metrics', '--database', `${place.folder}/control.db`],
      place.folder,
    );
    expect(named.stderr).toMatch(/DATABASE_IN_USE/);
    expect(named.code).toBe(69);
  });

  test('with an empty --database has no releases', async ({ expect, onTestFinished }) => {
    const { serve } = await house(onTestFinished);
    const server = await serve('--database', '');
    expect((await fetch(`${server.url}/releases`)).status).toBe(404);
    expect((await server.stop()).code).toBe(0);
  });
});

describe.skipIf(!hasPostgres())('two servers on one PostgreSQL', { timeout: 90_000, concurrent: true }, () => {
  let postgres: PostgresServer;
  const databases: string[] = [];
  beforeAll(async () => {
    postgres = await startPostgres();
    for (let made = 0; made < 4; made++) databases.push(await postgres.freshDatabase());
  });
  afterAll(() => postgres.stop());

  const shares = async (server: ServerProcess): Promise<string> => {
    const { routes } = await (await fetch(`${server.url}/routes`)).json();
    return JSON.stringify(routes[0]?.route.shares ?? null);
  };

  test('obey one of them, and the other goes on when it is killed', async ({ expect, onTestFinished }) => {
    const { place, serve } = await house(onTestFinished);
    const database = databases[0] ?? '';
    const first = await serve('--database', database, '--replica-name', 'a');
    const second = await serve('--database', database, '--replica-name', 'b');
    await place.addVersion(2, 2);
    const id = await begin(second, patient);
    await expect.poll(async () => (await second.status(id)).obeyed, running).toEqual(['a', 'b']);
    await expect.poll(phaseOf(first, id), running).toBe('running');
    const both = '[{"version":1,"share":5000},{"version":2,"share":5000}]';
    for (const server of [first, second]) await expect.poll(() => shares(server), running).toBe(both);

    // The first took the office: it was there alone.
    await first.kill();
    await abort(second, id);
    await expect.poll(phaseOf(second, id), running).toBe('aborted');
    expect((await second.ask(10)).versions).toEqual({ 1: 10 });

    // Back again, it obeys what was decided without it.
    const back = await serve('--database', database, '--replica-name', 'a', '--port', String(first.port));
    expect((await back.ask(10)).versions).toEqual({ 1: 10 });
    expect((await second.stop()).code).toBe(0);
  });

  test('refuse a third with the name of one of them', async ({ expect, onTestFinished }) => {
    const { place, serve } = await house(onTestFinished);
    const database = databases[1] ?? '';
    await serve('--database', database, '--replica-name', 'a');
    const third = ['serve', place.models, '--port', '0', '--no-grpc', '--no-metrics', '--database', database];
    const { code, stderr } = await run([...third, '--replica-name', 'a'], place.folder);
    expect(stderr).toMatch(/REPLICA_NAME_TAKEN/);
    expect(code).toBe(69);
  });

  test('promote under load, and no request fails', async ({ expect, onTestFinished }) => {
    const { place, serve } = await house(onTestFinished);
    const database = databases[2] ?? '';
    const [first, second] = [await serve('--database', database), await serve('--database', database)];
    await place.addVersion(2, 2);
    const id = await begin(first, canary('1m', false));
    let failed = 0;
    let isOver = false;
    const load = [first, second].map(async server => {
      while (!isOver) failed += (await server.ask(5)).failed;
    });
    await expect.poll(phaseOf(second, id), { timeout: 60_000, interval: 200 }).toBe('promoted');
    isOver = true;
    await Promise.all(load);
    expect(failed).toBe(0);
    for (const server of [first, second]) expect((await server.ask(5)).versions).toEqual({ 2: 5 });
  });

  // By itself: it takes the database away from all.
  test.sequential('go on serving as they were told while the database is away, and stop when they are asked to', async ({
    expect,
    onTestFinished,
  }) => {
    const { place, serve } = await house(onTestFinished);
    const database = databases[3] ?? '';
    const server = await serve('--database', database, '--replica-name', 'a');
    await place.addVersion(2, 2);
    const id = await begin(server, patient);
    await expect.poll(phaseOf(server, id), running).toBe('running');
    await postgres.crash();
    try {
      const { versions, failed } = await server.ask(60);
      expect(failed).toBe(0);
      expect(Object.keys(versions)).toEqual(['1', '2']);
      expect((await fetch(`${server.url}/releases/${id}`)).status).toBeGreaterThanOrEqual(500);
    } finally {
      await postgres.start();
    }
    await expect.poll(async () => (await fetch(`${server.url}/releases/${id}`)).status, running).toBe(200);
    await abort(server, id);
    await expect.poll(phaseOf(server, id), running).toBe('aborted');
    await postgres.crash();
    try {
      expect((await server.stop()).code).toBe(0);
    } finally {
      await postgres.start();
    }
  });
});
