// Answers that were given before: looked up before the queue, computed once for all who ask at the same time, never stale after a rollout.
import {
  type Clock,
  GalerkinError,
  isGalerkinError,
  systemClock,
  systemTimers,
  type Timers,
} from '../../base/index.js';
import type { GuardedTier, MemorySize, MemoryTier, TierCounters } from '../../store/index.js';
import type { Answer, Question } from '../engine/question.js';
import type { AskedModel, CachedModel } from './cached-model.js';
import { questionKey } from './key.js';
import { seal, unseal } from './sealed.js';
import { type Rider, singleFlight } from './single-flight.js';
import { decodeAnswer, encodeAnswer, leastBytes } from './stored-answer.js';

export interface PredictionCacheOptions {
  readonly memory: MemoryTier;
  /** Shared by replicas: Redis or Memcached. */
  readonly second?: GuardedTier | undefined;
  /** Shared by replicas, so that values of the second tier cannot be forged there; '' finds damage only. */
  readonly secret?: string;
  /** Answers that are larger are not kept. */
  readonly maxEntryBytes: number;
  /** Requests that may wait for one computation; more compute for themselves. */
  readonly maxFollowers?: number;
  /** The running models, to follow what a model asks in turn; see `CachedModel.asks`. */
  readonly find?: ((asked: AskedModel) => CachedModel | undefined) | undefined;
  readonly clock?: Clock;
  readonly timers?: Timers;
}

/** An answer, and what the cache had to do with it. */
export interface FoundAnswer {
  /** Its buffers are its own: they may be written to, or moved to another thread. */
  readonly answer: Answer;
  /** True if this request computed nothing: found in a tier, or shared by an equal request in flight. */
  readonly hit: boolean;
  /** Time that the cache took: key, look-ups, decoding; of a miss also storing. Without the computation, one's own or another's. */
  readonly lookupMs: number;
}

/** Counts since the start. */
export interface CacheCounters {
  readonly hits: number;
  readonly misses: number;
  /** Of the hits: found in the second tier. */
  readonly secondHits: number;
  /** Of the hits: shared by an equal request in flight. */
  readonly coalesced: number;
  /** Values that could not be read or whose seal was wrong; each was a miss. */
  readonly unreadable: number;
}

export interface CacheReport extends CacheCounters, MemorySize {
  readonly second: (TierCounters & { readonly name: string; readonly isUp: boolean }) | undefined;
}

export interface PredictionCache {
  /** True if answers of this model to this question may be kept: neither stateful nor part of a sequence, and wanted. */
  takes(model: CachedModel, question: Question): boolean;
  /**
   * The answer from the cache, or from `compute`; ask `takes` first. An answer in memory costs one promise and no wait.
   * Errors are never kept. Rejects with what `compute` rejects with, with the reason of the request's signal, or with
   * INFERENCE_TIMEOUT if the request's own timeout passes while another computes the same.
   */
  answer(model: CachedModel, question: Question, compute: () => Promise<Answer>): Promise<FoundAnswer>;
  /** Frees what this process holds of a version that was unloaded; other replicas may still serve it. */
  release(model: CachedModel): void;
  /** Drops every answer of the model of that name, here, on the second tier and in other replicas; resolves once told. */
  invalidate(name: string): Promise<void>;
  report(): CacheReport;
  close(): Promise<void>;
}

/** What a leader has: the answer, its bytes if it was small enough, and whether it was computed. */
interface Led {
  readonly answer: Answer;
  readonly bytes: Uint8Array | undefined;
  readonly isComputed: boolean;
  readonly lookupMs: number;
}

const modelTag = (name: string): string => `model:${name}`;

/** The same question again would fail the same way: the client's fault, or the guard's refusal. Being too busy is neither. */
const isFinal = (error: unknown): boolean =>
  isGalerkinError(error) &&
  error.http >= 400 &&
  error.http < 500 &&
  error.http !== 408 &&
  error.http !== 429 &&
  error.http !== 499;

