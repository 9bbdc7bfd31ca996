import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { systemClock, systemTimers } from 'galerkin/base';
import { memcachedTier, redisTier } from 'galerkin/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openCache } from '../../dist/serve/cache/open-cache.js';
import type { PredictionCache } from '../../dist/serve/cache/prediction-cache.js';
import { freePort } from '../free-port.js';
import { type CacheServer, hasServer, type Kind, startServer } from '../store/cache-servers.js';
import { answerOf, fp32, modelOf, question } from './cache-question.js';

const program = fileURLToPath(new URL('./fixtures/cache-replica.mjs', import.meta.url));
const found = z.object({ hit: z.boolean(), output: z.number(), report: z.object({ secondHits: z.number() }) });
const model = modelOf('content');

async function startReplica(url: string) {
  const child = spawn(process.execPath, [program, url], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const heard = async (): Promise<unknown> => JSON.parse((await lines.next()).value ?? 'null');
  await heard();
  const order = (what: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(what)}\n`);
    return heard();
  };
  return {
    ask: async (input: number, output: number) => found.parse(await order({ order: 'ask', input, output })),
    invalidate: () => order({ order: 'invalidate' }),
    async stop() {
      const gone = once(child, 'exit');
      child.stdin.end();
      await gone;
    },
  };
}

const opened = (cacheUrl: string, more: object = {}): Promise<PredictionCache | undefined> =>
  openCache(
    {
      cacheBudgetBytes: 2 ** 20,
      cacheTtlMs: 0,
      cacheUrl,
      cachePrefix: 'own',
      cacheSecret: '',
      cacheSecondTtlMs: 60_000,
      cacheTimeoutMs: 2000,
      cacheCompression: 'off',
      ...more,
    },
    { clock: systemClock, timers: systemTimers },
  );

async function open(cacheUrl: string, more: object = {}): Promise<PredictionCache> {
  const cache = await opened(cacheUrl, more);
  if (cache === undefined) throw new Error('no cache');
  return cache;
}

const ask = (cache: PredictionCache, value: number, output: number) =>
  cache.answer(model, question({ inputs: { a: fp32([value]) } }), async () => answerOf([output]));

/** Waits for the background: what was stored has arrived once `isThere` says so. */
async function until(isThere: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isThere())) await new Promise(resolve => setImmediate(resolve));
}

for (const kind of ['redis', 'memcached'] as const satisfies readonly Kind[]) {
  describe.skipIf(!hasServer(kind))(`replicas that share ${kind}`, () => {
    let server: CacheServer;
    beforeAll(async () => {
      server = await startServer(kind);
    });
    afterAll(() => server.stop());
    const tierOf = (prefix: string) => {
      const terms = { prefix, ttlMs: 60_000, maxValueBytes: 2 ** 20, connectTimeoutMs: 5000, replyTimeoutMs: 5000 };
      return kind === 'redis'
        ? redisTier({ url: server.url, ...terms })
        : memcachedTier({ host: '127.0.0.1', port: server.port, ...terms });
    };

    test("in two processes give each other's answers, and no invalidated ones", async () => {
      const [one, two] = await Promise.all([startReplica(server.url), startReplica(server.url)]);
      expect(await one.ask(1, 10)).toMatchObject({ hit: false, output: 10 });
      expect(await one.ask(1, 11)).toMatchObject({ hit: true, output: 10 });
      let shared = await two.ask(1, 12);
      for (let input = 100; !shared.hit; input++) {
        // The store happens behind the answer's back; another question follows it.
        await one.ask(input, 1);
        shared = await two.ask(input, 2);
      }
      expect(shared.report.secondHits).toBe(1);
      await one.invalidate();
      // Redis tells the others at once; on Memcached they see it with their next read from it.
      let given = await two.ask(1, 20);
      for (let input = 200; given.output !== 20; input++) {
        await two.ask(input, 1);
        given = await two.ask(1, 20);
      }
      expect(given.hit).toBe(false);
      expect(await two.ask(1, 21)).toMatchObject({ hit: true, output: 20 });
      await Promise.all([one.stop(), two.stop()]);
    });

    test('compute when a stored value was damaged, and store it anew', async () => {
      const first = await open(server.url, { cachePrefix: 'damage' });
      await ask(first, 1, 10);
      await until(() => first.report().second?.sets === 1);
      const raw = await tierOf('damage');
      const { questionKey } = await import('../../dist/serve/cache/key.js');
      const key = questionKey(model, question({ inputs: { a: fp32([1]) } }));
      const stored = Uint8Array.from((await raw.get(key, ['model:darcy'])) ?? []);
      expect(stored.length).toBeGreaterThan(40);
      const last = stored.length - 10;
      stored[last] = (stored[last] ?? 0) ^ 4;
      await raw.set(key, stored, { tags: ['model:darcy'] });
      const second = await open(server.url, { cachePrefix: 'damage' });
      expect(await ask(second, 1, 20)).toMatchObject({ hit: false });
      expect(second.report()).toMatchObject({ unreadable: 1 });
      expect(await ask(second, 1, 30)).toMatchObject({ hit: true });
      await Promise.all([first.close(), second.close(), raw.close()]);
    });

    test('do not believe values that were stored with another secret', async () => {
      const one = await open(server.url, { cachePrefix: 'secrets', cacheSecret: 'one' });
      const two = await open(server.url, { cachePrefix: 'secrets', cacheSecret: 'two' });
      await ask(one, 1, 10);
      await until(() => one.report().second?.sets === 1);
      expect(await ask(two, 1, 20)).toMatchObject({ hit: false });
      expect(two.report().unreadable).toBe(1);
      await Promise.all([one.close(), two.close()]);
    });

    test('go on without a failed request when the server is killed under them, and take up one that comes back', async () => {
      const port = await freePort();
      const doomed = await startServer(kind, port);
      const cache = await open(doomed.url);
      for (let k = 0; k < 50; k++) await ask(cache, k, k);
      const during = Array.from({ length: 200 }, (_, k) => ask(cache, 1000 + k, k));
      const killed = doomed.kill();
      const after = Array.from({ length: 200 }, (_, k) => ask(cache, 2000 + k, k));
      const all = await Promise.all([...during, ...after]);
      expect(all.map(({ answer }) => answer.outputs.u.data[0])).toEqual([...all.keys()].map(k => k % 200));
      await killed;
      for (let k = 0; k < 50; k++) expect(await ask(cache, k, -1)).toMatchObject({ hit: true });
      let count = 3000;
      await until(async () => {
        await ask(cache, count++, 1);
        return cache.report().second?.isUp === false;
      });
      const back = await startServer(kind, port);
      const before = cache.report().second?.sets ?? 0;
      await until(async () => {
        await ask(cache, count++, 1);
        return (cache.report().second?.sets ?? 0) > before;
      });
      await cache.close();
      await back.stop();
    });

    test('wait for a server that answers no more no longer than the bound, a few times, then not at all', async () => {
      const stuck = await startServer(kind);
      const cache = await open(stuck.url, { cacheTimeoutMs: 5 });
      await ask(cache, 1, 1);
      stuck.freeze();
      for (let k = 0; k < 100; k++) expect(await ask(cache, 10 + k, k)).toMatchObject({ hit: false });
      const { second } = cache.report();
      expect(second?.isUp).toBe(false);
      expect(second?.timeouts).toBeGreaterThanOrEqual(5);
      expect(second?.skipped).toBeGreaterThan(50);
      stuck.thaw();
      await cache.close();
      await stuck.stop();
    });
  });
}

test('a cache is not opened for a URL that it cannot use, and not at all without a budget', async () => {
  for (const url of ['nonsense', 'http://127.0.0.1:1', 'redis://[']) {
    await expect(opened(url)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  }
  await expect(opened('redis://127.0.0.1:1', { cachePrefix: 'a b' })).rejects.toMatchObject({
    code: 'OPTIONS_INVALID',
  });
  expect(await opened('', { cacheBudgetBytes: 0 })).toBeUndefined();
});
