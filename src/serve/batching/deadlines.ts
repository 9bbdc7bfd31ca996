// The deadlines of all waiting requests behind one timer: a binary heap from which any request can be taken out.
import type { Clock, Timers } from '../../base/index.js';
import type { Waiting } from './waiting.js';

export interface DeadlinesOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /** The time of this request is over; it is in the heap no more. */
  expire(waiting: Waiting): void;
}

/** A request that leaves before its deadline costs no timer of its own, and none is called off. */
export class Deadlines {
  private readonly heap: Waiting[] = [];
  private armedMs = Number.POSITIVE_INFINITY;
  private disarm: (() => void) | undefined;

  constructor(private readonly options: DeadlinesOptions) {}

  /** Watches `waiting.deadlineMs`. O(log n), O(1) where deadlines come in order. */
  add(waiting: Waiting): void {
    if (waiting.deadlineMs === Number.POSITIVE_INFINITY) return;
    this.heap.push(waiting);
    this.rise(waiting, this.heap.length - 1);
    this.arm();
  }

  /** Does nothing for a request that is not watched. */
  remove(waiting: Waiting): void {
    const { place } = waiting;
    if (place < 0) return;
    waiting.place = -1;
    const last = this.heap.pop();
    if (last === undefined || last === waiting) return;
    const parent = this.heap[(place - 1) >> 1];
    if (place > 0 && parent !== undefined && last.deadlineMs < parent.deadlineMs) this.rise(last, place);
    else this.sink(last, place);
  }

  private rise(waiting: Waiting, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.heap[above];
      if (parent === undefined || parent.deadlineMs <= waiting.deadlineMs) break;
      this.put(parent, place);
      place = above;
    }
    this.put(waiting, place);
  }

  private sink(waiting: Waiting, from: number): void {
    let place = from;
    for (;;) {
      let below = 2 * place + 1;
      let child = this.heap[below];
      const other = this.heap[below + 1];
      if (child !== undefined && other !== undefined && other.deadlineMs < child.deadlineMs) {
        child = other;
        below++;
      }
      if (child === undefined || child.deadlineMs >= waiting.deadlineMs) break;
      this.put(child, place);
      place = below;
    }
    this.put(waiting, place);
  }

  private put(waiting: Waiting, place: number): void {
    this.heap[place] = waiting;
    waiting.place = place;
  }

  /** The timer is moved only forward in time: one that fires too early looks and is set again. */
  private arm(): void {
    const [first] = this.heap;
    if (first === undefined || first.deadlineMs >= this.armedMs) return;
    this.disarm?.();
    this.armedMs = first.deadlineMs;
    this.disarm = this.options.timers.after(first.deadlineMs - this.options.clock.monotonic(), this.onTimer);
  }

  private readonly onTimer = (): void => {
    this.armedMs = Number.POSITIVE_INFINITY;
    this.expireDue(this.options.clock.monotonic());
    this.arm();
  };

  /** Expires what is due; timers of a busy process may come late. */
  expireDue(nowMs: number): void {
    for (let first = this.heap[0]; first !== undefined && first.deadlineMs <= nowMs; first = this.heap[0]) {
      this.remove(first);
      this.options.expire(first);
    }
  }

  /** Calls the timer off; what is still watched does not expire any more. */
  stop(): void {
    this.disarm?.();
  }
}
