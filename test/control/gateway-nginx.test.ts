import { Agent } from 'node:http';
import { type GatewayRouter, nginxGateway, openGatewayRouter } from 'galerkin/control';
import { parseRoute, type RouteDraft } from 'galerkin/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../free-port.js';
import { freshPaths } from '../store/folder.js';
import { type Asking, ask, load, type Nginx, nginxIn, type Upstream, upstream } from './fixtures/gateway-nginx.js';

const freshPath = freshPaths();
let nginx: Nginx;
let upstreams: ReadonlyMap<number, Upstream>;
let router: GatewayRouter;
let revision = 0;

const share = (version: number, part: number) => ({ version, share: part });
/** The next route of the model. */
const route = (draft: Partial<RouteDraft> & Pick<RouteDraft, 'shares'>) => {
  revision += 1;
  return parseRoute({ model: 'darcy', fence: { term: 1, revision }, stable: 1, ...draft });
};
const canary = (part: number, more: Partial<RouteDraft> = {}) =>
  route({ shares: [share(1, 10_000 - part), share(2, part)], ...more });

beforeAll(async () => {
  nginx = await nginxIn(freshPath());
  upstreams = new Map([
    [1, await upstream(1)],
    [2, await upstream(2)],
  ]);
  const deadPlace = `127.0.0.1:${await freePort()}`;
  const language = nginxGateway({
    listen: [`127.0.0.1:${nginx.port}`],
    backends: (_, version) => [upstreams.get(version)?.place ?? deadPlace],
  });
  const { file: path, check, reload } = nginx;
  // The first configuration is there before nginx is: nothing to reload yet.
  const first = openGatewayRouter({ path, check, reload: ['true'] }, { language });
  await first.apply(canary(0));
  await nginx.start();
  const confirmUrl = `http://127.0.0.1:${nginx.port}/galerkin-gateway`;
  router = openGatewayRouter({ path, check, reload, confirmUrl, tolerate: ['mirror-comparison'] }, { language });
});
afterAll(async () => {
  await nginx.close();
  await Promise.all([...upstreams.values()].map(each => each.close()));
});

