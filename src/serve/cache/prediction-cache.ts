// Answers that were given before: looked up before the queue, computed once for all who ask at the same time, never stale after a rollout.
import {
  type Clock,
  GalerkinError,
  isGalerkinError,
  systemClock,
  systemTimers,
  type Timers,
} from '../../base/index.js';
import type { GuardedTier, MemoryTier } from '../../store/index.js';
import type { Answer, Question } from '../engine/question.js';
import type { CachedModel } from './cached-model.js';
import type { CacheReport, FoundAnswer, PredictionCache, PredictionCacheOptions } from './contract.js';
import { questionKey } from './key.js';
import { seal, unseal } from './sealed.js';
import { type Rider, type SingleFlight, singleFlight } from './single-flight.js';
import { decodeAnswer, encodeAnswer, leastBytes } from './stored-answer.js';

export type { CacheReport, FoundAnswer, PredictionCache, PredictionCacheOptions } from './contract.js';

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

const tryEncode = (answer: Answer): Uint8Array | undefined => {
  try {
    return encodeAnswer(answer);
  } catch {
    return undefined;
  }
};

/** Opens a cache over its tiers, which it then owns. Cost of a hit in memory: the key's hash and one copy of the answer. */
export const predictionCache = (options: PredictionCacheOptions): PredictionCache => new TieredCache(options);

class TieredCache implements PredictionCache {
  private readonly counters = { hits: 0, misses: 0, secondHits: 0, coalesced: 0, unreadable: 0 };
  /** How often each model was invalidated, by its tag: what was begun before is not kept after. */
  private readonly epochs = new Map<string, number>();
  private readonly memory: MemoryTier;
  private readonly second: GuardedTier | undefined;
  private readonly secret: string;
  private readonly clock: Clock;
  private readonly timers: Timers;
  private readonly flights: SingleFlight<Led, Uint8Array | undefined>;
  private readonly stopListening: (() => void) | undefined;

  constructor(private readonly options: PredictionCacheOptions) {
    this.memory = options.memory;
    this.second = options.second;
    this.secret = options.secret ?? '';
    this.clock = options.clock ?? systemClock;
    this.timers = options.timers ?? systemTimers;
    this.stopListening = this.second?.onInvalidated(tag => this.dropHere(tag));
    this.flights = singleFlight({
      share: ({ answer, bytes }) => bytes ?? tryEncode(answer),
      isFinal,
      maxFollowers: options.maxFollowers ?? 10_000,
      maxFailures: 3,
    });
  }

  takes(model: CachedModel, { terms }: Question): boolean {
    if (model.keeping !== 'kept' || terms.sequence !== undefined) return false;
    // An ensemble remembers what its steps remember.
    return model.asks.length === 0 || !model.asks.some(asked => this.options.find?.(asked)?.keeping === 'stateful');
  }

  async answer(model: CachedModel, question: Question, compute: () => Promise<Answer>): Promise<FoundAnswer> {
    const startMs = this.clock.monotonic();
    const key = questionKey(model, question, this.options.find);
    const known = this.fromMemory(key);
    const keyMs = this.clock.monotonic() - startMs;
    if (known !== undefined) {
      this.counters.hits += 1;
      return { answer: known, hit: true, lookupMs: keyMs };
    }
    // After an invalidation nobody joins a computation that began before it.
    const ride = await this.flights.ride(`${key} ${this.epochOf(modelTag(model.name))}`, {
      lead: () => this.lead(key, model, compute),
      // Looked at only by who has to wait: a signal is made by its first look.
      get signal() {
        return question.terms.signal;
      },
      deadline: this.deadlineOf(model, question),
    });
    if (ride.kind === 'shared') return this.follow(ride.value, compute, keyMs);
    const { answer, isComputed, lookupMs } = ride.value;
    if (!isComputed) this.counters.hits += 1;
    return { answer, hit: !isComputed, lookupMs: keyMs + lookupMs };
  }

  release(model: CachedModel): void {
    this.memory.invalidate(model.identity);
  }

  async invalidate(name: string): Promise<void> {
    this.dropHere(modelTag(name));
    await this.second?.invalidate(modelTag(name));
  }

