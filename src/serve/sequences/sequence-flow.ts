// The life of sequences: from a start over requests that follow each other to an end, a silence, or a start that came to nothing.
import type { SequenceTerms } from '../engine/terms.js';
import type { Sequence, SequenceLane, Turn } from './sequence.js';
import type { SequenceTable } from './sequence-table.js';

export interface FlowHost {
  nowMs(): number;
  /** What this request belongs to was never started: it waits no more. */
  strand(turn: Turn): void;
  /** A request is ready there. */
  wake(lane: SequenceLane): void;
}

export class SequenceFlow {
  constructor(
    private readonly table: SequenceTable,
    private readonly host: FlowHost,
  ) {}

  isUnderWay(terms: SequenceTerms): boolean {
    return this.table.find(terms) !== undefined;
  }

  /** The sequence of a request that starts it or follows its start. */
  enter(terms: SequenceTerms): Sequence {
    const sequence = this.table.find(terms) ?? this.table.begin(terms);
    this.table.speak(sequence);
    sequence.isOpen = !terms.end;
    return sequence;
  }

  add(turn: Turn, sequence: Sequence): void {
    sequence.turns.push(turn);
    this.proceed(sequence);
  }

  /** An instance takes the request. */
  depart(turn: Turn, sequence: Sequence): void {
    sequence.turns.remove(turn);
    sequence.running = turn;
  }

  /** The instance is done with the request. A start that fails has begun nothing; any other leaves its sequence as it was. */
  arrive(turn: Turn, sequence: Sequence, hasFailed: boolean): void {
    sequence.running = undefined;
    if (hasFailed && turn.start) {
      this.abandon(sequence, sequence.turns.first);
      if (sequence.turns.first === undefined) turn.closes = true;
    }
    if (turn.closes) this.free(sequence);
    this.proceed(sequence);
  }

  /** Takes a waiting request out of its sequence, and what hangs on it: a start its followers, an end what it would have freed. */
  withdraw(turn: Turn, sequence: Sequence): void {
    const { previous, next } = turn;
    sequence.turns.remove(turn);
    if (turn.start) this.abandon(sequence, next);
    else if (turn.closes) {
      const before = previous ?? sequence.running;
      if (before === undefined) this.free(sequence);
      else before.closes = true;
    }
    if (sequence.turns.first === undefined) sequence.lane?.ready.delete(sequence);
    this.proceed(sequence);
  }

  /** Sends what comes next of a sequence on its way; lets go of one that is over. */
  private proceed(sequence: Sequence): void {
    if (sequence.running !== undefined) return;
    if (sequence.turns.first === undefined) {
      if (sequence.isOpen && sequence.lane !== undefined) {
        this.table.fallSilent(sequence, this.endSilent);
        return;
      }
      this.free(sequence);
      this.table.forget(sequence);
      return;
    }
    if (!this.table.settle(sequence) || sequence.lane === undefined) return;
    const { ready } = sequence.lane;
    if (!ready.has(sequence)) {
      sequence.readyMs = this.host.nowMs();
      ready.add(sequence);
    }
    this.host.wake(sequence.lane);
  }

  /** Gives the slot to whoever waits for one. */
  private free(sequence: Sequence): void {
    const next = this.table.leave(sequence);
    if (next !== undefined) this.proceed(next);
  }

  private readonly endSilent = (sequence: Sequence): void => {
    sequence.isOpen = false;
    this.proceed(sequence);
  };

  /** Lets go of the requests from `first` to the next start. */
  private abandon(sequence: Sequence, first: Turn | undefined): void {
    let turn = first;
    while (turn !== undefined && !turn.start) {
      const { next } = turn;
      sequence.turns.remove(turn);
      this.host.strand(turn);
      turn = next;
    }
    if (turn === undefined) sequence.isOpen = false;
  }
}
