import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { httpReplica, replicaRoutes } from 'galerkin/control';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RoutedServer, routeOf } from '../serve/fixtures/routed-server.js';
import { controlledServer } from './controlled-server.js';

const secret = 'the-secret-of-the-fleet';
let served: RoutedServer;

beforeAll(async () => {
  served = await controlledServer(traffic => [replicaRoutes(traffic, secret)]);
});
afterAll(() => served.close());

const replica = (more: Partial<Parameters<typeof httpReplica>[0]> = {}) =>
  httpReplica({ name: 'a', url: served.server.url, secret, ...more });

describe('a replica over HTTP', () => {
  test('obeys a route as the server itself would, and says so', async () => {
    const route = routeOf({ 1: 0, 2: 10_000 });
    const status = await replica().apply(route);
    expect(status).toEqual(served.server.traffic.status('scale'));
    expect(status.ready).toEqual([1, 2, 3]);
    expect(await replica().status('scale')).toEqual(status);
    expect(await replica().standing('scale')).toBe(served.server.traffic.standing('scale'));
    expect((await served.ask()).version).toBe(2);
  });

  test('gives the samples that the server has, from where it is told', async () => {
    await replica().apply(routeOf({ 1: 10_000 }));
    const { next: before } = await replica().samples('scale', 0, 1000);
    await served.count(5);
    const batch = await replica().samples('scale', before, 1000);
    expect(batch).toEqual(served.server.traffic.samples('scale', before, 1000));
    expect(batch.samples.map(({ version, ok }) => [version, ok])).toEqual(Array.from({ length: 5 }, () => [1, true]));
    expect((await replica().samples('scale', before, 2)).samples).toHaveLength(2);
  });

  test('refuses an older controller with what it obeys, and moves nothing', async () => {
    const current = routeOf({ 1: 10_000 });
    await replica().apply({ ...current, fence: { term: 7, revision: current.fence.revision } });
    const stale = routeOf({ 1: 0, 2: 10_000 });
    await expect(replica().apply(stale)).rejects.toMatchObject({
      code: 'ROUTE_STALE',
      fields: { model: 'scale', term: 1, currentTerm: 7, currentRevision: current.fence.revision },
    });
    expect((await served.ask()).version).toBe(1);
    await served.server.traffic.apply({ ...routeOf({ 1: 10_000 }), fence: { term: 7, revision: 10_000 } });
  });

  test('says by its code why a route cannot be obeyed', async () => {
    const fence = { term: 8, revision: 1 };
    await expect(replica().apply({ ...routeOf({ 1: 0, 9: 10_000 }), fence })).rejects.toMatchObject({
      code: 'MODEL_LOAD_FAILED',
    });
    await expect(replica().apply({ ...routeOf({ 1: 10_000 }), fence, model: 'nobody' })).rejects.toMatchObject({
      code: 'MODEL_UNKNOWN',
    });
  });

  test('has no route for a model that never had one', async () => {
    const fresh = await controlledServer(traffic => [replicaRoutes(traffic, secret)]);
    expect(await replica({ url: fresh.server.url }).status('scale')).toBeUndefined();
    await fresh.close();
  });
});