describe('an nginx that obeys a route', () => {
  test('gives each version its share, within what a binomial draw may be off by', async () => {
    const count = 1500;
    for (const part of [500, 3000]) {
      await router.apply(canary(part));
      const answers = await load(nginx.port, count);
      const taken = answers.filter(({ version }) => version === 2).length;
      const p = part / 10_000;
      // Four and a half standard deviations: one run in 150,000 falls outside by chance.
      expect(Math.abs(taken - count * p)).toBeLessThan(4.5 * Math.sqrt(count * p * (1 - p)));
    }
  });

  test('passes path and body on as they came', async () => {
    await router.apply(canary(0));
    const path = '/v2/models/darcy/infer?a=%2F%20b';
    expect(await ask(nginx.port, { path, body: 'z'.repeat(3_000_000) })).toMatchObject({
      version: 1,
      path,
      status: 200,
    });
  });

  test.each([
    ['header', { kind: 'header', name: 'x-user' } as const, (k: number) => ({ 'X-User': `user ${k}` })],
    ['cookie', { kind: 'cookie', name: 'a.b' } as const, (k: number) => ({ Cookie: `z=1; a.b=user${k} ; y=2` })],
  ])('keeps clients by their %s with a version while its share rises', async (_, sticky, headersOf) => {
    const clients = 120;
    let before = new Set<number>();
    for (const part of [500, 3000, 10_000]) {
      await router.apply(canary(part, { sticky, salt: 'a "salt"; $request_id' }));
      const once = await load(nginx.port, 2 * clients, k => ({ headers: headersOf(k % clients) }));
      const versions = once.map(({ version }) => version);
      expect(versions.slice(0, clients)).toEqual(versions.slice(clients));
      const taken = new Set([...versions.keys()].filter(k => k < clients && versions[k] === 2));
      expect([...before].filter(k => !taken.has(k))).toEqual([]);
      before = taken;
    }
    expect(before.size).toBe(clients);
  });

  test('draws a client without the key anew each time, and one address always the same', async () => {
    await router.apply(canary(5000, { sticky: { kind: 'header', name: 'x-user' } }));
    expect(new Set((await load(nginx.port, 60)).map(({ version }) => version)).size).toBe(2);
    await router.apply(canary(5000, { sticky: { kind: 'client-address' } }));
    expect(new Set((await load(nginx.port, 60)).map(({ version }) => version)).size).toBe(1);
  });

  test('obeys the first rule that holds, for exact values only', async () => {
    const header = (name: string, equals: string) => ({ kind: 'header', name, equals }) as const;
    const odd = `a"b;$c{d}\\e'~*(.)`;
    await router.apply(
      canary(0, {
        rules: [
          { version: 1, when: header('x-canary', 'never') },
          { version: 2, when: header('x-canary', odd) },
          { version: 2, when: { kind: 'cookie', name: 'canary', equals: 'on+1' } },
        ],
      }),
    );
    const versionFor = async (headers: Record<string, string>) => (await ask(nginx.port, { headers })).version;
    expect(await versionFor({ 'x-canary': odd })).toBe(2);
    expect(await versionFor({ 'x-canary': `${odd}!` })).toBe(1);
    expect(await versionFor({ 'x-canary': odd.toUpperCase() })).toBe(1);
    expect(await versionFor({ cookie: 'a=b; canary=on+1; c=d' })).toBe(2);
    expect(await versionFor({ cookie: 'canary="on+1"' })).toBe(2);
    expect(await versionFor({ cookie: 'xcanary=on+1' })).toBe(1);
    expect(await versionFor({ cookie: 'canary=onn1' })).toBe(1);
    expect(await versionFor({ 'x-canary': 'never', cookie: 'canary=on+1' })).toBe(1);
  });

  test('gives a version to who names it, and the stable one to who names none that is there', async () => {
    await router.apply(canary(0));
    const at = async (path: string) => (await ask(nginx.port, { path: `/v2/models/darcy${path}` })).version;
    expect([
      await at('/versions/2/infer'),
      await at('/versions/2'),
      await at('/versions/22/infer'),
      await at(''),
    ]).toEqual([2, 2, 1, 1]);
    expect((await ask(nginx.port, { path: '/v2/models/darcyx/infer' })).status).toBe(404);
    expect((await ask(nginx.port, { path: '/galerkin-copies/x/2' })).status).toBe(404);
  });

  test('copies what the stable version answered, and only that', async () => {
    await router.apply(canary(0, { mirrors: [share(2, 10_000)] }));
    const before = upstreams.get(2)?.copies().length ?? 0;
    const answers = await load(nginx.port, 20, k => ({ body: `body ${k}`, path: '/v2/models/darcy/infer?x=1' }));
    expect(answers.every(({ version }) => version === 1)).toBe(true);
    // A copy may end after its answer; nginx waits for it before it takes the connection's end.
    await expect.poll(() => upstreams.get(2)?.copies().length).toBe(before + 20);
    const copies = upstreams.get(2)?.copies().slice(before) ?? [];
    expect(new Set(copies).size).toBe(20);
    expect(copies[0]).toMatch(/^\/v2\/models\/darcy\/infer\?x=1 body \d+$/);
    await router.apply(route({ shares: [share(1, 0), share(2, 10_000)], mirrors: [share(2, 10_000)] }));
    await load(nginx.port, 20);
    expect(upstreams.get(2)?.copies().length).toBe(before + 20);
  });

  test('lets the stable version answer where a version cannot be reached', async () => {
    await router.apply(route({ shares: [share(1, 0), share(7, 10_000)] }));
    expect(new Set((await load(nginx.port, 40)).map(({ version }) => version))).toEqual(new Set([1]));
  });

  test('loses no request while the route changes under load, whether clients would keep connections or not', async () => {
    let isOver = false;
    let count = 0;
    const faults: unknown[] = [];
    const client = async (asking: Asking): Promise<void> => {
      while (!isOver) {
        const answer = await ask(nginx.port, asking).catch((cause: unknown) => ({ status: cause }));
        count += 1;
        if (answer.status !== 200) faults.push(answer.status);
      }
    };
    const agent = new Agent({ keepAlive: true });
    const clients = Array.from({ length: 8 }, (_, k) => client(k % 2 === 0 ? {} : { agent }));
    for (const part of [100, 1000, 5000, 0, 10_000, 0, 2500, 7500]) await router.apply(canary(part));
    isOver = true;
    await Promise.all(clients);
    agent.destroy();
    expect(faults).toEqual([]);
    expect(count).toBeGreaterThan(100);
  });
});
