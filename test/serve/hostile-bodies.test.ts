import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonQuestion, post } from './fixtures/client.js';
import { expectRefusal, input, limit, one, openTarget, type Target } from './fixtures/hostile.js';
import { bodies } from './fixtures/hostile-bodies.js';
import { serveFixture } from './fixtures/repository.js';

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(() => target.server.close());

describe('bodies', () => {
  test.each(bodies)('%s', async (_name, body, status, words) => {
    expectRefusal(await target.infer(body), status, words);
    await target.good();
  });

  test('deep nesting on every JSON endpoint', async () => {
    for (const path of ['/v2/models/double/infer', '/predict']) {
      for (const deep of [
        '['.repeat(30_000),
        `{"inputs":${'['.repeat(30_000)}`,
        `{"a":`.repeat(10_000),
        `{"inputs":[{"data":${'['.repeat(200)}${']'.repeat(200)}}]}`,
      ]) {
        expectRefusal(
          await post(`${target.server.url}${path}`, deep),
          400,
          /nested at most 100 levels deep, got deeper nesting/,
        );
      }
    }
    await target.good();
  });

  test('a hundred thousand levels where the body may be large', async () => {
    const large = await serveFixture(['double']);
    const deep = `{"inputs":[{"name":"a","datatype":"FP32","shape":[1,4,4],"data":${'['.repeat(100_000)}1${']'.repeat(100_000)}}]}`;
    expectRefusal(await post(`${large.url}/v2/models/double/infer`, deep), 400, /nested at most 100 levels/);
    expectRefusal(
      await post(`${large.url}/predict`, `[${'[],'.repeat(300_000)}1]`),
      400,
      /at most 250000 lists and objects/,
    );
    expect((await post(`${large.url}/v2/models/double/infer`, jsonQuestion(one, [1, 4, 4]))).status).toBe(200);
    await large.close();
  });

  test('keys of prototypes change nothing', async () => {
    const text = JSON.stringify({ ...input({}) }).replace(
      '{',
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},',
    );
    expect([200, 400]).toContain((await target.infer(text)).status);
    const inner = '{"model":"double","inputs":{"__proto__":[[1]]},"__proto__":{"guard":"reject"}}';
    expect((await post(`${target.server.url}/predict`, inner)).status).toBe(400);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    await target.good();
  });
});

test('refused requests leave no memory behind', async () => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  const settled = (): number => {
    if (typeof collect === 'function') collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const pad = 'x'.repeat(limit / 2);
  const round = async (): Promise<void> => {
    const hostile = bodies.map(([, body]) => target.infer(typeof body === 'string' ? body : { ...body, pad }));
    const oversize = Array.from({ length: 10 }, () => target.infer('y'.repeat(2 * limit)).catch(() => undefined));
    await Promise.all([...hostile, ...oversize]);
  };
  await round();
  await round();
  const before = settled();
  for (let k = 0; k < 15; k++) await round();
  // The bodies of refused uploads belong to the clients' sockets, in this same process, until those have closed.
  await expect.poll(() => settled() - before, { timeout: 10_000 }).toBeLessThan(8 * 1024 * 1024);
  await target.good();
});
