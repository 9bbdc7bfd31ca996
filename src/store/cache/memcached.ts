// Memcached as a cache server, by its meta commands (Memcached 1.6 or later), written out by hand.
import { GalerkinError, type Timers } from '../../base/index.js';
import { cacheConnections } from './connections.js';
import { type MemcachedAddress, type MemcachedConnection, memcachedConnection } from './memcached-connection.js';
import type { Reply } from './memcached-replies.js';
import type { RemoteStore } from './remote-store.js';
import { type TaggedOptions, taggedTier } from './tagged.js';
import type { CacheTier } from './tier.js';

export interface MemcachedTierOptions extends MemcachedAddress, TaggedOptions {
  /** Longest wait for a connection; a server that is down delays the start by no more. */
  readonly connectTimeoutMs: number;
  /** Longest wait for a reply before the connection is given up and opened again. */
  readonly replyTimeoutMs: number;
  readonly timers?: Timers;
}

/** What an item of the server's default 1 MiB holds besides its value. */
const itemOverheadBytes = 512;
const serverLimitBytes = 2 ** 20 - itemOverheadBytes;
/** Times of 30 days and more mean a date to Memcached. */
const longestTtlSeconds = 30 * 24 * 3600 - 1;
const end = Buffer.from('\r\n');

const command = (text: string): Buffer => Buffer.from(`${text}\r\n`, 'latin1');

function refused(text: string): GalerkinError {
  return new GalerkinError('CACHE_UNAVAILABLE', { tier: 'memcached', reason: `the refusal '${text.slice(0, 200)}'` });
}

function valueIn(reply: Reply): Uint8Array | undefined {
  if (reply.kind === 'error') throw refused(reply.text);
  return reply.kind === 'value' ? reply.bytes : undefined;
}

function memcachedStore(connection: MemcachedConnection): RemoteStore {
  const send = async (bytes: Uint8Array): Promise<Reply> => {
    const reply = await connection.send(bytes);
    if (reply.kind === 'error') throw refused(reply.text);
    return reply;
  };
  const store = (head: string, parts: readonly Uint8Array[]) => send(Buffer.concat([command(head), ...parts, end]));
  return {
    name: 'memcached',
    getMany: async keys => {
      const replies = await Promise.all(keys.map(key => connection.send(command(`mg ${key} v`))));
      return replies.map(valueIn);
    },
    async put(key, parts, ttlMs) {
      const bytes = parts.reduce((sum, part) => sum + part.length, 0);
      const seconds = ttlMs > 0 ? Math.min(longestTtlSeconds, Math.max(1, Math.ceil(ttlMs / 1000))) : 0;
      await store(`ms ${key} ${bytes} T${seconds}`, parts);
    },
    async putIfAbsent(key, bytes) {
      await store(`ms ${key} ${bytes.length} ME`, [bytes]);
    },
    async remove(key) {
      await send(command(`md ${key}`));
    },
    async close() {
      connection.close();
    },
  };
}

/**
 * Opens a tier on a Memcached server. A server that is down or goes down is tried again for ever, with growing pauses;
 * meanwhile every call rejects at once with CACHE_UNAVAILABLE. Memcached tells nobody of invalidations: other processes see them
 * with their next read from it. Values above 1 MiB are left out; times to live are whole seconds, below 30 days.
 */
export async function memcachedTier(options: MemcachedTierOptions): Promise<CacheTier> {
  const maxValueBytes = Math.min(options.maxValueBytes, serverLimitBytes);
  const connection = memcachedConnection({
    ...options,
    maxValueBytes: serverLimitBytes,
    onState: (state, reason) => cacheConnections.publish(() => ({ tier: 'memcached', state, reason })),
  });
  await connection.tried;
  return taggedTier(memcachedStore(connection), { ...options, maxValueBytes });
}
