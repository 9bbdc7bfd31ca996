// From options to a cache with its tiers.
import { type Clock, GalerkinError, type Timers } from '../../base/index.js';
import {
  type CacheTier,
  compressedTier,
  type GuardedTier,
  guardedTier,
  memcachedTier,
  memoryTier,
  redisTier,
} from '../../store/index.js';
import type { FindModel } from './key.js';
import { type PredictionCache, predictionCache } from './prediction-cache.js';

/** The resolved options of ./options.ts. */
export interface CacheConfig {
  readonly cacheBudgetBytes: number;
  readonly cacheTtlMs: number;
  readonly cacheUrl: string;
  readonly cachePrefix: string;
  readonly cacheSecret: string;
  readonly cacheSecondTtlMs: number;
  readonly cacheTimeoutMs: number;
  readonly cacheCompression: 'off' | 'on';
}

export interface CacheSurroundings {
  readonly clock: Clock;
  readonly timers: Timers;
  /** The running models, by name and version. */
  readonly find?: FindModel | undefined;
}

/** The start waits no longer than this for the second tier. */
const connectTimeoutMs = 1000;
/** A Memcached connection without any reply for this long is opened anew. */
const replyTimeoutMs = 1000;
/** Smaller values cost more time to compress than they save on any network. */
const compressFromBytes = 16 * 1024;
const memcachedPort = 11_211;
/** Values on a server that are larger take longer to fetch than most models to compute. */
const maxValueBytes = 64 * 2 ** 20;
/** Room for keys, tags and seals in front of values. */
const plainPrefix = /^[A-Za-z0-9_.-]{1,64}$/;

const refused = (fault: string): GalerkinError =>
  new GalerkinError('OPTIONS_INVALID', { of: 'the prediction cache', faults: [fault] });

function urlOf(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    throw refused(`cacheUrl: wanted redis://host:port or memcached://host:port, got no URL (${String(cause)})`);
  }
}

async function openTier(config: CacheConfig, timers: Timers): Promise<CacheTier> {
  const url = urlOf(config.cacheUrl);
  if (!plainPrefix.test(config.cachePrefix)) throw refused('cachePrefix: wanted 1 to 64 of [A-Za-z0-9_.-]');
  const terms = { prefix: config.cachePrefix, ttlMs: config.cacheSecondTtlMs, maxValueBytes, connectTimeoutMs };
  switch (url.protocol) {
    case 'redis:':
    case 'rediss:':
      return redisTier({ url: config.cacheUrl, ...terms });
    case 'memcached:': {
      const port = url.port === '' ? memcachedPort : Number(url.port);
      const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
      return memcachedTier({ host, port, replyTimeoutMs, timers, ...terms });
    }
    default:
      throw refused(`cacheUrl: wanted redis:, rediss: or memcached:, got '${url.protocol}'`);
  }
}

async function openSecond(config: CacheConfig, { clock, timers }: CacheSurroundings): Promise<GuardedTier | undefined> {
  if (config.cacheUrl === '') return undefined;
  const tier = await openTier(config, timers);
  // Always through the compressing tier, so that replicas with and without compression read each other's values.
  const fromBytes = config.cacheCompression === 'on' ? compressFromBytes : Number.POSITIVE_INFINITY;
  const shaped = compressedTier(tier, { fromBytes, maxValueBytes });
  return guardedTier(shaped, { timeoutMs: config.cacheTimeoutMs, clock, timers });
}

/**
 * Opens the cache that the options ask for; undefined if they ask for none. Waits at most a second for the second tier, which may be
 * down: the cache works without it and takes it up when it is there.
 * @throws OPTIONS_INVALID for a URL or prefix that cannot be used.
 */
export async function openCache(
  config: CacheConfig,
  surroundings: CacheSurroundings,
): Promise<PredictionCache | undefined> {
  const { cacheBudgetBytes: budgetBytes, cacheTtlMs: ttlMs, cacheSecret: secret } = config;
  if (budgetBytes === 0) return undefined;
  const { clock, timers, find } = surroundings;
  const maxEntryBytes = Math.floor(budgetBytes / 16);
  const memory = memoryTier({ budgetBytes, maxEntryBytes, ttlMs, clock });
  const second = await openSecond(config, surroundings);
  return predictionCache({ memory, second, secret, maxEntryBytes, find, clock, timers });
}
