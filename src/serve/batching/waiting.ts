// One request inside the scheduler: its work, its place in the queue, and the promise that it settles once.
import type { Computed } from '../backends/backend.js';
import type { Work } from '../engine/scheduler.js';
import type { Form } from './form.js';
import type { Linked, LinkedList } from './linked-list.js';

/** Who is told that a request was called off. */
export interface CancelTarget {
  cancel(waiting: Waiting): void;
}

export interface WaitingFacts {
  readonly work: Work;
  /** Only requests of one form can share a batch. */
  readonly form: Form;
  /** Priority level, from 0: the highest. */
  readonly level: number;
  readonly owner: CancelTarget;
  resolve(computed: Computed): void;
  reject(error: unknown): void;
}

/** It listens to its own abort signal, so that no closure is made for it. */
export class Waiting implements Linked<Waiting> {
  readonly work: Work;
  readonly form: Form;
  readonly level: number;
  /** When its time in the queue is over; Infinity: never. */
  deadlineMs = Number.POSITIVE_INFINITY;
  /** Its policy let its time pass: it now waits behind those whose time is not over. */
  isLate = false;
  isSettled = false;
  list: LinkedList<Waiting> | undefined;
  previous: Waiting | undefined;
  next: Waiting | undefined;
  /** Place in the heap of deadlines; -1 outside. */
  place = -1;
  /** Where order is preserved: what it will settle with, once its turn has come. */
  answer: Computed | undefined;
  error: { readonly cause: unknown } | undefined;
  private listensTo: AbortSignal | undefined;
  private readonly owner: CancelTarget;
  private readonly resolve: (computed: Computed) => void;
  private readonly reject: (error: unknown) => void;

  constructor({ work, form, level, owner, resolve, reject }: WaitingFacts) {
    this.work = work;
    this.form = form;
    this.level = level;
    this.owner = owner;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** From now on it leaves the queue when its client has gone. Looking at a signal makes it, so only who has to wait does. */
  listen(): void {
    const { signal } = this.work.terms;
    if (signal === undefined || this.isSettled) return;
    this.listensTo = signal;
    if (signal.aborted) this.owner.cancel(this);
    else signal.addEventListener('abort', this);
  }

  /** The signal of its client. */
  handleEvent(): void {
    this.owner.cancel(this);
  }

  succeed(computed: Computed): void {
    if (this.settle()) this.resolve(computed);
  }

  fail(error: unknown): void {
    if (this.settle()) this.reject(error);
  }

  private settle(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    this.listensTo?.removeEventListener('abort', this);
    return true;
  }
}
