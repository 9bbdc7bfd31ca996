// The door of the engine: so many requests and bytes at once; who comes beyond waits his fair turn for a while, or is told when to come again.
import { type Clock, GalerkinError, type Timers } from '../../base/index.js';
import { fairQueue } from './fair-queue.js';
import type { ConcurrencyLimit } from './gradient-limit.js';

export interface AdmissionOptions {
  readonly limit: ConcurrencyLimit;
  /** Bytes of requests that may be in the server at once. One request is always let in, however large. */
  readonly budgetBytes: number;
  /** Requests that may wait at the door. */
  readonly maxWaiting: number;
  /** Longest wait at the door. */
  readonly maxWaitMs: number;
  readonly clock: Clock;
  readonly timers: Timers;
}

export interface Arrival {
  /** Who asks; '' is a tenant like any other. */
  readonly tenant: string;
  readonly bytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** What is to be called, once, when the request has left; `latencyMs` undefined if it was not answered and says nothing of speed. */
export type Leave = (latencyMs?: number) => void;

export interface AdmissionReport {
  readonly inFlight: number;
  readonly limit: number;
  readonly waiting: number;
  readonly bytes: number;
  readonly admitted: number;
  readonly refused: number;
}

export interface Admission {
  /**
   * Lets a request in: at once, without a promise, if there is room; else after its turn has come.
   * @throws OVERLOADED (also by rejection) if it cannot wait or has waited long enough; REQUEST_CANCELLED
   */
  enter(arrival: Arrival): Leave | Promise<Leave>;
  report(): AdmissionReport;
}

interface Waiting {
  readonly arrival: Arrival;
  readonly sinceMs: number;
  isOver: boolean;
  resolve(leave: Leave): void;
  reject(error: unknown): void;
}

const isWaiting = ({ isOver }: Waiting): boolean => !isOver;

/** A request costs its share of a turn, however small; large ones cost more. */
const costOf = ({ bytes }: Arrival): number => 1 + bytes / 65_536;

export const admission = (options: AdmissionOptions): Admission => new Door(options);

class Door implements Admission {
  private readonly queue = fairQueue<Waiting>();
  private inFlight = 0;
  private bytes = 0;
  private admitted = 0;
  private refused = 0;
  private cancelExpiry: (() => void) | undefined;
  /** How long one request takes of the door's time: for saying when to come again. */
  private meanLatencyMs = 10;

  constructor(private readonly options: AdmissionOptions) {}

  enter(arrival: Arrival): Leave | Promise<Leave> {
    if (this.queue.size === 0 && this.hasRoom(arrival)) return this.admit(arrival);
    const { maxWaiting, clock } = this.options;
    if (this.queue.size >= maxWaiting && !this.makeRoom(arrival)) throw this.refuse(`${maxWaiting} already wait`);
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { arrival, sinceMs: clock.monotonic(), isOver: false, resolve, reject };
      this.queue.push(arrival.tenant, waiting, costOf(arrival));
      arrival.signal?.addEventListener('abort', () => this.cancel(waiting), { once: true });
      this.watch();
    });
  }

  report(): AdmissionReport {
    const { inFlight, bytes, admitted, refused } = this;
    return { inFlight, bytes, admitted, refused, limit: this.options.limit.limit, waiting: this.queue.size };
  }

  private hasRoom({ bytes }: Arrival): boolean {
    if (this.inFlight === 0) return true;
    return this.inFlight < this.options.limit.limit && this.bytes + bytes <= this.options.budgetBytes;
  }

  private admit({ bytes }: Arrival): Leave {
    this.inFlight++;
    this.bytes += bytes;
    this.admitted++;
    let isIn = true;
    return latencyMs => {
      if (!isIn) return;
      isIn = false;
      if (latencyMs !== undefined) {
        this.options.limit.observe(latencyMs, this.inFlight);
        this.meanLatencyMs += 0.05 * (latencyMs - this.meanLatencyMs);
      }
      this.inFlight--;
      this.bytes -= bytes;
      this.letIn();
    };
  }

  /** Lets in who is next, as long as there is room. Nobody overtakes one whose bytes do not fit yet. */
  private letIn(): void {
    for (;;) {
      const next = this.queue.peek(isWaiting);
      if (next === undefined || !this.hasRoom(next.arrival)) return;
      this.queue.shift(isWaiting);
      next.isOver = true;
      next.resolve(this.admit(next.arrival));
    }
  }

  /** Who has most waiting gives way to who has less, so that one tenant cannot fill the door. */
  private makeRoom({ tenant }: Arrival): boolean {
    const longest = this.queue.longest();
    if (longest === undefined || this.queue.sizeOf(longest) <= this.queue.sizeOf(tenant) + 1) return false;
    const dropped = this.queue.dropNewest(longest);
    if (dropped === undefined) return false;
    dropped.isOver = true;
    dropped.reject(this.refuse('others wait for their share'));
    return true;
  }

  private cancel(waiting: Waiting): void {
    if (waiting.isOver) return;
    waiting.isOver = true;
    this.queue.prune(({ isOver }) => !isOver);
    waiting.reject(new GalerkinError('REQUEST_CANCELLED', { model: '' }));
  }

  /** One timer for all that wait: it looks a few times per longest wait. */
  private watch(): void {
    const { timers, maxWaitMs } = this.options;
    this.cancelExpiry ??= timers.after(maxWaitMs / 4, () => {
      this.cancelExpiry = undefined;
      this.expire();
      if (this.queue.size > 0) this.watch();
    });
  }

  private expire(): void {
    const { clock, maxWaitMs } = this.options;
    const oldestMs = clock.monotonic() - maxWaitMs;
    this.queue.prune(waiting => {
      if (!waiting.isOver && waiting.sinceMs > oldestMs) return true;
      if (!waiting.isOver) {
        waiting.isOver = true;
        waiting.reject(this.refuse(`no room within ${maxWaitMs} ms`));
      }
      return false;
    });
  }

  private refuse(why: string): GalerkinError<'OVERLOADED'> {
    this.refused++;
    const { limit } = this.options.limit;
    const retryAfterMs = Math.max(50, (this.meanLatencyMs * (this.queue.size + 1)) / Math.max(1, limit));
    return new GalerkinError('OVERLOADED', { what: why, retryAfterMs });
  }
}
