// Versions that a route names come and go: loaded before they get anything, kept while they are wanted, drained when they are not.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from 'galerkin/base';
import { serve } from 'galerkin/serve';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type HeldBackend, heldBackend } from './fixtures/held-backend.js';
import { scaleBy, scaleConfig } from './fixtures/plain-repository.js';
import { answeredBy, question, type RoutedServer, routedServer, routeOf } from './fixtures/routed-server.js';

/** However busy the machine is. */
const eventually = (claim: () => unknown) => vi.waitFor(claim, 20_000);

let house: RoutedServer | undefined;
let held: HeldBackend;
afterEach(async () => {
  await house?.close();
  house = undefined;
});

/** Serves the newest version only, unless a route wants others. */
async function open(given: Parameters<typeof routedServer>[0] = {}): Promise<RoutedServer> {
  held = heldBackend();
  const { surroundings = {}, ...more } = given;
  house = await routedServer({ config: '', ...more, surroundings: { backends: [held.backend], ...surroundings } });
  return house;
}

const index = async ({ server }: RoutedServer): Promise<unknown> =>
  (await fetch(`${server.url}/v2/repository/index`, { method: 'POST', body: '{"ready":true}' })).json();

const readyOf = (house: RoutedServer) => house.server.traffic.status('scale')?.ready;

describe('applying a route', () => {
  test('loads what it names beside the newest, and lets go of what it no longer names', async () => {
    const house = await open();
    const { traffic } = house.server;
    expect(await traffic.apply(routeOf({ 1: 9_000, 2: 1_000 }))).toMatchObject({ ready: [1, 2, 3], faults: {} });
    expect(Object.keys(await house.count(60)).sort()).toEqual(['1', '2']);
    await traffic.apply(routeOf({ 1: 10_000 }));
    await eventually(() => expect(readyOf(house)).toEqual([1, 3]));
    expect(await index(house)).toMatchObject([{ version: '1' }, { version: '3' }]);
  });

  test('a version that is being loaded answers nothing before its share, even if it is the newest', async () => {
    const house = await open({ versions: [1] });
    await house.repository.add('scale', 2, scaleBy(2));
    const release = held.holdOpening(2);
    const applied = house.server.traffic.apply(routeOf({ 1: 10_000, 2: 0 }));
    await eventually(() => expect(held.openings).toContain(2));
    expect(await house.count(5)).toEqual({ 1: 5 });
    release();
    await applied;
    expect(await house.count(20)).toEqual({ 1: 20 });
    await house.server.traffic.apply(routeOf({ 1: 0, 2: 10_000 }));
    expect(await house.count(5)).toEqual({ 2: 5 });
  });

  test('where all is ready the table is swapped before the caller goes on', async () => {
    const house = await open();
    const { traffic } = house.server;
    await traffic.apply(routeOf({ 1: 10_000, 2: 0 }));
    const next = routeOf({ 1: 0, 2: 10_000 });
    void traffic.apply(next);
    expect(traffic.status('scale')?.route).toEqual(next);
    expect(await house.count(5)).toEqual({ 2: 5 });
  });

  test('a version that cannot be loaded leaves the shares as they were, with and without a route before', async () => {
    const house = await open({ versions: [1, 2] });
    const { traffic } = house.server;
    await house.repository.add('scale', 3, Uint8Array.of(1, 2, 3));
    await expect(traffic.apply(routeOf({ 1: 5_000, 3: 5_000 }))).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED' });
    expect(traffic.status('scale')).toBeUndefined();
    expect(await house.count(5)).toEqual({ 2: 5 });
    const before = routeOf({ 1: 10_000, 2: 0 });
    await traffic.apply(before);
    for (const version of [3, 77]) {
      const order = traffic.apply(routeOf({ 1: 0, [version]: 10_000 }));
      await expect(order).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED' });
    }
    expect(traffic.status('scale')).toMatchObject({ route: before, ready: [1, 2] });
    expect(await house.count(5)).toEqual({ 1: 5 });
    await traffic.apply(routeOf({ 1: 0, 2: 10_000 }));
    expect(await house.count(5)).toEqual({ 2: 5 });
  });

  test('an abort does not wait for a version that is slow to load, and the order it overtook is refused', async () => {
    const house = await open({ versions: [1, 2, 3, 4] });
    const { traffic } = house.server;
    await traffic.apply(routeOf({ 1: 5_000, 2: 5_000 }));
    const release = held.holdOpening(3);
    const slow = traffic.apply(routeOf({ 1: 1_000, 2: 0, 3: 9_000 }));
    const outcome = expect(slow).rejects.toMatchObject({ code: 'ROUTE_STALE' });
    const abort = routeOf({ 1: 10_000, 2: 0 });
    void traffic.apply(abort);
    expect(traffic.status('scale')?.route).toEqual(abort);
    expect(await house.count(10)).toEqual({ 1: 10 });
    release();
    await outcome;
    await eventually(() => expect(readyOf(house)).toEqual([1, 2, 4]));
    expect(traffic.status('scale')?.route).toEqual(abort);
  });

  test('the same order that is still under way has one outcome and loads once', async () => {
    const house = await open({ versions: [1, 2] });
    const release = held.holdOpening(1);
    const order = routeOf({ 1: 10_000, 2: 0 });
    const outcomes = [house.server.traffic.apply(order), house.server.traffic.apply(order)];
    await eventually(() => expect(held.openings).toContain(1));
    const older = routeOf({ 2: 10_000 }, { stable: 2, fence: { ...order.fence, revision: order.fence.revision - 1 } });
    await expect(house.server.traffic.apply(older)).rejects.toMatchObject({ code: 'ROUTE_STALE' });
    release();
    const [first, second] = await Promise.all(outcomes);
    expect(first).toEqual(second);
    expect(held.openings.filter(version => version === 1)).toHaveLength(1);
  });

  test('requests that run in a version that leaves get their answers', async () => {
    const house = await open();
    const { traffic } = house.server;
    await traffic.apply(routeOf({ 1: 0, 2: 10_000 }));
    const release = held.holdAnswers(2);
    const asked = [house.ask(), house.ask(), house.ask({}, 'scale/versions/2')];
    await eventually(() => expect(held.jobs.get(2)).toBeGreaterThan(0));
    await traffic.apply(routeOf({ 1: 10_000 }));
    expect(await house.count(3)).toEqual({ 1: 3 });
    release();
    for (const { version } of await Promise.all(asked)) expect(version).toBe(2);
    await eventually(() => expect(readyOf(house)).toEqual([1, 3]));
  });
});

