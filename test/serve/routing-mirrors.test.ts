// Copies of requests for a version that nobody sees: compared right, never returned, never waited for.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type HeldBackend, heldBackend } from './fixtures/held-backend.js';
import { scaleBy, scaleConfig } from './fixtures/plain-repository.js';
import { type RoutedServer, routedServer, routeOf } from './fixtures/routed-server.js';

let house: RoutedServer;
let held: HeldBackend;
beforeEach(async () => {
  held = heldBackend();
  house = await routedServer({
    surroundings: { backends: [held.backend] },
    options: { modelControl: 'explicit', loadModels: '*' },
  });
});
afterEach(() => house.close());

const traffic = () => house.server.traffic;
const samples = () => traffic().samples('scale', 0, 1_000).samples;
const mirrored = () => samples().filter(({ kind }) => kind === 'mirror');
const mirrorTo = (version: number, share = 10_000) => ({ mirrors: [{ version, share }] });

/** Puts a model beside 'scale' that takes the same and multiplies by `factor`, and loads it. */
async function addTruth(factor: number): Promise<void> {
  await house.repository.configure('truth', scaleConfig());
  await house.repository.add('truth', 1, scaleBy(factor));
  const reply = await fetch(`${house.server.url}/v2/repository/models/truth/load`, { method: 'POST', body: '{}' });
  expect(reply.status).toBe(200);
}

describe('what a copy tells', () => {
  test('the difference to what the client got, as a hand reckons it, and the times of both', async () => {
    await traffic().apply(routeOf({ 1: 10_000, 3: 0 }, mirrorTo(3)));
    expect(await house.count(4)).toEqual({ 1: 4 });
    await expect.poll(() => mirrored()).toHaveLength(4);
    const answers = samples().filter(({ kind }) => kind === 'answer');
    expect(answers.map(({ version }) => version)).toEqual([1, 1, 1, 1]);
    for (const [k, { version, ok, items, latencyMs, computeMs, paired }] of mirrored().entries()) {
      // |3x - x| / |x|
      expect({ version, ok, items, paired }).toEqual({
        version: 3,
        ok: true,
        items: 1,
        paired: {
          stableLatencyMs: answers[k]?.latencyMs,
          stableResidual: null,
          stableFluxImbalance: null,
          difference: 2,
          stableError: null,
          candidateError: null,
        },
      });
      expect(latencyMs).toBeGreaterThan(0);
      expect(computeMs).toBeGreaterThan(0);
    }
  });

  test('the errors of both versions against a model that knows the truth', async () => {
    await addTruth(2);
    const checks = { model: 'truth', share: 10_000 };
    await traffic().apply(routeOf({ 1: 10_000, 3: 0 }, { ...mirrorTo(3), checks }));
    await house.askGrpc();
    await expect.poll(() => mirrored()).toHaveLength(1);
    // |x - 2x| / |2x| and |3x - 2x| / |2x|
    expect(mirrored()[0]?.paired).toMatchObject({ difference: 2, stableError: 0.5, candidateError: 0.5 });
  });

  test('nothing of the truth where the model that knows it does not run', async () => {
    const checks = { model: 'nobody', share: 10_000 };
    await traffic().apply(routeOf({ 1: 10_000, 2: 0 }, { ...mirrorTo(2), checks }));
    await house.ask();
    await expect.poll(() => mirrored()).toHaveLength(1);
    expect(mirrored()[0]?.paired).toMatchObject({ difference: 1, stableError: null, candidateError: null });
  });

  test('a failure of the copy is the candidate’s, and the client hears nothing of it', async () => {
    await traffic().apply(routeOf({ 1: 10_000, 2: 0 }, mirrorTo(2)));
    held.breakAnswers(2);
    expect(await house.count(3)).toEqual({ 1: 3 });
    await expect.poll(() => mirrored()).toHaveLength(3);
    for (const { ok, latencyMs, paired } of mirrored()) {
      expect({ ok, latencyMs, difference: paired?.difference }).toEqual({
        ok: false,
        latencyMs: null,
        difference: null,
      });
      expect(paired?.stableLatencyMs).toBeGreaterThan(0);
    }
  });

  test('only what the stable version answered is copied, and only its share of that', async () => {
    await traffic().apply(routeOf({ 1: 0, 2: 10_000, 3: 0 }, mirrorTo(3)));
    await house.count(5);
    await traffic().apply(routeOf({ 1: 10_000, 2: 0, 3: 0 }, mirrorTo(3, 2_500)));
    await house.ask({}, 'scale/versions/1');
    for (let k = 0; k < 200; k++) await house.ask();
    await expect.poll(() => mirrored().length - (held.jobs.get(3) ?? 0)).toBe(0);
    const deviation = Math.sqrt(200 * 0.25 * 0.75);
    expect(Math.abs(mirrored().length - 50)).toBeLessThan(4 * deviation);
  });
});

describe('what a copy must not do', () => {
  test('the client waits for none; more than eight at once are dropped and counted', async () => {
    await traffic().apply(routeOf({ 1: 10_000, 2: 0 }, mirrorTo(2)));
    const release = held.holdAnswers(2);
    expect(await house.count(20)).toEqual({ 1: 20 });
    expect(mirrored()).toEqual([]);
    const metrics = await (await fetch(`${house.server.url}/monitoring/metrics`)).text();
    expect(metrics).toContain('galerkin_route_mirrors_dropped_total{model="scale",version="2"} 12');
    expect(metrics).toContain('galerkin_route_share{model="scale",version="1"} 1');
    release();
    await expect.poll(() => mirrored()).toHaveLength(8);
  });

  test('copies are no requests in the statistics of the version', async () => {
    await traffic().apply(routeOf({ 1: 10_000, 2: 0 }, mirrorTo(2)));
    await house.count(3);
    await expect.poll(() => mirrored()).toHaveLength(3);
    const reply = await fetch(`${house.server.url}/v2/models/scale/versions/2/stats`);
    expect(await reply.json()).toMatchObject({
      model_stats: [{ inference_count: 0, inference_stats: { success: { count: 0 } } }],
    });
  });

  test('a version leaves only when its copies have ended', async () => {
    await traffic().apply(routeOf({ 1: 10_000, 2: 0 }, mirrorTo(2)));
    const release = held.holdAnswers(2);
    await house.ask();
    await expect.poll(() => held.jobs.get(2)).toBe(1);
    await traffic().apply(routeOf({ 1: 10_000 }));
    release();
    await expect.poll(() => mirrored().map(({ ok }) => ok)).toEqual([true]);
  });
});
