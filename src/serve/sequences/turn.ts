// One request of a sequence, and the sequence it belongs to.

import type { LinkedList } from '../batching/linked-list.js';
import { Waiting, type WaitingFacts } from '../batching/waiting.js';
import type { Sequence } from './sequence.js';

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
