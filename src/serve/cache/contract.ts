// What a prediction cache takes, gives and counts.
import type { Clock, Timers } from '../../base/index.js';
import type { GuardedTier, MemorySize, MemoryTier, TierCounters } from '../../store/index.js';
import type { Answer, Question } from '../engine/question.js';
import type { AskedModel, CachedModel } from './cached-model.js';

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
