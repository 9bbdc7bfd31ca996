// A tier that never fails and never takes longer than its bound: errors and slowness become misses, counted.
import type { Clock, Timers } from '../../base/index.js';
import { type Breaker, breaker } from './breaker.js';
import type { CacheTier, StoreTerms } from './tier.js';

export interface GuardedOptions {
  /** Longest wait for a value; then it is a miss. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** Counts since the start. */
export interface TierCounters {
  readonly hits: number;
  readonly misses: number;
  readonly sets: number;
  /** Calls that rejected. */
  readonly errors: number;
  /** Look-ups that took longer than the bound. */
  readonly timeouts: number;
  /** Look-ups and stores left out, because the tier was failing or too busy. */
  readonly skipped: number;
}

export interface GuardedTier {
  readonly name: string;
  /** Never rejects, and resolves within `timeoutMs`; undefined at once while the tier is left alone. */
  get(key: string, tags: readonly string[]): Promise<Uint8Array | undefined> | undefined;
  /** Stores in the background. */
  set(key: string, bytes: Uint8Array, terms: StoreTerms): void;
  delete(key: string): void;
  /** Resolves once tried. What the server could not be told is kept, and neither read nor written here until it knows. */
  invalidate(tag: string): Promise<void>;
  onInvalidated(listener: (tag: string) => void): () => void;
  /** False while it is left alone after failures. */
  isUp(): boolean;
  readonly counters: TierCounters;
  close(): Promise<void>;
}

/** Stores under way at once; beyond them, entries are left out. */
const maxStoring = 128;
const breakerOptions = { failures: 5, pauseMs: 1000, longestPauseMs: 30_000 } as const;

/** Guards `tier`. Owns it: `close` closes it. */
export const guardedTier = (tier: CacheTier, options: GuardedOptions): GuardedTier => new HarmlessTier(tier, options);

class HarmlessTier implements GuardedTier {
  readonly name: string;
  readonly counters = { hits: 0, misses: 0, sets: 0, errors: 0, timeouts: 0, skipped: 0 };
  private readonly circuit: Breaker;
  /** Tags of which the server has not heard yet that they are invalid. */
  private readonly untold = new Set<string>();
  private storing = 0;

  constructor(
    private readonly tier: CacheTier,
    private readonly options: GuardedOptions,
  ) {
    this.name = tier.name;
    this.circuit = breaker({ ...breakerOptions, clock: options.clock });
  }

  get(key: string, tags: readonly string[]): Promise<Uint8Array | undefined> | undefined {
    return this.mayAsk(tags) ? this.bounded(this.tier.get(key, tags)) : undefined;
  }

  set(key: string, bytes: Uint8Array, terms: StoreTerms): void {
    if (this.storing >= maxStoring) {
      this.counters.skipped += 1;
      return;
    }
    if (!this.mayAsk(terms.tags)) return;
    this.storing += 1;
    const over = (): void => {
      this.storing -= 1;
    };
    this.tier.set(key, bytes, terms).then(this.stored, this.failed).then(over, over);
  }

  delete(key: string): void {
    if (this.circuit.allows()) this.tier.delete(key).catch(this.failed);
  }

  async invalidate(tag: string): Promise<void> {
    this.untold.add(tag);
    try {
      await this.tier.invalidate(tag);
      this.untold.delete(tag);
      this.circuit.succeeded();
    } catch {
      this.failed();
    }
  }

  onInvalidated(listener: (tag: string) => void): () => void {
    return this.tier.onInvalidated(listener);
  }

  isUp(): boolean {
    return !this.circuit.isOpen;
  }

  close(): Promise<void> {
    return this.tier.close();
  }

  private readonly failed = (): void => {
    this.counters.errors += 1;
    this.circuit.failed();
  };

  private readonly stored = (isStored: boolean): void => {
    if (!isStored) return;
    this.counters.sets += 1;
    this.circuit.succeeded();
  };

  /** True if the tier may be asked about entries with these tags now. */
  private mayAsk(tags: readonly string[]): boolean {
    const isBehind = this.untold.size > 0 && tags.some(tag => this.untold.has(tag));
    const isAllowed = this.circuit.allows();
    if (isAllowed && !isBehind) return true;
    this.counters.skipped += 1;
    if (isAllowed) for (const tag of tags) if (this.untold.has(tag)) void this.invalidate(tag);
    return false;
  }

  /** What was asked, or nothing when the time is over. */
  private bounded(asked: Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
    const { timers, timeoutMs } = this.options;
    return new Promise(resolve => {
      let isOver = false;
      const callOff = timers.after(timeoutMs, () => {
        isOver = true;
        this.counters.timeouts += 1;
        this.circuit.failed();
        resolve(undefined);
      });
      const answered = (value: Uint8Array | undefined): void => {
        if (isOver) return;
        callOff();
        this.circuit.succeeded();
        this.counters[value === undefined ? 'misses' : 'hits'] += 1;
        resolve(value);
      };
      const refused = (): void => {
        if (isOver) return;
        callOff();
        this.failed();
        resolve(undefined);
      };
      asked.then(answered, refused);
    });
  }
}
