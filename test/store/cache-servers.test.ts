import { randomBytes } from 'node:crypto';
import { type CacheTier, compressedTier, memcachedTier, redisTier } from 'galerkin/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../free-port.js';
import { type CacheServer, hasServer, type Kind, startServer } from './cache-servers.js';

const terms = {
  prefix: 'test',
  ttlMs: 60_000,
  maxValueBytes: 4 * 2 ** 20,
  connectTimeoutMs: 5000,
  replyTimeoutMs: 5000,
};
const open = (kind: Kind, port: number, prefix = 'test'): Promise<CacheTier> =>
  kind === 'redis'
    ? redisTier({ ...terms, prefix, url: `redis://127.0.0.1:${port}` })
    : memcachedTier({ ...terms, prefix, host: '127.0.0.1', port });

/** Reads until it succeeds: a connection that was lost comes back when it does. */
async function eventually<Value>(read: () => Promise<Value>, isWanted: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    try {
      const value = await read();
      if (isWanted(value)) return value;
    } catch {
      // Not yet.
    }
    await new Promise(resolve => setImmediate(resolve));
  }
}

for (const kind of ['redis', 'memcached'] as const) {
  describe.skipIf(!hasServer(kind))(`a tier on ${kind}`, () => {
    let server: CacheServer;
    let tier: CacheTier;
    let other: CacheTier;
    const stored = async (key: string, tags: readonly string[], bytes: Uint8Array): Promise<void> => {
      await tier.get(key, tags);
      await tier.set(key, bytes, { tags });
    };

    beforeAll(async () => {
      server = await startServer(kind);
      tier = await open(kind, server.port);
      other = await open(kind, server.port);
    });
    afterAll(async () => {
      await Promise.all([tier.close(), other.close()]);
      await server.stop();
    });

    test('gives back the very bytes, of any length and content', async () => {
      const sizes = [0, 1, 2, 100, 65_537, 900_000];
      const contents = [...sizes.map(size => randomBytes(size)), Buffer.from('\r\nEN\r\nVA 3\r\nabc\r\n')];
      for (const [k, bytes] of contents.entries()) {
        await stored(`bytes${k}`, ['m'], bytes);
        const got = await other.get(`bytes${k}`, ['m']);
        expect(got !== undefined && Buffer.compare(bytes, got) === 0).toBe(true);
      }
    });

    test('a thousand reads under way at once each get their own answer', async () => {
      const keys = Array.from({ length: 100 }, (_, k) => `many${k}`);
      for (const key of keys) await stored(key, ['m'], Buffer.from(key.repeat(50)));
      const wanted = Array.from({ length: 400 }, (_, k) => `many${k % 110}`);
      const got = await Promise.all(wanted.map(key => tier.get(key, ['m'])));
      expect(got.map(bytes => (bytes === undefined ? undefined : Buffer.from(bytes).toString()))).toEqual(
        wanted.map(key => (keys.includes(key) ? key.repeat(50) : undefined)),
      );
    });

    test('an invalidated tag ends its entries for everyone, at once, and no others', async () => {
      await stored('x1', ['x', 'y'], Buffer.from('one'));
      await stored('x2', ['y'], Buffer.from('two'));
      expect(await other.get('x1', ['x', 'y'])).toBeDefined();
      await tier.invalidate('x');
      expect(await other.get('x1', ['x', 'y'])).toBeUndefined();
      expect(await other.get('x2', ['y'])).toBeDefined();
      await stored('x1', ['x', 'y'], Buffer.from('new'));
      expect(await other.get('x1', ['x', 'y'])).toBeDefined();
    });

    test('who listens hears of invalidations by others', async () => {
      await tier.get('h', ['heard']);
      await other.get('h', ['heard']);
      const heard: string[] = [];
      const stop = other.onInvalidated(tag => heard.push(tag));
      await tier.invalidate('heard');
      // Redis tells without being asked; Memcached with the next read.
      if (kind === 'memcached') await other.get('h', ['heard']);
      await eventually(
        async () => heard.length,
        count => count > 0,
      );
      stop();
      expect(heard).toEqual(['heard']);
    });

    test('what was stored with knowledge from before an invalidation is not read after it', async () => {
      await tier.get('late', ['race']);
      await other.get('late', ['race']);
      await other.invalidate('race');
      await tier.set('late', Buffer.from('stale'), { tags: ['race'] });
      // Where the news came first, the store was made with the new generation: then the caller drops it, who heard the news too.
      if (kind === 'memcached') expect(await other.get('late', ['race'])).toBeUndefined();
    });

    test('services with other prefixes do not meet', async () => {
      const apart = await open(kind, server.port, 'apart');
      await stored('mine', ['m'], Buffer.from('mine'));
      expect(await apart.get('mine', ['m'])).toBeUndefined();
      await apart.invalidate('m');
      expect(await tier.get('mine', ['m'])).toBeDefined();
      await apart.close();
    });

    test('a deleted entry is gone, and what is too large is left out without an error', async () => {
      await stored('gone', ['m'], Buffer.from('gone'));
      await tier.delete('gone');
      await stored('large', ['m'], Buffer.alloc(5 * 2 ** 20));
      expect([await tier.get('gone', ['m']), await tier.get('large', ['m'])]).toEqual([undefined, undefined]);
      await stored('alive', ['m'], Buffer.from('alive'));
      expect(await tier.get('alive', ['m'])).toBeDefined();
    });

    test('compressed values come back as they were, and replicas without compression read them', async () => {
      const small = compressedTier(tier, { fromBytes: 1000, maxValueBytes: 2 ** 20 });
      const plain = compressedTier(other, { fromBytes: Number.POSITIVE_INFINITY, maxValueBytes: 2 ** 20 });
      const field = new Uint8Array(Float32Array.from({ length: 4096 }, (_, k) => Math.sin(k / 40)).buffer);
      for (const [key, bytes] of [
        ['smooth', field],
        ['noise', randomBytes(4099)],
        ['short', randomBytes(9)],
      ] as const) {
        await small.get(key, ['m']);
        await small.set(key, bytes, { tags: ['m'] });
        const got = await plain.get(key, ['m']);
        expect(got !== undefined && Buffer.compare(bytes, got) === 0).toBe(true);
      }
    });

    test('a server that is killed fails calls at once, and is taken up again when it is back', async () => {
      const port = await freePort();
      const first = await startServer(kind, port);
      const own = await open(kind, port);
      await own.get('k', ['m']);
      await first.kill();
      await eventually(
        () =>
          own.get('k', ['m']).then(
            () => 'answered',
            () => 'refused',
          ),
        outcome => outcome === 'refused',
      );
      await expect(own.get('k', ['m'])).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
      await expect(own.invalidate('m')).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
      const second = await startServer(kind, port);
      const bytes = await eventually(
        async () => {
          await own.get('k', ['m']);
          await own.set('k', Buffer.from('back'), { tags: ['m'] });
          return own.get('k', ['m']);
        },
        value => value !== undefined,
      );
      expect(Buffer.from(bytes ?? []).toString()).toBe('back');
      await own.close();
      await second.stop();
    });

    test('a server that is not there when we start delays nothing for long and breaks nothing', async () => {
      const absent = await open(kind, await freePort());
      await expect(absent.get('k', [])).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
      await absent.close();
    });
  });
}
