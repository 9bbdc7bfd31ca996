// What all versions of all functions share: clock, cost model, cache, the lowering thread, and one queue for work in the background.
import type { Clock } from '../../base/index.js';
import type { CostModel } from './cost-model.js';
import type { LoweringThread } from './lowering-thread.js';
import type { Machine } from './machine.js';
import type { AdaptiveConfig } from './options.js';
import type { ProgramCache } from './program-cache.js';

/** Lets whatever waits on this thread go on: requests, timers, other calls. */
export const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

export interface Workshop {
  readonly clock: Clock;
  readonly config: AdaptiveConfig;
  readonly costs: CostModel;
  readonly cache: ProgramCache;
  readonly thread: LoweringThread;
  readonly machine: Machine;
  readonly background: Background;
}

/** Jobs one after another, each begun in a turn of its own; none of them may fail. */
export class Background {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isClosed = false;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  add(job: () => Promise<void>): void {
    this.#waiting += 1;
    this.#last = this.#last.then(async () => {
      await turn();
      if (!this.#isClosed) await job();
      this.#waiting -= 1;
    });
  }

  /** Resolves when nothing is under way, also not what finished jobs have begun. */
  async idle(): Promise<void> {
    while (this.#waiting > 0) await this.#last;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.idle();
  }
}

/** Adds up how long steps held this thread. */
export class Stopwatch {
  readonly #clock: Clock;
  #longestMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get longestMs(): number {
    return this.#longestMs;
  }

  /** Times a step that holds the thread throughout. */
  async step<T>(work: () => T | Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
    const start = this.#clock.monotonic();
    const result = await work();
    const ms = this.#clock.monotonic() - start;
    this.#longestMs = Math.max(this.#longestMs, ms);
    return { result, ms };
  }
}