/** Opens a cache over its tiers, which it then owns. Cost of a hit in memory: the key's hash and one copy of the answer. */
export function predictionCache(options: PredictionCacheOptions): PredictionCache {
  const { memory, second, secret = '', maxEntryBytes, clock = systemClock, timers = systemTimers } = options;
  const counters = { hits: 0, misses: 0, secondHits: 0, coalesced: 0, unreadable: 0 };
  /** How often each model was invalidated: what was begun before is not kept after. */
  const epochs = new Map<string, number>();
  const epochOf = (name: string): number => epochs.get(name) ?? 0;
  const flights = singleFlight<Led, Uint8Array | undefined>({
    share: ({ answer, bytes }) => bytes ?? tryEncode(answer),
    isFinal,
    maxFollowers: options.maxFollowers ?? 10_000,
    maxFailures: 3,
  });

  function dropHere(tag: string): void {
    epochs.set(tag, epochOf(tag) + 1);
    memory.invalidate(tag);
  }
  const stopListening = second?.onInvalidated(dropHere);

  function tryEncode(answer: Answer): Uint8Array | undefined {
    try {
      return encodeAnswer(answer);
    } catch {
      return undefined;
    }
  }

  function fromMemory(key: string): Answer | undefined {
    const bytes = memory.get(key);
    if (bytes === undefined) return undefined;
    const answer = decodeAnswer(bytes);
    if (answer === undefined) {
      counters.unreadable += 1;
      memory.delete(key);
    }
    return answer;
  }

  async function fromSecond(
    key: string,
    tags: readonly string[],
  ): Promise<{ answer: Answer; bytes: Uint8Array } | undefined> {
    const sealed = await second?.get(key, tags);
    if (sealed === undefined) return undefined;
    const bytes = unseal(secret, key, sealed);
    const answer = bytes === undefined ? undefined : decodeAnswer(bytes);
    if (bytes !== undefined && answer !== undefined) return { answer, bytes };
    counters.unreadable += 1;
    second?.delete(key);
    return undefined;
  }

  /** Looks in the second tier, else computes; keeps what it got unless the model was invalidated meanwhile. */
  async function lead(key: string, model: CachedModel, compute: () => Promise<Answer>): Promise<Led> {
    const tag = modelTag(model.name);
    const epoch = epochOf(tag);
    const tags = [tag, model.identity];
    const startMs = clock.monotonic();
    const found = second === undefined ? undefined : await fromSecond(key, [tag]);
    if (found !== undefined) {
      if (epoch === epochOf(tag)) memory.set(key, found.bytes, { tags });
      counters.secondHits += 1;
      return { ...found, isComputed: false, lookupMs: clock.monotonic() - startMs };
    }
    counters.misses += 1;
    const askedMs = clock.monotonic();
    const answer = await compute();
    const computedMs = clock.monotonic();
    const isSmall = leastBytes(answer) <= maxEntryBytes;
    const bytes = isSmall ? tryEncode(answer) : undefined;
    if (bytes !== undefined && epoch === epochOf(tag)) {
      memory.set(key, bytes, { tags });
      second?.set(key, seal(secret, key, bytes), { tags: [tag] });
    }
    return { answer, bytes, isComputed: true, lookupMs: askedMs - startMs + (clock.monotonic() - computedMs) };
  }

  function deadlineOf(model: CachedModel, { terms: { timeoutUs } }: Question): Rider<Led>['deadline'] {
    if (timeoutUs === 0) return undefined;
    const limitMs = timeoutUs / 1000;
    return expired =>
      timers.after(limitMs, () => expired(new GalerkinError('INFERENCE_TIMEOUT', { model: model.name, limitMs })));
  }

  /** An ensemble remembers what its steps remember. */
  const remembers = ({ asks }: CachedModel): boolean =>
    asks.some(asked => options.find?.(asked)?.keeping === 'stateful');

  return {
    takes: (model, { terms }) =>
      model.keeping === 'kept' && terms.sequence === undefined && !(model.asks.length > 0 && remembers(model)),

    async answer(model, question, compute) {
      const startMs = clock.monotonic();
      const key = questionKey(model, question, options.find);
      const known = fromMemory(key);
      if (known !== undefined) {
        counters.hits += 1;
        return { answer: known, hit: true, lookupMs: clock.monotonic() - startMs };
      }
      const hashedMs = clock.monotonic() - startMs;
      // After an invalidation nobody joins a computation that began before it.
      const ride = await flights.ride(`${key} ${epochOf(modelTag(model.name))}`, {
        lead: () => lead(key, model, compute),
        signal: question.terms.signal,
        deadline: deadlineOf(model, question),
      });
      if (ride.kind === 'led') {
        const { answer, isComputed, lookupMs } = ride.value;
        if (!isComputed) counters.hits += 1;
        return { answer, hit: !isComputed, lookupMs: hashedMs + lookupMs };
      }
      const sharedMs = clock.monotonic();
      const shared = ride.value === undefined ? undefined : decodeAnswer(ride.value);
      if (shared === undefined) {
        counters.misses += 1;
        return { answer: await compute(), hit: false, lookupMs: hashedMs };
      }
      counters.hits += 1;
      counters.coalesced += 1;
      return { answer: shared, hit: true, lookupMs: hashedMs + clock.monotonic() - sharedMs };
    },

    release(model) {
      memory.invalidate(model.identity);
    },

    async invalidate(name) {
      dropHere(modelTag(name));
      await second?.invalidate(modelTag(name));
    },

    report() {
      const { size } = memory;
      const tier = second === undefined ? undefined : { name: second.name, isUp: second.isUp(), ...second.counters };
      return { ...counters, ...size, second: tier };
    },

    async close() {
      stopListening?.();
      memory.clear();
      await second?.close();
    },
  };
}
