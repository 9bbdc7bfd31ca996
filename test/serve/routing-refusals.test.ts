// A version that refuses to begin what a route sends it: the stable version answers and says so, and the one that refused has failed.
import { systemClock } from 'galerkin/base';
import { afterEach, expect, test } from 'vitest';
import { get } from './fixtures/client.js';
import { type HeldBackend, heldBackend } from './fixtures/held-backend.js';
import { question, type RoutedOptions, type RoutedServer, routedServer, routeOf } from './fixtures/routed-server.js';
import { openSocket } from './fixtures/web-socket.js';

let house: RoutedServer;
let held: HeldBackend;
let skewMs = 0;
let seen = 0;
afterEach(() => house.close());

/** A server whose versions rest after one failure, until its clock is moved. */
async function open(more: Pick<RoutedOptions, 'versions' | 'config' | 'options'> = {}): Promise<void> {
  held = heldBackend();
  skewMs = 0;
  seen = 0;
  house = await routedServer({
    versions: [1, 2],
    ...more,
    options: { breakerFailures: 1, breakerRestMs: 600_000, ...more.options },
    surroundings: {
      backends: [held.backend],
      clock: { now: systemClock.now, monotonic: () => systemClock.monotonic() + skewMs },
    },
  });
}

const traffic = () => house.server.traffic;
const ready = (...versions: number[]) => expect.poll(() => traffic().status('scale')?.ready).toEqual(versions);

/** The samples since the last look, as version and whether it held. */
const fresh = () => {
  const { samples, next } = traffic().samples('scale', seen, 10_000);
  seen = next;
  return samples.map(({ version, ok, latencyMs }) => ({ version, ok: ok && latencyMs !== null }));
};
const failures = (version: number, count: number) => Array.from({ length: count }, () => ({ version, ok: false }));

const statisticsOf = async (version: number) => {
  const { json } = await get(`${house.server.url}/v2/models/scale/versions/${version}/stats`);
  return (json as { model_stats: { inference_stats: Record<'success' | 'fail', { count: number }> }[] }).model_stats[0]
    ?.inference_stats;
};

/** Has a version die of one request, which nobody repeats, and come back resting. */
async function rest(version: number): Promise<void> {
  const heal = held.dieOfAnswers(version);
  expect(await house.ask()).toMatchObject({ status: 503, text: expect.stringContaining('died') });
  heal();
  await ready(1, 2);
}

test('while the candidate rests its part is answered by the stable version, whatever asks, and counts as its failures', async () => {
  await open();
  await traffic().apply(routeOf({ 1: 0, 2: 10_000 }));
  await rest(2);
  expect(fresh()).toEqual(failures(2, 1));
  const jobs = held.jobs.get(2);
  expect(await house.ask()).toMatchObject({ status: 200, version: 1 });
  expect(await house.askGrpc()).toBe(1);
  const socket = await openSocket(house.server.url);
  socket.send({ type: 'infer', id: 'a', model: 'scale', ...question });
  expect(await socket.of('a')).toMatchObject({ model_version: '1', outputs: [{ data: [1, 1, 1, 1] }] });
  socket.socket.close();
  // The stable version is judged by the requests that it was sent, and these were not.
  expect(fresh()).toEqual(failures(2, 3));
  expect(held.jobs.get(2)).toBe(jobs);
  expect(await statisticsOf(2)).toMatchObject({ success: { count: 0 }, fail: { count: 4 } });
  expect(await statisticsOf(1)).toMatchObject({ success: { count: 3 }, fail: { count: 0 } });
  // Who names the version gets that or nothing.
  const named = await house.ask({}, 'scale/versions/2');
  expect(named).toMatchObject({ status: 503, text: expect.stringContaining('version 2 failed') });
  skewMs = 600_000;
  expect(await house.ask()).toMatchObject({ status: 200, version: 2 });
  expect(fresh()).toEqual([{ version: 2, ok: true }]);
});

test('a stable version that rests too refuses in its own name, and nothing is asked twice', async () => {
  await open();
  await traffic().apply(routeOf({ 1: 10_000, 2: 0 }));
  await rest(1);
  // Nobody gets more than his share for that.
  expect(await house.ask()).toMatchObject({ status: 503, text: expect.stringContaining('version 1 failed') });
  await traffic().apply(routeOf({ 1: 0, 2: 10_000 }));
  await rest(2);
  fresh();
  const jobs = [...held.jobs.values()];
  expect(await house.ask()).toMatchObject({ status: 503, text: expect.stringContaining('version 1 failed') });
  expect([...held.jobs.values()]).toEqual(jobs);
  expect(fresh()).toEqual(failures(2, 1));
});

test('requests to a candidate without a living instance are answered by the stable version, and failures of the candidate', async () => {
  await open();
  await traffic().apply(routeOf({ 1: 0, 2: 10_000 }));
  const release = held.holdOpening(2);
  held.end(2);
  await ready(1);
  expect(await house.count(3)).toEqual({ 1: 3 });
  expect(fresh()).toEqual(failures(2, 3));
  release();
  await ready(1, 2);
  expect(await house.count(2)).toEqual({ 2: 2 });
});

test('what waits in a version that is ended before its turn is answered by the stable version; what has begun is not repeated', async () => {
  // The newest is 3: what no route names leaves.
  await open({ versions: [1, 2, 3], config: '', options: { drainTimeoutMs: 50 } });
  await traffic().apply(routeOf({ 1: 0, 2: 10_000 }));
  const release = held.holdAnswers(2);
  const asked = Array.from({ length: 8 }, () => house.ask());
  const metrics = async () => (await fetch(`${house.server.url}/monitoring/metrics`)).text();
  await expect.poll(metrics).toMatch(/nv_inference_pending_request_count\{[^}]*version="2"[^}]*\} [4-7]/);
  const begun = held.jobs.get(2) ?? 0;
  await traffic().apply(routeOf({ 1: 10_000 }));
  await expect.poll(() => held.jobs.get(1)).toBe(8 - begun);
  release();
  const answers = (await Promise.all(asked)).map(({ status, version }) => `${status} ${version}`).toSorted();
  expect(answers).toEqual([...new Array(8 - begun).fill('200 1'), ...new Array(begun).fill('503 0')]);
  expect(fresh()).toEqual(failures(2, begun));
});
