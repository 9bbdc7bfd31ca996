// One sequence: its requests in order, one of them at a time on an instance, and its state between them.
import type { Tensors } from '../backends/backend.js';
import { LinkedList } from '../batching/linked-list.js';
import { Waiting, type WaitingFacts } from '../batching/waiting.js';
import type { Pool } from '../engine/pool.js';
import type { Slots } from './slots.js';

/** The instances that a sequence runs on, as it sees them. */
export interface SequenceLane {
  /** Undefined until the instances are open. */
  readonly pool: Pool | undefined;
  readonly slots: Slots;
  /** Sequences whose next request could be sent, in the order in which they came to be so. */
  readonly ready: Set<Sequence>;
}

export class Sequence {
  /** Requests that wait; several lives of one id may follow each other in here. */
  readonly turns = new LinkedList<Turn>(0);
  /** What an instance has. */
  running: Turn | undefined;
  /** The last request that came does not end it: more may follow without a start. */
  isOpen = false;
  /** States after the last answer; undefined before the first. */
  state: Tensors | undefined;
  /** Where it runs; undefined while it waits for a slot. */
  lane: SequenceLane | undefined;
  /** Its slot there. */
  place = -1;
  /** Since when its next request could have been sent. */
  readyMs = 0;
  /** Since when nothing of it waits or runs. */
  idleSinceMs = 0;

  constructor(readonly key: string) {}
}

/** One request of a sequence. */
export class Turn extends Waiting {
  declare list: LinkedList<Turn> | undefined;
  declare previous: Turn | undefined;
  declare next: Turn | undefined;
  /** Undefined for work on an answer that is there already: only the guard runs. */
  readonly sequence: Sequence | undefined;
  readonly start: boolean;
  /** The model is told that the sequence ends. */
  readonly end: boolean;
  /** The sequence is over once this is: it ends itself, or the end that followed was called off. */
  closes: boolean;
  /** No instance has had it, and it was not called off. */
  isWaiting = true;

  constructor(facts: WaitingFacts, sequence: Sequence | undefined) {
    super(facts);
    const terms = facts.work.terms.sequence;
    this.sequence = sequence;
    this.start = terms?.start ?? false;
    this.end = terms?.end ?? false;
    this.closes = this.end;
  }

  get id(): string {
    return this.work.terms.sequence?.id ?? '';
  }
}
