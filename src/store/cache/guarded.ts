// A tier that never fails and never takes longer than its bound: errors and slowness become misses, counted.
import type { Clock, Timers } from '../../base/index.js';
import { breaker } from './breaker.js';
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
export function guardedTier(tier: CacheTier, { timeoutMs, clock, timers }: GuardedOptions): GuardedTier {
  const counters = { hits: 0, misses: 0, sets: 0, errors: 0, timeouts: 0, skipped: 0 };
  const circuit = breaker({ ...breakerOptions, clock });
  /** Tags of which the server has not heard yet that they are invalid. */
  const untold = new Set<string>();
  let storing = 0;

  const fail = (): void => {
    counters.errors += 1;
    circuit.failed();
  };

  async function tell(tag: string): Promise<void> {
    untold.add(tag);
    try {
      await tier.invalidate(tag);
      untold.delete(tag);
      circuit.succeeded();
    } catch {
      fail();
    }
  }

  /** True if the tier may be asked about entries with these tags now. */
  function mayAsk(tags: readonly string[]): boolean {
    const isBehind = untold.size > 0 && tags.some(tag => untold.has(tag));
    if (!isBehind && circuit.allows()) return true;
    counters.skipped += 1;
    if (isBehind && circuit.allows()) for (const tag of tags) if (untold.has(tag)) void tell(tag);
    return false;
  }

  function bounded(asked: Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
    return new Promise(resolve => {
      let isOver = false;
      const callOff = timers.after(timeoutMs, () => {
        isOver = true;
        counters.timeouts += 1;
        circuit.failed();
        resolve(undefined);
      });
      const settle = (value: Uint8Array | undefined): void => {
        callOff();
        resolve(value);
      };
      asked.then(
        value => {
          if (isOver) return;
          circuit.succeeded();
          counters[value === undefined ? 'misses' : 'hits'] += 1;
          settle(value);
        },
        () => {
          if (isOver) return;
          fail();
          settle(undefined);
        },
      );
    });
  }

  return {
    name: tier.name,
    get: (key, tags) => (mayAsk(tags) ? bounded(tier.get(key, tags)) : undefined),
    set(key, bytes, terms) {
      if (storing >= maxStoring) counters.skipped += 1;
      if (storing >= maxStoring || !mayAsk(terms.tags)) return;
      storing += 1;
      const over = (): void => {
        storing -= 1;
      };
      const stored = (isStored: boolean): void => {
        if (!isStored) return;
        counters.sets += 1;
        circuit.succeeded();
      };
      tier.set(key, bytes, terms).then(stored, fail).then(over, over);
    },
    delete(key) {
      if (circuit.allows()) tier.delete(key).catch(fail);
    },
    invalidate: tell,
    onInvalidated: listener => tier.onInvalidated(listener),
    isUp: () => !circuit.isOpen,
    counters,
    close: () => tier.close(),
  };
}
