// Routes inside a server: who answers, by shares, rules and keys, over HTTP and gRPC; and which orders are obeyed.
import { parseRoute } from 'galerkin/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RoutedServer, routedServer, routeOf } from './fixtures/routed-server.js';

let house: RoutedServer;
beforeAll(async () => {
  house = await routedServer();
});
afterAll(() => house.close());

const traffic = () => house.server.traffic;

describe('shares', () => {
  test('without a route the newest answers, and nothing is collected', async () => {
    expect((await house.ask()).version).toBe(3);
    expect(traffic().status('scale')).toBeUndefined();
    expect(traffic().standing('scale')).toBe(3);
    expect(traffic().standing('nobody')).toBeUndefined();
    expect(traffic().samples('scale', 0, 10)).toEqual({ samples: [], next: 0, lost: 0 });
  });

  test('what a route gives to one version is answered by that, over HTTP, gRPC, /predict and WebSocket alike', async () => {
    for (const version of [1, 2, 3]) {
      await traffic().apply(routeOf({ 1: 0, 2: 0, 3: 0, [version]: 10_000 }, { stable: version }));
      expect(await house.count(5)).toEqual({ [version]: 5 });
      expect(traffic().standing('scale')).toBe(version);
      expect(await house.askGrpc()).toBe(version);
      const reply = await fetch(`${house.server.url}/predict`, {
        method: 'POST',
        body: JSON.stringify({ model: 'scale', inputs: { x: [1, 1, 1, 1] } }),
      });
      expect(await reply.json()).toMatchObject({
        version: String(version),
        outputs: { y: [version, version, version, version] },
      });
    }
  });

  test('parts of the traffic are what the shares say, within what chance allows', async () => {
    await traffic().apply(routeOf({ 1: 7_000, 2: 2_500, 3: 500 }));
    const requests = 1_000;
    const counts = await house.count(requests);
    for (const [version, share] of [
      [1, 0.7],
      [2, 0.25],
      [3, 0.05],
    ] as const) {
      const deviation = Math.sqrt(requests * share * (1 - share));
      expect(Math.abs((counts[version] ?? 0) - requests * share)).toBeLessThan(4 * deviation);
    }
  });

  test('a version that is named in the path answers whatever the route says', async () => {
    await traffic().apply(routeOf({ 1: 10_000, 2: 0 }));
    expect((await house.ask({}, 'scale/versions/3')).version).toBe(3);
  });

  test('metadata are those of the stable version', async () => {
    await traffic().apply(routeOf({ 1: 0, 2: 10_000 }, { stable: 1 }));
    const reply = await fetch(`${house.server.url}/models/scale`);
    expect(await reply.json()).toMatchObject({ version: '1' });
  });
});

describe('the fence', () => {
  test('an older order is refused and changes nothing; the same one again is taken for done', async () => {
    const order = routeOf({ 1: 10_000, 2: 0 }, { fence: { term: 2, revision: 5 } });
    const done = await traffic().apply(order);
    expect(await traffic().apply(order)).toEqual(done);
    for (const fence of [
      { term: 2, revision: 4 },
      { term: 1, revision: 9_999 },
    ]) {
      const late = routeOf({ 1: 0, 2: 10_000 }, { fence });
      await expect(traffic().apply(late)).rejects.toMatchObject({ code: 'ROUTE_STALE' });
    }
    const other = routeOf({ 1: 0, 2: 10_000 }, { fence: { term: 2, revision: 5 } });
    await expect(traffic().apply(other)).rejects.toMatchObject({ code: 'ROUTE_STALE' });
    expect(await house.count(5)).toEqual({ 1: 5 });
    expect(traffic().status('scale')?.route).toEqual(order);
  });

  test('a route that does not hold together, or of a model that is not there, is refused', async () => {
    const broken = { ...routeOf({ 1: 10_000 }), shares: [{ version: 1, share: 9_999 }] };
    await expect(traffic().apply(broken)).rejects.toMatchObject({ code: 'ROUTE_INVALID' });
    // A version compared with itself would be without error, and every candidate worse.
    expect(() => routeOf({ 1: 10_000 }, { checks: { model: 'scale', share: 10 } })).toThrow(/wanted another model/);
    const nobody = parseRoute({ ...routeOf({ 1: 10_000 }), model: 'nobody' });
    await expect(traffic().apply(nobody)).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
    expect(() => traffic().status('nobody')).toThrow(expect.objectContaining({ code: 'MODEL_UNKNOWN' }));
    expect(() => traffic().samples('nobody', 0, 1)).toThrow(expect.objectContaining({ code: 'MODEL_UNKNOWN' }));
  });
});

describe('samples', () => {
  test('there is one for each routed request, in order, with its version and time; none for a version asked for by name', async () => {
    await traffic().apply(routeOf({ 1: 10_000, 2: 0 }, { fence: { term: 3, revision: 0 } }));
    const { next } = traffic().samples('scale', 0, 100_000);
    await house.count(3);
    await house.ask({}, 'scale/versions/2');
    const { samples, next: last, lost } = traffic().samples('scale', next, 100);
    expect(lost).toBe(0);
    expect(samples.map(({ sequence, version, kind, ok, items }) => ({ sequence, version, kind, ok, items }))).toEqual(
      [1, 2, 3].map(k => ({ sequence: next + k, version: 1, kind: 'answer', ok: true, items: 1 })),
    );
    for (const { latencyMs, computeMs, residual } of samples) {
      expect(latencyMs).toBeGreaterThan(0);
      expect(computeMs).toBeGreaterThan(0);
      expect(computeMs ?? 0).toBeLessThanOrEqual(latencyMs ?? 0);
      expect(residual).toBeNull();
    }
    expect(traffic().samples('scale', last, 100)).toEqual({ samples: [], next: last, lost: 0 });
    expect(traffic().samples('scale', next, 2).samples).toHaveLength(2);
  });

  test('a bad request is none', async () => {
    const { next } = traffic().samples('scale', 0, 100_000);
    const reply = await fetch(`${house.server.url}/v2/models/scale/infer`, { method: 'POST', body: '{"inputs":[]}' });
    expect(reply.status).toBe(400);
    expect(traffic().samples('scale', next, 10).samples).toEqual([]);
  });
});
