import { type FaultEvent, faultChannel } from 'galerkin/serve';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, get, jsonQuestion, post, type Reply } from './fixtures/client.js';
import { constantField, type Fixture, serveFixture } from './fixtures/repository.js';

let server: Fixture;
beforeAll(async () => {
  server = await serveFixture(['double', 'double_solver'], { inferenceTimeoutMs: 1500, maxQueue: 3 });
});
afterAll(() => server.close());

const ask = (model: string, value: number): Promise<Reply> =>
  post(`${server.url}/v2/models/${model}/infer`, jsonQuestion(constantField(value), [1, 4, 4]));

/** Asks until the instance is there again; the test's own time limit bounds it. */
async function untilAnswered(value: number): Promise<Reply> {
  for (;;) {
    const reply = await ask('double_solver', value);
    if (reply.status !== 503) return reply;
  }
}

describe('a child process', () => {
  test('that is killed while it computes fails that request with a typed 503 and is replaced', async () => {
    const reply = await ask('double_solver', 9001);
    expect([reply.status, errorOf(reply)]).toEqual([
      503,
      expect.stringContaining("the instance of model 'double_solver'"),
    ]);
    expect(reply.headers.get('retry-after')).toBe('1');
    expect((await untilAnswered(5)).json).toMatchObject({ outputs: [{ data: constantField(10) }] });
  });

  test('that dies between requests is replaced', async () => {
    expect((await ask('double_solver', 9006)).status).toBe(200);
    expect((await untilAnswered(5)).json).toMatchObject({ outputs: [{ data: constantField(10) }] });
  });

  test('that throws fails the request only; its words go to the fault channel, not to the client', async () => {
    const faults: FaultEvent[] = [];
    const stop = faultChannel.subscribe(fault => faults.push(fault));
    const reply = await ask('double_solver', 9003);
    stop();
    expect(reply.status).toBe(500);
    expect(reply.text).not.toContain('secret');
    expect(faults).toEqual([
      { model: 'double_solver', what: 'a request failed', reason: 'inner words about /home/secret' },
    ]);
    expect((await ask('double_solver', 1)).status).toBe(200);
  });

  test('that answers tensors that are none fails the request only', async () => {
    expect((await ask('double_solver', 9005)).status).toBe(500);
    expect((await ask('double_solver', 1)).status).toBe(200);
  });

  test('that hangs is killed at the time limit: 504, then it is replaced; who waited is served', async () => {
    const stuck = ask('double_solver', 9002);
    const waiting = ask('double_solver', 6);
    expect((await stuck).status).toBe(504);
    expect(errorOf(await stuck)).toContain('Request timeout expired');
    // It had the time limit for itself, and the stuck one had it twice: once on each instance that it was tried on.
    expect([200, 503]).toContain((await waiting).status);
    expect((await untilAnswered(5)).status).toBe(200);
  });
});

test('a full queue answers 503 at once, and only the surplus is refused', async () => {
  const burst = await Promise.all(Array.from({ length: 24 }, () => ask('double_solver', 2)));
  const refused = burst.filter(({ status }) => status === 503);
  expect(burst.filter(({ status }) => status === 200).length + refused.length).toBe(24);
  for (const reply of refused) expect(errorOf(reply)).toContain('Exceeds maximum queue size: 3');
  expect((await ask('double_solver', 2)).status).toBe(200);
});

test('other models and the server itself are untouched by all this', async () => {
  const [stuck, fine] = [ask('double_solver', 9001), await ask('double', 3)];
  expect(fine.status).toBe(200);
  expect((await get(`${server.url}/v2/health/live`)).status).toBe(200);
  expect((await stuck).status).toBe(503);
});