test('a request that waited at the door while its version left is taken by the stable one', async () => {
  const house = await open({ options: { maxConcurrency: 1, adaptiveConcurrency: false, maxWaitMs: 60_000 } });
  const { traffic, url } = house.server;
  await traffic.apply(routeOf({ 1: 0, 2: 10_000 }));
  const release = held.holdAnswers(1);
  const first = house.ask({}, 'scale/versions/1');
  await eventually(() => expect(held.jobs.get(1)).toBe(1));
  const waiting = house.askGrpc();
  const metrics = async () => (await fetch(`${url}/monitoring/metrics`)).text();
  await eventually(async () => expect(await metrics()).toContain('galerkin_door_waiting 1'));
  await traffic.apply(routeOf({ 1: 10_000 }));
  await eventually(async () => expect(readyOf(house)).toEqual([1, 3]));
  release();
  expect((await first).version).toBe(1);
  expect(await waiting).toBe(1);
});

test('a request that waited at the door while its version was opened anew is taken by that version, not by the stable one', async () => {
  const door = { maxConcurrency: 1, adaptiveConcurrency: false, maxWaitMs: 60_000 } as const;
  const options = { ...door, modelControl: 'explicit', loadModels: '*' } as const;
  const house = await open({ options });
  const { traffic, url } = house.server;
  const rules = [{ version: 2, when: { kind: 'header', name: 'x-ring', equals: 'early' } }] as const;
  await traffic.apply(routeOf({ 1: 10_000, 2: 0 }, { rules: [...rules] }));
  const release = held.holdAnswers(1);
  const first = house.ask({}, 'scale/versions/1');
  await eventually(() => expect(held.jobs.get(1)).toBe(1));
  const waiting = house.askGrpc({ 'x-ring': 'early' });
  const metrics = async () => (await fetch(`${url}/monitoring/metrics`)).text();
  await eventually(async () => expect(await metrics()).toContain('galerkin_door_waiting 1'));
  const openings = held.openings.length;
  await house.repository.configure('scale', scaleConfig('dynamic_batching { }'));
  const reply = await fetch(`${url}/v2/repository/models/scale/load`, { method: 'POST', body: '{}' });
  expect(reply.status).toBe(200);
  expect(held.openings.slice(openings).sort()).toEqual([1, 2, 3]);
  release();
  expect((await first).version).toBe(1);
  expect(await waiting).toBe(2);
});

