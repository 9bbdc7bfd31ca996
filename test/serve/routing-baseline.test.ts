// Fresh instances of the stable version: what a candidate's times are held against.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type HeldBackend, heldBackend } from './fixtures/held-backend.js';
import { type RoutedServer, routedServer, routeOf } from './fixtures/routed-server.js';

let house: RoutedServer;
let held: HeldBackend;
beforeEach(async () => {
  held = heldBackend();
  house = await routedServer({ surroundings: { backends: [held.backend] } });
});
afterEach(() => house.close());

const traffic = () => house.server.traffic;
const samples = () => traffic().samples('scale', 0, 10_000).samples;
const baseline = (share: number) => ({ baseline: { share } });
const openings = (version: number) => held.openings.filter(each => each === version).length;

describe('a fresh baseline', () => {
  test('answers its part as the stable version, and of the stable version only it leaves times', async () => {
    await traffic().apply(routeOf({ 1: 8_000, 3: 2_000 }, baseline(2_000)));
    const answered = await house.count(400);
    expect(Object.keys(answered).sort()).toEqual(['1', '3']);
    const stable = samples().filter(({ version }) => version === 1);
    const timed = stable.filter(({ latencyMs, computeMs }) => latencyMs !== null && computeMs !== null);
    expect(stable).toHaveLength(answered[1]);
    // Binomial: 400 draws at 0.2 lie within 40 to 120 but for one in 10^6.
    expect(timed.length).toBeGreaterThan(40);
    expect(timed.length).toBeLessThan(120);
    expect(stable.every(({ ok }) => ok)).toBe(true);
    expect(samples().filter(({ version, latencyMs }) => version === 3 && latencyMs === null)).toEqual([]);
  });

  test('is opened once, before the first request, stays while routes want it, and is closed when none does', async () => {
    expect(openings(1)).toBe(1);
    await traffic().apply(routeOf({ 1: 10_000, 3: 0 }, baseline(0)));
    expect(openings(1)).toBe(2);
    // While they are not asked, not for copies either, the version's own are all that is known of it.
    await traffic().apply(routeOf({ 1: 10_000, 3: 0 }, { ...baseline(0), mirrors: [{ version: 3, share: 0 }] }));
    await house.count(1);
    expect(samples().at(-1)?.latencyMs).toBeGreaterThan(0);
    await traffic().apply(routeOf({ 1: 9_000, 3: 1_000 }, baseline(1_000)));
    expect(openings(1)).toBe(2);
    await traffic().apply(routeOf({ 1: 10_000 }));
    await expect.poll(() => held.closings).toContain(1);
    expect(await house.count(5)).toEqual({ 1: 5 });
  });

  test('goes at once when the candidate is given up: nothing waits for it', async () => {
    await traffic().apply(routeOf({ 1: 5_000, 3: 5_000 }, baseline(2_000)));
    const next = routeOf({ 1: 10_000 });
    void traffic().apply(next);
    expect(traffic().status('scale')?.route).toEqual(next);
    expect(await house.count(20)).toEqual({ 1: 20 });
  });

  test('that cannot be opened leaves the route obeyed without it, and the status says why', async () => {
    held.failOpening(1);
    const status = await traffic().apply(routeOf({ 1: 8_000, 3: 2_000 }, baseline(2_000)));
    expect(status.baselineFault).toContain('told to fail');
    expect(traffic().status('scale')).toEqual(status);
    await house.count(20);
    expect(samples().filter(({ latencyMs }) => latencyMs === null)).toEqual([]);
    // The next order tries again, and one that wants none has nothing to say of it.
    expect(await traffic().apply(routeOf({ 1: 7_000, 3: 3_000 }, baseline(3_000)))).not.toHaveProperty('baselineFault');
    held.failOpening(1);
    await traffic().apply(routeOf({ 1: 10_000, 3: 0 }));
    await traffic().apply(routeOf({ 1: 8_000, 3: 2_000 }, baseline(2_000)));
    expect(await traffic().apply(routeOf({ 1: 10_000, 3: 0 }))).not.toHaveProperty('baselineFault');
  });

  test('counts in the statistics of its version', async () => {
    await traffic().apply(routeOf({ 1: 10_000, 3: 0 }, baseline(5_000)));
    await house.count(40);
    const reply = await fetch(`${house.server.url}/v2/models/scale/versions/1/stats`);
    const { model_stats: stats } = (await reply.json()) as {
      model_stats: { inference_stats: { success: { count: number } } }[];
    };
    expect(stats[0]?.inference_stats.success.count).toBe(40);
  });

  test('is asked each copy beside the candidate, now before it and now after, and no client: both have times', async () => {
    await traffic().apply(routeOf({ 1: 10_000, 3: 0 }, { ...baseline(0), mirrors: [{ version: 3, share: 10_000 }] }));
    const copies = () => samples().filter(({ kind }) => kind === 'mirror');
    for (let k = 1; k <= 20; k++) {
      await house.count(1);
      await expect.poll(() => copies()).toHaveLength(2 * k);
    }
    const answers = samples().filter(({ kind }) => kind === 'answer');
    expect(answers.map(({ version, latencyMs }) => [version, latencyMs])).toEqual(Array(20).fill([1, null]));
    expect(answers.every(({ warmLatencyMs = 0 }) => warmLatencyMs > 0)).toBe(true);
    const [fresh, candidate] = [1, 3].map(wanted => copies().filter(({ version }) => version === wanted));
    expect(candidate?.map(({ paired }) => paired?.stableLatencyMs)).toEqual(fresh?.map(({ latencyMs }) => latencyMs));
    expect([...(fresh ?? []), ...(candidate ?? [])].every(({ computeMs }) => (computeMs ?? 0) > 0)).toBe(true);
    // One of 2^19 runs would ask in the same order 20 times.
    const asked = held.order.filter((_, k) => k % 3 > 0);
    expect(new Set(asked.filter((_, k) => k % 2 === 0))).toEqual(new Set([1, 3]));
    // Also what the candidate fails: the stable version is not spared where both might.
    held.breakAnswers(3);
    for (let k = 21; k <= 28; k++) {
      await house.count(1);
      await expect.poll(() => copies()).toHaveLength(2 * k);
    }
  });

  test('that fails its copies leaves the candidate without times, and shows as failures of the stable version', async () => {
    await traffic().apply(routeOf({ 1: 10_000, 3: 0 }, { ...baseline(0), mirrors: [{ version: 3, share: 10_000 }] }));
    held.breakAnswers(1, 2);
    for (let k = 1; k <= 3; k++) {
      expect(await house.count(1)).toEqual({ 1: 1 });
      await expect.poll(() => samples().filter(({ version }) => version === 3)).toHaveLength(k);
    }
    const copies = samples().filter(({ kind }) => kind === 'mirror');
    const told = (wanted: number) =>
      copies.filter(({ version }) => version === wanted).map(({ ok, latencyMs }) => [ok, latencyMs]);
    expect(told(1)).toEqual(Array(3).fill([false, null]));
    expect(told(3)).toEqual(Array(3).fill([true, null]));
  });

  test('times one copy after the other: what comes meanwhile is dropped, and counted', async () => {
    await traffic().apply(routeOf({ 1: 10_000, 3: 0 }, { ...baseline(0), mirrors: [{ version: 3, share: 10_000 }] }));
    const letGo = held.holdAnswers(3);
    expect(await house.count(6)).toEqual({ 1: 6 });
    const count = async (what: string) => {
      const metrics = await (await fetch(`${house.server.url}/monitoring/metrics`)).text();
      const found = metrics.match(new RegExp(`galerkin_route_mirrors_${what}_total\\{[^}]*version="3"\\} (\\d+)`));
      return Number(found?.[1]);
    };
    await expect.poll(() => count('dropped')).toBe(5);
    letGo();
    await expect.poll(() => count('answered')).toBe(1);
    await house.count(1);
    await expect.poll(() => count('answered')).toBe(2);
  });
});