describe('the routes between replicas', () => {
  const call = (path: string, init: RequestInit = {}) => fetch(`${served.server.url}${path}`, init);
  const authorization = `Bearer ${secret}`;

  test.each([
    ['no secret', undefined],
    ['another one', 'Bearer another'],
    ['the first half of it', `Bearer ${secret.slice(0, 8)}`],
    ['it and more', `Bearer ${secret}x`],
    ['it without its scheme', secret],
    ['an empty one', 'Bearer '],
    ['it after another', `Bearer another, Bearer ${secret}`],
  ])('are closed to %s, and nothing moves', async (_what, given) => {
    const before = served.server.traffic.status('scale');
    const headers = { 'content-type': 'application/json', ...(given !== undefined && { authorization: given }) };
    const body = JSON.stringify({ ...routeOf({ 1: 0, 2: 10_000 }), fence: { term: 99, revision: 0 } });
    const put = await call('/traffic/scale', { method: 'PUT', headers, body });
    expect(put.status).toBe(401);
    expect(await put.text()).not.toContain(secret);
    expect((await call('/traffic/scale', { headers })).status).toBe(401);
    expect((await call('/traffic/scale/samples?after=0', { headers })).status).toBe(401);
    expect(served.server.traffic.status('scale')).toEqual(before);
  });

  test.each([
    ['no route', {}],
    ['shares that are too many', { ...routeOf({ 1: 10_000 }), shares: [{ version: 1, share: 10_001 }] }],
    ['a fence of words', { ...routeOf({ 1: 10_000 }), fence: { term: '1', revision: null } }],
    ['a member that nobody knows', { ...routeOf({ 1: 10_000 }), __proto: 1 }],
    ['the route of another model', { ...routeOf({ 1: 10_000 }), model: 'other' }],
  ])('refuse %s with its faults', async (_what, route) => {
    const headers = { 'content-type': 'application/json', authorization };
    const answer = await call('/traffic/scale', { method: 'PUT', headers, body: JSON.stringify(route) });
    expect(await answer.json()).toMatchObject({ refused: { code: 'ROUTE_INVALID' } });
  });

  test.each(['after=-1', 'limit=0', 'limit=10001', 'after=many', 'limit=1.5', 'after=1e400'])(
    'refuse samples with ?%s',
    async query => {
      const answer = await call(`/traffic/scale/samples?${query}`, { headers: { authorization } });
      expect(answer.status).toBe(400);
    },
  );
});

describe('a replica that is not what it seems', () => {
  let other: Server | undefined;
  afterEach(() => {
    other?.closeAllConnections();
    other?.close();
  });
  async function pretend(listener: RequestListener): Promise<string> {
    other = createServer(listener).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }
  const unreachable = { code: 'REPLICA_UNREACHABLE' };

  test('is unreachable where nothing listens', async () => {
    await expect(replica({ url: 'http://127.0.0.1:9' }).status('scale')).rejects.toMatchObject(unreachable);
  });

  test('is waited for no longer than was said', async () => {
    const url = await pretend(() => {});
    await expect(replica({ url, timeoutMs: 50 }).samples('scale', 0, 1)).rejects.toThrow(/no answer within 50 ms/);
    await expect(replica({ url, applyTimeoutMs: 50 }).apply(routeOf({ 1: 10_000 }))).rejects.toMatchObject(unreachable);
  });

  test('is waited for no longer when it begins to answer and never ends', async () => {
    const url = await pretend((_, response) => void response.write('{"status":'));
    await expect(replica({ url, timeoutMs: 80 }).status('scale')).rejects.toMatchObject(unreachable);
  });

  test.each([
    '<html>hello</html>',
    '{}',
    '{"samples":[{"sequence":"1"}],"next":1,"lost":0}',
    '{"samples":[],"next":-1,"lost":0}',
  ])('is unreachable when it says %s', async text => {
    const url = await pretend((_, response) => void response.end(text));
    await expect(replica({ url }).samples('scale', 0, 1)).rejects.toThrow(/another language/);
  });

  test.each(['{"status":null}', '{"status":null,"standing":"1"}'])('does not say what answers with %s', async text => {
    const url = await pretend((_, response) => void response.end(text));
    await expect(replica({ url }).standing('scale')).rejects.toThrow(/another language/);
  });

  test('does not get the secret sent on to somebody else', async () => {
    const seen: (string | undefined)[] = [];
    const url = await pretend((request, response) => {
      seen.push(request.url);
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    await expect(replica({ url }).status('scale')).rejects.toMatchObject(unreachable);
    expect(seen).toEqual(['/traffic/scale']);
  });
});
