import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RequestEvent, requestChannel } from 'galerkin/serve';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, get, post } from './fixtures/client.js';
import { type Fixture, serveFixture } from './fixtures/repository.js';

let server: Fixture;
let studioFolder: string;
beforeAll(async () => {
  studioFolder = await mkdtemp(join(tmpdir(), 'galerkin-studio-'));
  await writeFile(join(studioFolder, 'index.html'), '<!doctype html><title>studio</title>');
  await writeFile(join(studioFolder, 'index-Ab12Cd34.js'), 'export {};');
  await writeFile(join(studioFolder, '.hidden'), 'secret');
  server = await serveFixture(['double', 'safe', 'double_solver', 'kinds'], { studioFolder });
});
afterAll(async () => {
  await server.close();
  await rm(studioFolder, { recursive: true });
});

const at = (path: string): string => `${server.url}${path}`;
const rows = (value: number): number[][] => new Array<number[]>(4).fill(new Array<number>(4).fill(value));
const guarded = (residual: number, verdict: string) => ({
  residual,
  residualBound: 0.01,
  fluxImbalance: residual,
  fluxBound: 0.01,
  verdict,
});

describe('POST /predict', () => {
  test('answers one item without a batch axis', async () => {
    expect((await post(at('/predict'), { model: 'double', inputs: { a: rows(3) } })).json).toEqual({
      model: 'double',
      version: '1',
      outputs: { u: rows(6) },
      guard: guarded(0, 'accepted'),
      answeredBy: 'surrogate',
      latencyMs: expect.any(Number),
    });
  });

  test('answers a batch with its axis, and maps if asked', async () => {
    const body = { model: 'double', version: 1, inputs: { a: [rows(3), rows(11)] }, maps: true };
    expect((await post(at('/predict'), body)).json).toMatchObject({
      outputs: { u: [rows(6), rows(20)] },
      maps: { residual_map: [rows(0), rows(2)] },
      guard: guarded(2, 'flagged'),
    });
  });

  test('takes a policy', async () => {
    const body = { model: 'double', inputs: { a: rows(11) }, guard: 'fallback' };
    expect((await post(at('/predict'), body)).json).toMatchObject({
      outputs: { u: rows(22) },
      guard: { ...guarded(0, 'fallback'), refusedResidual: 2, refusedFluxImbalance: 2 },
      answeredBy: 'solver',
    });
  });

  test('a refusal by the guard carries its figures', async () => {
    const reply = await post(at('/predict'), { model: 'double', inputs: { a: rows(11) }, guard: 'reject' });
    expect(reply.status).toBe(422);
    expect(reply.json).toEqual({ error: expect.stringContaining('residual 2.000'), guard: guarded(2, 'rejected') });
  });

  test('says which inputs left the stated range', async () => {
    expect((await post(at('/predict'), { model: 'double', inputs: { a: rows(-1) } })).json).toMatchObject({
      inputsOutOfRange: ['a'],
    });
  });

  test('asks the solver itself', async () => {
    expect((await post(at('/predict'), { model: 'double_solver', inputs: { a: rows(30) } })).json).toMatchObject({
      outputs: { u: rows(60) },
      answeredBy: 'solver',
    });
  });

  test('refuses what does not fit, and says what was wanted', async () => {
    const cases: [unknown, number, RegExp][] = [
      [{ model: 'nope', inputs: {} }, 404, /unknown model: 'nope'/],
      [{ model: 'double', version: 9, inputs: {} }, 400, /version 9 is not at ready state/],
      [{ model: 'double', inputs: {} }, 400, /missing required input\(s\) \['a'\]/],
      [{ model: 'double', inputs: { a: 5 } }, 400, /wanted nested lists of shape \[4,4\], got 5/],
      [{ model: 'double', inputs: { a: [[1, 2], [3]] } }, 400, /Expected \[-1,4,4\], got \[1,2,2\]/],
      [{ model: 'double', inputs: { a: [...rows(1).slice(1), [1, 2, 3]] } }, 400, /element count.*Expected 16, got 15/],
      [
        { model: 'double', inputs: { a: [...rows(1).slice(1), [1, 2, 3, 'x']] } },
        400,
        /at index 15: wanted a number for FP32, got "x"/,
      ],
      [{ model: 'double', inputs: { a: [...rows(1).slice(1), [1, 2, 3, null]] } }, 400, /got null/],
      [
        { model: 'double', inputs: { a: [...rows(1).slice(1), [1, 2, 3, 'NaN']] } },
        400,
        /wants finite values, got NaN at index 15/,
      ],
      [{ model: 'double', inputs: { a: rows(1), b: rows(1) } }, 400, /Unexpected input\(s\) \['b'\]/],
      [{ model: 'double', inputs: { a: rows(1) }, guard: 'maybe' }, 400, /guard/],
      [{ model: 'double', inputs: { a: rows(1) }, other: 1 }, 400, /other/],
      [[], 400, /wanted \{ model, version\?, inputs/],
      ['text', 400, /wanted JSON/],
    ];
    for (const [body, status, words] of cases) {
      const reply = await post(at('/predict'), typeof body === 'string' ? body : JSON.stringify(body));
      expect([body, reply.status, errorOf(reply)]).toEqual([body, status, expect.stringMatching(words)]);
    }
  });
});

describe('models and samples', () => {
  test('GET /models shows what each model takes and how it is guarded', async () => {
    expect((await get(at('/models'))).json).toMatchObject({
      models: expect.arrayContaining([
        expect.objectContaining({
          name: 'double',
          version: '1',
          title: 'The fixture double',
          backend: 'onnxruntime',
          inputs: [expect.objectContaining({ name: 'a', dtype: 'FP32', shape: [4, 4], finite: true, range: [0, 100] })],
          guard: { policy: 'annotate', residualBound: 0.01, fluxBound: 0.01, fallback: 'double_solver' },
          metrics: expect.objectContaining({ testError: 0.01 }),
          samples: 3,
          ready: true,
        }),
        expect.objectContaining({ name: 'double_solver', backend: 'double_process', samples: 0 }),
      ]),
    });
  });

  test('a sample holds inputs and truths as rows', async () => {
    expect((await get(at('/models/double/samples'))).json).toEqual({ model: 'double', count: 3 });
    expect((await get(at('/models/double/samples/2'))).json).toEqual({
      index: 2,
      inputs: { a: rows(2) },
      outputs: { u: rows(4) },
    });
  });

  test('other indices are refused with the range there is', async () => {
    const beyond = await get(at('/models/double/samples/3'));
    expect([beyond.status, errorOf(beyond)]).toEqual([404, expect.stringContaining('samples 0 to 2')]);
    for (const index of ['-1', 'x', '1.5', '..%2f', '1e1', '99999999999']) {
      const reply = await get(at(`/models/double/samples/${index}`));
      expect([reply.status, errorOf(reply)]).toEqual([400, expect.stringContaining('wanted a whole number below 3')]);
    }
    expect(errorOf(await get(at('/models/double_solver/samples/0')))).toContain('has none');
    expect((await get(at('/models/nope/samples/0'))).status).toBe(404);
  });
});

describe('health and statistics', () => {
  test('GET /health', async () => {
    expect((await get(at('/health'))).json).toMatchObject({
      status: 'ready',
      models: { double: true, safe: true, double_solver: true },
    });
  });

  test('counters are exact, and every request is published', async () => {
    const events: RequestEvent[] = [];
    const stop = requestChannel.subscribe(event => events.push(event));
    await post(at('/predict'), { model: 'safe', inputs: { a: [rows(1), rows(12)] } });
    await post(at('/predict'), { model: 'safe', inputs: { a: rows(1) } });
    await post(at('/predict'), { model: 'safe', inputs: { a: rows(12) }, guard: 'reject' });
    await post(at('/predict'), { model: 'safe', inputs: { a: rows(12) }, guard: 'annotate' });
    await post(at('/predict'), { model: 'safe', inputs: { b: rows(12) } });
    stop();
    expect(events.map(({ model, status, items, verdict }) => [model, status, items, verdict])).toEqual([
      ['safe', 200, 2, 'fallback'],
      ['safe', 200, 1, 'accepted'],
      ['safe', 422, 0, 'rejected'],
      ['safe', 200, 1, 'flagged'],
      ['safe', 400, 0, undefined],
    ]);
    const { json } = await get(at('/stats'));
    expect(json).toMatchObject({
      uptimeSeconds: expect.any(Number),
      memory: { rssBytes: expect.any(Number) },
      models: expect.arrayContaining([
        expect.objectContaining({
          name: 'safe',
          requests: 5,
          failures: 2,
          items: 4,
          guard: { accepted: 1, flagged: 1, rejected: 1, fallback: 1 },
          latencyMs: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
        }),
      ]),
    });
  });
});

describe('the studio', () => {
  test('/ and /studio lead there', async () => {
    for (const path of ['/', '/studio']) {
      const reply = await get(at(path), { redirect: 'manual' });
      expect([reply.status, reply.headers.get('location')]).toEqual([302, '/studio/']);
    }
  });

  test('the page is not cached and may talk to this server only; hashed files are cached for good', async () => {
    const page = await get(at('/studio/'));
    expect(page.text).toContain('<title>studio</title>');
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    const script = await get(at('/studio/index-Ab12Cd34.js'));
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(script.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('nothing outside the folder and nothing hidden is given', async () => {
    for (const path of [
      '/studio/.hidden',
      '/studio/../package.json',
      '/studio/%2e%2e/package.json',
      '/studio/..%2fpackage.json',
      '/studio/nope.js',
    ]) {
      const reply = await get(at(path));
      expect([path, reply.status]).toEqual([path, 404]);
      expect(reply.text).not.toContain('secret');
    }
  });
});
