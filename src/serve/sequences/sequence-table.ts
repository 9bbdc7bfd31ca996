// The sequences under way by id: who has a slot, who waits for one, and who has been silent for too long.
import type { Clock, Timers } from '../../base/index.js';
import type { SequenceTerms } from '../engine/terms.js';
import { Sequence, type SequenceLane, type Turn } from './sequence.js';

export interface SequenceTableOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly idleMs: number;
}

/** A text and a number that look alike are two sequences. */
const keyOf = ({ id, isText }: SequenceTerms): string => (isText ? `"${id}` : id);

export class SequenceTable {
  private readonly byKey = new Map<string, Sequence>();
  /** In the order in which they came to want a slot. */
  private readonly backlog = new Set<Sequence>();
  /** Open, and nothing of them waits or runs; the longest silent first. */
  private readonly silent = new Set<Sequence>();
  private disarm: (() => void) | undefined;

  constructor(
    private readonly lanes: readonly SequenceLane[],
    private readonly options: SequenceTableOptions,
  ) {}

  /** Sequences under way or waiting for a slot. */
  get size(): number {
    return this.byKey.size;
  }

  get waiting(): number {
    return this.backlog.size;
  }

  /** The sequence that a request belongs to; undefined for one that was not started. */
  find(terms: SequenceTerms): Sequence | undefined {
    const sequence = this.byKey.get(keyOf(terms));
    return terms.start || sequence?.isOpen === true ? sequence : undefined;
  }

  begin(terms: SequenceTerms): Sequence {
    const sequence = new Sequence(keyOf(terms));
    this.byKey.set(sequence.key, sequence);
    return sequence;
  }

  /** Gives the sequence a slot if one is free; otherwise it waits for one. True if it has one. */
  settle(sequence: Sequence): boolean {
    if (sequence.lane !== undefined) return true;
    // Who waits longer goes first.
    if (this.backlog.size > 0 && !this.backlog.has(sequence)) {
      this.backlog.add(sequence);
      return false;
    }
    let best: SequenceLane | undefined;
    for (const lane of this.lanes) {
      if (!lane.slots.isFull && (best === undefined || lane.slots.taken < best.slots.taken)) best = lane;
    }
    if (best === undefined) {
      this.backlog.add(sequence);
      return false;
    }
    this.backlog.delete(sequence);
    sequence.lane = best;
    sequence.place = best.slots.take();
    return true;
  }

  /** The slot is free for another one. @returns the sequence that has it now */
  leave(sequence: Sequence): Sequence | undefined {
    const { lane } = sequence;
    sequence.state = undefined;
    sequence.lane = undefined;
    if (lane === undefined) return undefined;
    lane.ready.delete(sequence);
    lane.slots.give(sequence.place);
    const [next] = this.backlog;
    if (next === undefined) return undefined;
    this.backlog.delete(next);
    next.lane = lane;
    next.place = lane.slots.take();
    return next;
  }

  forget(sequence: Sequence): void {
    this.backlog.delete(sequence);
    this.silent.delete(sequence);
    if (this.byKey.get(sequence.key) === sequence) this.byKey.delete(sequence.key);
  }

  speak(sequence: Sequence): void {
    this.silent.delete(sequence);
  }

  /** From now on it is silent; `end` is called if it stays so. */
  fallSilent(sequence: Sequence, end: (sequence: Sequence) => void): void {
    sequence.idleSinceMs = this.options.clock.monotonic();
    this.silent.add(sequence);
    this.watch(end);
  }

  /** Every request that waits, in no order; their sequences are not asked about them any more. */
  waitingTurns(): Turn[] {
    const all: Turn[] = [];
    for (const { turns } of this.byKey.values()) {
      for (let turn = turns.first; turn !== undefined; turn = turns.first) {
        turns.remove(turn);
        all.push(turn);
      }
    }
    return all;
  }

  stop(): void {
    this.disarm?.();
    this.disarm = undefined;
  }

  private watch(end: (sequence: Sequence) => void): void {
    const [longest] = this.silent;
    if (longest === undefined || this.disarm !== undefined) return;
    const { clock, timers, idleMs } = this.options;
    const leftMs = longest.idleSinceMs + idleMs - clock.monotonic();
    this.disarm = timers.after(leftMs, () => {
      this.disarm = undefined;
      const nowMs = clock.monotonic();
      for (const sequence of this.silent) {
        if (sequence.idleSinceMs + idleMs > nowMs) break;
        this.silent.delete(sequence);
        end(sequence);
      }
      this.watch(end);
    });
  }
}