describe('what else changes the models', () => {
  test('a reload keeps what the route names, and its newest version gets nothing', async () => {
    const house = await open({ versions: [1, 2], options: { modelControl: 'explicit', loadModels: '*' } });
    await house.server.traffic.apply(routeOf({ 1: 10_000, 2: 0 }));
    await house.repository.add('scale', 3, scaleBy(3));
    const reply = await fetch(`${house.server.url}/v2/repository/models/scale/load`, { method: 'POST', body: '{}' });
    expect(reply.status).toBe(200);
    expect(readyOf(house)).toEqual([1, 2, 3]);
    expect(await house.count(10)).toEqual({ 1: 10 });
  });

  test('an unload takes the model away; the route stands, and is obeyed when the model is loaded again', async () => {
    const house = await open({ versions: [1, 2], options: { modelControl: 'explicit', loadModels: '*' } });
    const { traffic, url } = house.server;
    const route = routeOf({ 1: 10_000, 2: 0 });
    await traffic.apply(route);
    await fetch(`${url}/v2/repository/models/scale/unload`, { method: 'POST', body: '{}' });
    expect(await house.ask()).toMatchObject({ status: 400 });
    expect(traffic.status('scale')).toMatchObject({ route, ready: [] });
    await fetch(`${url}/v2/repository/models/scale/load`, { method: 'POST', body: '{}' });
    expect(await house.count(5)).toEqual({ 1: 5 });
  });

  test('an order for a model that is not loaded loads it', async () => {
    const house = await open({ versions: [1, 2], options: { modelControl: 'explicit' } });
    expect((await house.ask()).status).toBe(400);
    expect(await house.server.traffic.apply(routeOf({ 1: 10_000, 2: 0 }))).toMatchObject({ ready: [1, 2] });
    expect(await house.count(5)).toEqual({ 1: 5 });
  });

  test('a version whose instances have died is passed over for the stable one until they are back', async () => {
    const house = await open();
    await house.server.traffic.apply(routeOf({ 1: 0, 2: 10_000 }));
    const release = held.holdOpening(2);
    held.end(2);
    await eventually(() => expect(readyOf(house)).toEqual([1, 3]));
    expect(await house.count(5)).toEqual({ 1: 5 });
    expect(house.server.traffic.status('scale')?.faults).toHaveProperty('2');
    // The stable version takes its traffic, so the server as a whole is ready.
    expect((await fetch(`${house.server.url}/v2/health/ready`)).status).toBe(200);
    release();
    await eventually(() => expect(readyOf(house)).toEqual([1, 2, 3]));
    expect(await house.count(5)).toEqual({ 2: 5 });
  });
});

describe('a restart', () => {
  const restart = async (house: RoutedServer, routes: readonly ReturnType<typeof routeOf>[]) => {
    const server = await serve(
      { repository: house.repository.folder, port: 0, threads: 1, grpc: false },
      { random: seededRandom(1), routes },
    );
    const ask = async () =>
      answeredBy(
        await fetch(`${server.url}/v2/models/scale/infer`, { method: 'POST', body: JSON.stringify(question) }),
      );
    return { server, ask };
  };

  test('obeys the routes that it is given from its first request on', async () => {
    const house = await open();
    const { server, ask } = await restart(house, [routeOf({ 1: 10_000, 2: 0 })]);
    expect((await ask()).version).toBe(1);
    expect(server.traffic.status('scale')).toMatchObject({ ready: [1, 2, 3], faults: {} });
    await server.close();
  });

  test.each([['is broken'], ['has gone']])(
    'starts, and the stable version answers, where the candidate %s',
    async how => {
      const house = await open({ versions: [1] });
      if (how === 'is broken') await house.repository.add('scale', 2, Uint8Array.of(9, 9, 9));
      const { server, ask } = await restart(house, [routeOf({ 1: 5_000, 2: 5_000 })]);
      for (let k = 0; k < 10; k++) expect((await ask()).version).toBe(1);
      const status = server.traffic.status('scale');
      expect(status?.ready).toEqual([1]);
      expect(status?.faults['2']).not.toBe('');
      // An abort must not fail for want of what it takes the traffic from.
      expect(await server.traffic.apply(routeOf({ 1: 10_000, 2: 0 }))).toMatchObject({ ready: [1] });
      await server.close();
    },
  );

  test('of several routes for one model the latest stands; what is no route is refused by name', async () => {
    const house = await open({ versions: [1, 2] });
    const [earlier, later] = [routeOf({ 1: 10_000 }), routeOf({ 2: 10_000 }, { stable: 2 })];
    const { server, ask } = await restart(house, [later, earlier]);
    expect((await ask()).version).toBe(2);
    await server.close();
    for (const text of ['[null]', '[{}]'])
      await expect(restart(house, JSON.parse(text))).rejects.toMatchObject({ code: 'ROUTE_INVALID' });
  });

  test('a route of a model that is not there is no reason not to start', async () => {
    const house = await open({ versions: [1] });
    const stranger = { ...routeOf({ 1: 10_000 }), model: 'stranger' };
    const { server, ask } = await restart(house, [stranger]);
    expect((await ask()).version).toBe(1);
    await server.close();
  });

  test('without its stable version a model answers with nothing that has no share', async () => {
    const house = await open({ versions: [2] });
    const { server, ask } = await restart(house, [routeOf({ 1: 10_000, 2: 0 })]);
    expect((await ask()).status).toBe(400);
    await server.close();
  });

  test('polling keeps what the route names while newer versions arrive', async () => {
    const house = await open({ versions: [1], options: { modelControl: 'poll', pollMs: 20 } });
    await house.server.traffic.apply(routeOf({ 1: 10_000 }));
    await house.repository.add('scale', 2, scaleBy(2));
    await writeFile(join(house.repository.folder, 'scale', 'config.pbtxt'), scaleConfig());
    await eventually(() => expect(readyOf(house)).toEqual([1, 2]));
    expect(await house.count(5)).toEqual({ 1: 5 });
  });
});