  report(): CacheReport {
    const { second } = this;
    const tier = second === undefined ? undefined : { name: second.name, isUp: second.isUp(), ...second.counters };
    return { ...this.counters, ...this.memory.size, second: tier };
  }

  async close(): Promise<void> {
    this.stopListening?.();
    this.memory.clear();
    await this.second?.close();
  }

  private epochOf(tag: string): number {
    return this.epochs.get(tag) ?? 0;
  }

  private dropHere(tag: string): void {
    this.epochs.set(tag, this.epochOf(tag) + 1);
    this.memory.invalidate(tag);
  }

  private fromMemory(key: string): Answer | undefined {
    const bytes = this.memory.get(key);
    if (bytes === undefined) return undefined;
    const answer = decodeAnswer(bytes);
    if (answer === undefined) {
      this.counters.unreadable += 1;
      this.memory.delete(key);
    }
    return answer;
  }

  private async fromSecond(key: string, tags: readonly string[]): Promise<Omit<Led, 'lookupMs'> | undefined> {
    const sealed = await this.second?.get(key, tags);
    if (sealed === undefined) return undefined;
    const bytes = unseal(this.secret, key, sealed);
    const answer = bytes === undefined ? undefined : decodeAnswer(bytes);
    if (answer !== undefined) return { answer, bytes, isComputed: false };
    this.counters.unreadable += 1;
    this.second?.delete(key);
    return undefined;
  }

  /** Looks in the second tier, else computes; keeps what it got unless the model was invalidated meanwhile. */
  private async lead(key: string, model: CachedModel, compute: () => Promise<Answer>): Promise<Led> {
    const tag = modelTag(model.name);
    const startMs = this.clock.monotonic();
    const epoch = this.epochOf(tag);
    const found = this.second === undefined ? undefined : await this.fromSecond(key, [tag]);
    if (found !== undefined) {
      this.counters.secondHits += 1;
      if (found.bytes !== undefined && epoch === this.epochOf(tag)) this.keep(key, found.bytes, model);
      return { ...found, lookupMs: this.clock.monotonic() - startMs };
    }
    this.counters.misses += 1;
    // Taken anew: the look-up itself may have brought the news of an invalidation.
    const computingEpoch = this.epochOf(tag);
    const askedMs = this.clock.monotonic();
    const answer = await compute();
    const computedMs = this.clock.monotonic();
    const bytes = leastBytes(answer) <= this.options.maxEntryBytes ? tryEncode(answer) : undefined;
    if (bytes !== undefined && computingEpoch === this.epochOf(tag)) {
      this.keep(key, bytes, model);
      this.second?.set(key, seal(this.secret, key, bytes), { tags: [tag] });
    }
    return { answer, bytes, isComputed: true, lookupMs: askedMs - startMs + (this.clock.monotonic() - computedMs) };
  }

  private keep(key: string, bytes: Uint8Array, model: CachedModel): void {
    this.memory.set(key, bytes, { tags: [modelTag(model.name), model.identity] });
  }

  /** An answer of one's own from what the leader shared; what could not be shared is computed. */
  private async follow(
    shared: Uint8Array | undefined,
    compute: () => Promise<Answer>,
    keyMs: number,
  ): Promise<FoundAnswer> {
    const startMs = this.clock.monotonic();
    const answer = shared === undefined ? undefined : decodeAnswer(shared);
    if (answer === undefined) {
      this.counters.misses += 1;
      return { answer: await compute(), hit: false, lookupMs: keyMs };
    }
    this.counters.hits += 1;
    this.counters.coalesced += 1;
    return { answer, hit: true, lookupMs: keyMs + this.clock.monotonic() - startMs };
  }

  private deadlineOf(model: CachedModel, { terms: { timeoutUs } }: Question): Rider<Led>['deadline'] {
    if (timeoutUs === 0) return undefined;
    const limitMs = timeoutUs / 1000;
    return expired =>
      this.timers.after(limitMs, () => expired(new GalerkinError('INFERENCE_TIMEOUT', { model: model.name, limitMs })));
  }
}
