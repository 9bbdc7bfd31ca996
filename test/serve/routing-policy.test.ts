// A route that gives a model back to its own version policy: as if there had been none, but that older orders stay refused.
import type { Route } from 'galerkin/model';
import { afterEach, expect, test } from 'vitest';
import { scaleBy } from './fixtures/plain-repository.js';
import { type RoutedServer, routedServer, routeOf } from './fixtures/routed-server.js';

let house: RoutedServer | undefined;
afterEach(async () => {
  await house?.close();
  house = undefined;
});

const newestOnly = { versions: [1, 2], config: '' };
const toPolicy = (version: number): Route => routeOf({ [version]: 10_000 }, { stable: version, policy: true });
const load = (url: string) => fetch(`${url}/v2/repository/models/scale/load`, { method: 'POST' });

test('the newest answers again, without a failure, and newer ones in their turn', async () => {
  house = await routedServer({ ...newestOnly, options: { modelControl: 'explicit', loadModels: '*' } });
  const { server, ask, repository } = house;
  const old = routeOf({ 1: 10_000 });
  await server.traffic.apply(old);
  expect(await house.count(5)).toEqual({ 1: 5 });
  let isOver = false;
  const statuses = new Set<number>();
  const clients = Array.from({ length: 3 }, async () => {
    while (!isOver) statuses.add((await ask()).status);
  });
  const back = toPolicy(2);
  expect(await server.traffic.apply(back)).toMatchObject({
    route: { policy: true },
    ready: expect.arrayContaining([2]),
  });
  expect(await house.count(5)).toEqual({ 2: 5 });
  isOver = true;
  await Promise.all(clients);
  expect([...statuses]).toEqual([200]);

  await repository.add('scale', 3, scaleBy(3));
  expect((await load(server.url)).status).toBe(200);
  expect(await house.count(5)).toEqual({ 3: 5 });
  expect(server.traffic.standing('scale')).toBe(3);
  expect(server.traffic.status('scale')).toMatchObject({ route: back, ready: [3], faults: {} });
  await expect(server.traffic.apply(old)).rejects.toMatchObject({ code: 'ROUTE_STALE' });
  expect(await (await fetch(`http://127.0.0.1:${server.metricsPort}/metrics`)).text()).not.toMatch(/route_share/);
});

test('a server that starts with it serves by its policy, and the next release takes over', async () => {
  house = await routedServer({ ...newestOnly, surroundings: { routes: [toPolicy(1)] } });
  expect(await house.count(5)).toEqual({ 2: 5 });
  await house.server.traffic.apply(routeOf({ 1: 10_000, 2: 0 }));
  expect(await house.count(5)).toEqual({ 1: 5 });
});
