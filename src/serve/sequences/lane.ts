// The instances that a set of sequences is bound to: their slots, the requests that are ready, and the next execution out of these.
import type { FlushTimer } from '../batching/flush-timer.js';
import { Ring } from '../batching/ring.js';
import type { Pool, Source } from '../engine/pool.js';
import type { FlushReason } from '../statistics/executions.js';
import { chooseTurns } from './choose-turns.js';
import type { Sequence, SequenceLane, Turn } from './sequence.js';
import { SequenceBatch, type SequenceHost } from './sequence-batch.js';
import type { Slots } from './slots.js';

/** What a lane needs of its scheduler. */
export interface LaneHost extends SequenceHost {
  readonly isClosing: boolean;
  keyOf(turn: Turn): string;
  /** Lets go of requests whose time is over. */
  expireDue(nowMs: number): void;
  /** The request leaves its sequence's queue for an instance. */
  depart(turn: Turn): void;
}

export class Lane implements Source, SequenceLane {
  /** Set once the instances are open. */
  pool: Pool | undefined;
  readonly ready = new Set<Sequence>();
  /** Work that is not joined: members of failed batches, and guards on answers that are there. */
  private readonly alone = new Ring<Turn>();

  constructor(
    private readonly host: LaneHost,
    readonly slots: Slots,
    private readonly flush: FlushTimer,
  ) {}

  next(): SequenceBatch | undefined {
    const { host, ready } = this;
    for (let turn = this.alone.shift(); turn !== undefined; turn = this.alone.shift()) {
      if (turn.sequence === undefined && !turn.isWaiting) continue;
      if (turn.sequence === undefined) host.depart(turn);
      return this.batch([turn], 'single', false);
    }
    const ms = host.nowMs();
    host.expireDue(ms);
    if (ready.size === 0) return undefined;
    const { isClosing, plan } = host;
    const { sequences, why, waitMs } = chooseTurns(ready, plan.flush, { ms, isClosing, keyOf: this.keyOf });
    if (sequences.length === 0) {
      this.flush.arm(ms, waitMs);
      return undefined;
    }
    const turns: Turn[] = [];
    for (const sequence of sequences) {
      ready.delete(sequence);
      const turn = sequence.turns.first;
      if (turn === undefined) continue;
      host.depart(turn);
      turns.push(turn);
    }
    return this.batch(turns, why, plan.strategy === 'direct' && plan.isBatched);
  }

  /** Has the guard run on an answer that is there. */
  judge(turn: Turn): void {
    this.alone.push(turn);
    this.pool?.wake();
  }

  /** Ends the instances; what still waits fails. */
  async close(error: unknown): Promise<void> {
    this.flush.stop();
    this.ready.clear();
    for (let turn = this.alone.shift(); turn !== undefined; turn = this.alone.shift()) turn.fail(error);
    await this.pool?.close(0);
  }

  /** Joining may fail, for want of memory: its members fail then, and the next batch has its turn. */
  private batch(turns: readonly Turn[], why: FlushReason, isBySlot: boolean): SequenceBatch | undefined {
    try {
      return new SequenceBatch(this.host, { turns, why, isBySlot, tryAlone: this.tryAlone });
    } catch (error) {
      for (const turn of turns) this.host.fail(turn, error);
      return this.next();
    }
  }

  private readonly keyOf = (sequence: Sequence): string => {
    const turn = sequence.turns.first;
    return turn === undefined ? '' : this.host.keyOf(turn);
  };

  private readonly tryAlone = (turns: readonly Turn[]): void => {
    for (const turn of turns) this.alone.push(turn);
    this.pool?.wake();
  };
}
