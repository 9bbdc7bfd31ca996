// What samples say of guards, fallbacks, caches and failures; and what stands for a routed model in ensembles.
import { parseRoute } from 'galerkin/model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { post } from './fixtures/client.js';
import { ensembleConfig } from './fixtures/ensembles.js';
import { heldBackend } from './fixtures/held-backend.js';
import { constantField, type Fixture, serveFixture } from './fixtures/repository.js';
import { everyVersion, type RoutedServer, routedServer, routeOf } from './fixtures/routed-server.js';

let house: Fixture;
beforeAll(async () => {
  house = await serveFixture(['double', 'strict', 'safe', 'double_solver']);
});
afterAll(() => house.close());

let revision = 0;
const only = (model: string) =>
  parseRoute({ model, fence: { term: 1, revision: revision++ }, stable: 1, shares: [{ version: 1, share: 10_000 }] });

/** The sample that one question to a model leaves, whose answer is right for values up to 10. */
async function sampleOf(model: string, value: number) {
  const { traffic, url } = house;
  await traffic.apply(only(model));
  const { next } = traffic.samples(model, 0, 1_000);
  const inputs = [{ name: 'a', datatype: 'FP32', shape: [1, 4, 4], data: constantField(value) }];
  const { status } = await post(`${url}/v2/models/${model}/infer`, { inputs });
  const { samples } = traffic.samples(model, next, 10);
  expect(samples).toHaveLength(1);
  return { status, sample: samples[0] };
}

test('an answer within the bounds is accepted; one beyond is told with its own figures, whatever becomes of it', async () => {
  const good = await sampleOf('double', 1);
  expect(good).toMatchObject({ status: 200, sample: { ok: true, accepted: true } });
  expect(good.sample?.residual).toBeLessThan(0.01);
  const flagged = await sampleOf('double', 20);
  expect(flagged).toMatchObject({ status: 200, sample: { ok: true, accepted: false } });
  const replaced = await sampleOf('safe', 20);
  expect(replaced).toMatchObject({ status: 200, sample: { ok: true, accepted: false } });
  const refused = await sampleOf('strict', 20);
  expect(refused).toMatchObject({ status: 422, sample: { ok: false, accepted: false, latencyMs: null } });
  const { residual, fluxImbalance } = flagged.sample ?? {};
  expect(residual).toBeGreaterThan(0.01);
  for (const { sample } of [replaced, refused]) expect(sample).toMatchObject({ residual, fluxImbalance });
});

test('an answer from the cache has no time; a routed request gets the answer of its own version', async () => {
  const cached: RoutedServer = await routedServer({
    config: `${everyVersion} response_cache { enable: true }`,
  });
  const { traffic } = cached.server;
  for (const version of [1, 2, 1, 2]) {
    await traffic.apply(routeOf({ 1: 0, 2: 0, [version]: 10_000 }, { stable: version }));
    expect((await cached.ask()).version).toBe(version);
  }
  const { samples } = traffic.samples('scale', 0, 10);
  expect(samples.map(({ version, latencyMs }) => [version, latencyMs === null])).toEqual([
    [1, false],
    [2, false],
    [1, true],
    [2, true],
  ]);
  await cached.close();
});

test('a version that breaks is at fault; one whose client has gone is not', async () => {
  const held = heldBackend();
  const broken = await routedServer({ surroundings: { backends: [held.backend] } });
  const { traffic, url } = broken.server;
  await traffic.apply(routeOf({ 1: 10_000 }));
  const mend = held.breakAnswers(1);
  expect((await broken.ask()).status).toBe(500);
  mend();
  const release = held.holdAnswers(1);
  const first = broken.ask();
  await expect.poll(() => held.jobs.get(1)).toBe(2);
  const leaving = new AbortController();
  const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 1, 1, 1] }] });
  const left = fetch(`${url}/v2/models/scale/infer`, { method: 'POST', body, signal: leaving.signal });
  const second = broken.ask();
  leaving.abort();
  await expect(left).rejects.toThrow();
  release();
  await Promise.all([first, second]);
  const { samples } = traffic.samples('scale', 0, 10);
  expect(samples.map(({ ok, latencyMs }) => [ok, latencyMs === null]).slice(0, 3)).toEqual([
    [false, true],
    [true, false],
    [true, false],
  ]);
  await broken.close();
});

test('an ensemble asks the stable version of a routed member, not the newest', async () => {
  const plain = await routedServer({ options: { modelControl: 'explicit', loadModels: 'scale' } });
  await plain.server.traffic.apply(routeOf({ 1: 0, 2: 10_000 }, { stable: 1 }));
  const steps = [{ model: 'scale', from: { x: 'x' }, to: { y: 'y' } }];
  await plain.repository.configure('whole', ensembleConfig({ steps, fuse: false }));
  await plain.repository.add('whole', 1, Uint8Array.of());
  expect((await post(`${plain.server.url}/v2/repository/models/whole/load`, {})).status).toBe(200);
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 1, 1, 1] }];
  const asked = async () => (await post(`${plain.server.url}/v2/models/whole/infer`, { inputs })).json;
  expect(await asked()).toMatchObject({ outputs: [{ data: [1, 1, 1, 1] }] });
  await plain.server.traffic.apply(routeOf({ 1: 0, 3: 10_000 }, { stable: 3 }));
  expect(await asked()).toMatchObject({ outputs: [{ data: [3, 3, 3, 3] }] });
  await plain.close();
});
