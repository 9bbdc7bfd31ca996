// Redis as a cache server: binary values, one connection for commands and one that hears of invalidations.
import { GalerkinError } from '../../base/index.js';
import { cacheConnections } from './connections.js';
import type { RemoteStore } from './remote-store.js';
import { type TaggedOptions, taggedTier } from './tagged.js';
import type { CacheTier } from './tier.js';

export interface RedisTierOptions extends TaggedOptions {
  /** redis://[user:password@]host[:port][/database], or rediss:// for TLS. */
  readonly url: string;
  /** Longest wait for the first connection, and for each later one; a server that is down delays the start by no more. */
  readonly connectTimeoutMs: number;
}

const longestRetryMs = 5000;
/** Commands that wait for an answer; beyond them, more are refused at once. */
const maxWaiting = 1024;

/** Loaded when it is wanted: it takes some tenths of a second, and most servers have no Redis. */
const loadClient = () => import('redis');
type Redis = Awaited<ReturnType<typeof loadClient>>;

function connection({ createClient, RESP_TYPES }: Redis, options: RedisTierOptions) {
  return createClient({
    url: options.url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: maxWaiting,
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    socket: {
      connectTimeout: options.connectTimeoutMs,
      reconnectStrategy: retries => Math.min(longestRetryMs, 50 * 2 ** Math.min(retries, 10)),
    },
  });
}

type Connection = ReturnType<typeof connection>;

/** Errors are events of the client; without a listener they would end the process. */
function reportState(client: Connection): void {
  let isUp = false;
  client.on('ready', () => {
    isUp = true;
    cacheConnections.publish(() => ({ tier: 'redis', state: 'up', reason: 'connected' }));
  });
  client.on('error', (error: Error) => {
    if (!isUp) return;
    isUp = false;
    cacheConnections.publish(() => ({ tier: 'redis', state: 'down', reason: error.message }));
  });
}

/** Connects; resolves as soon as that worked or failed for the first time, and goes on trying in the background. */
function firstAttempt(client: Connection, timeoutMs: number): Promise<void> {
  return new Promise(resolve => {
    const settle = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(settle, timeoutMs).unref();
    client.once('ready', settle);
    client.once('error', settle);
    client.connect().catch(settle);
  });
}

const unavailable = (cause: unknown): GalerkinError =>
  new GalerkinError(
    'CACHE_UNAVAILABLE',
    { tier: 'redis', reason: cause instanceof Error ? cause.message : String(cause) },
    { cause },
  );

async function asked<Reply>(reply: Promise<Reply>): Promise<Reply> {
  try {
    return await reply;
  } catch (cause) {
    throw unavailable(cause);
  }
}

function redisStore(commands: Connection, hearing: Connection, channelName: string): RemoteStore {
  return {
    name: 'redis',
    getMany: async keys => (await asked(commands.mGet([...keys]))).map(value => value ?? undefined),
    async put(key, parts, ttlMs) {
      const value = Buffer.concat(parts);
      const terms = ttlMs > 0 ? { expiration: { type: 'PX', value: Math.ceil(ttlMs) } as const } : {};
      await asked(commands.set(key, value, terms));
    },
    async putIfAbsent(key, bytes) {
      await asked(commands.set(key, Buffer.from(bytes), { condition: 'NX' }));
    },
    async remove(key) {
      await asked(commands.unlink(key));
    },
    async announce(message) {
      await asked(commands.publish(channelName, message));
    },
    listen(heard, rejoined) {
      hearing.on('ready', rejoined);
      const subscribe = (): void => {
        hearing.subscribe(channelName, message => heard(String(message))).catch(() => undefined);
      };
      // The client subscribes again by itself after it lost the connection, but only once it has had one.
      if (hearing.isReady) subscribe();
      else hearing.once('ready', subscribe);
    },
    async close() {
      commands.destroy();
      hearing.destroy();
    },
  };
}

/**
 * Opens a tier on a Redis server. A server that is down or goes down is tried again for ever, with growing pauses;
 * meanwhile every call rejects at once with CACHE_UNAVAILABLE. Invalidations reach other processes by publish/subscribe.
 * @throws OPTIONS_INVALID for a URL that is none.
 */
export async function redisTier(options: RedisTierOptions): Promise<CacheTier> {
  const redis = await loadClient();
  let commands: Connection;
  try {
    commands = connection(redis, options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GalerkinError('OPTIONS_INVALID', { of: 'redisTier', faults: [`url: ${reason}`] }, { cause });
  }
  const hearing = connection(redis, options);
  reportState(commands);
  hearing.on('error', () => undefined);
  await Promise.all([
    firstAttempt(commands, options.connectTimeoutMs),
    firstAttempt(hearing, options.connectTimeoutMs),
  ]);
  return taggedTier(redisStore(commands, hearing, `${options.prefix}:invalidations`), options);
}
