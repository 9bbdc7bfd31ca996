// Which waiting requests make the next batch: Triton's algorithm, as published in its documentation and observed in its tests.
import type { FlushReason } from '../statistics/executions.js';
import { type Form, isSameForm } from './form.js';
import type { RequestQueue } from './request-queue.js';
import type { Waiting } from './waiting.js';

/** What a batch may be. The sizer of a model with a latency target moves these while it runs. */
export interface BatchLimits {
  /** Items; 0: requests are never joined. */
  maxItems: number;
  /** Sizes worth sending before the delay is over. */
  preferred: ReadonlySet<number>;
  /** The largest preferred size; `maxItems` where none is preferred. */
  maxPreferred: number;
  /** How long the oldest request may wait for company; 0: nobody waits. */
  delayMs: number;
  /** Requests of another form that are passed over, not to end the batch; 0: the first one ends it, as with Triton. */
  lookAhead: number;
}

/** The last choice; one record for all choices of a scheduler. */
export interface Choice {
  readonly members: Waiting[];
  items: number;
  why: FlushReason;
  /** When `members` is empty because it pays to wait: how long. Infinity: until something comes. */
  waitMs: number;
  oldestMs: number;
}

export const newChoice = (): Choice => ({
  members: [],
  items: 0,
  why: 'single',
  waitMs: Number.POSITIVE_INFINITY,
  oldestMs: 0,
});

/** How a walk over the queue ended, before time is looked at. */
interface Walk {
  /** Members and items of the largest preferred size on the way; 0: none. */
  best: number;
  bestItems: number;
  bestWhy: FlushReason;
  /** Why the batch cannot grow, if it cannot. */
  ended: FlushReason | undefined;
}

const cannotJoin = (waiting: Waiting): boolean => waiting.work.outputs !== undefined;

function walkQueue(queue: RequestQueue, limits: BatchLimits, choice: Choice, from: Waiting): Walk {
  const { members } = choice;
  const { maxItems, preferred, maxPreferred } = limits;
  const walk: Walk = { best: 0, bestItems: 0, bestWhy: 'preferred', ended: undefined };
  let passed = 0;
  for (let each: Waiting | undefined = from; each !== undefined; each = queue.after(each)) {
    const { items, times } = each.work;
    const [head] = members;
    if (head !== undefined) {
      const grown = choice.items + items;
      if (grown > maxPreferred && walk.best === 0) {
        walk.best = members.length;
        walk.bestItems = choice.items;
        walk.bestWhy = 'full';
      }
      if (grown > maxItems) {
        walk.ended = 'full';
        break;
      }
      if (cannotJoin(each) || !isSameForm(head.form, each.form)) {
        if (passed++ < limits.lookAhead) continue;
        walk.ended = 'shape';
        break;
      }
    }
    members.push(each);
    choice.items += items;
    if (times.queuedMs < choice.oldestMs) choice.oldestMs = times.queuedMs;
    if (maxItems === 0 || cannotJoin(each)) {
      walk.ended = 'single';
      break;
    }
    if (!preferred.has(choice.items)) continue;
    walk.best = members.length;
    walk.bestItems = choice.items;
    walk.bestWhy = choice.items === maxItems ? 'full' : 'preferred';
  }
  return walk;
}

interface Moment {
  readonly ms: number;
  /** Nobody will join any more: nothing waits. */
  readonly isClosing: boolean;
}

/** Makes the batch whose first member is `head`, or says how long it pays to wait for a larger one. */
function tryHead(queue: RequestQueue, limits: BatchLimits, choice: Choice, head: Waiting, now: Moment): void {
  choice.members.length = 0;
  choice.items = 0;
  choice.oldestMs = Number.POSITIVE_INFINITY;
  const { best, bestItems, bestWhy, ended } = walkQueue(queue, limits, choice, head);
  const ageMs = now.ms - choice.oldestMs;
  const isOver = limits.delayMs > 0 && ageMs >= limits.delayMs;
  if (ended === 'single') choice.why = 'single';
  else if (best > 0 && !isOver) {
    choice.members.length = best;
    choice.items = bestItems;
    choice.why = bestWhy;
  } else if (ended !== undefined) choice.why = ended;
  else if (isOver) choice.why = 'delay';
  else if (choice.items >= limits.maxPreferred) choice.why = 'full';
  else if (now.isClosing) choice.why = 'close';
  else if (limits.delayMs === 0) choice.why = 'no-delay';
  else {
    choice.waitMs = Math.min(choice.waitMs, limits.delayMs - ageMs);
    choice.members.length = 0;
    choice.items = 0;
  }
}

/** The first request of a form that is not among `tried`, near the front of the queue. */
function otherHead(queue: RequestQueue, limits: BatchLimits, tried: readonly Form[]): Waiting | undefined {
  let steps = 0;
  for (let each = queue.first(); each !== undefined && steps++ < limits.lookAhead; each = queue.after(each)) {
    const { form } = each;
    if (!tried.some(other => isSameForm(other, form))) return each;
  }
  return undefined;
}

/**
 * Chooses the members of the next batch, and does not take them out of the queue. They are the first requests that fit
 * together. The largest preferred size among them is sent at once; a batch that cannot grow is sent at once; one that
 * can is sent when its oldest request has waited `delayMs`, and otherwise nothing is, and `waitMs` says how long it pays
 * to wait. With `lookAhead`, a batch of another form need not wait behind one that does.
 */
export function chooseBatch(queue: RequestQueue, limits: BatchLimits, choice: Choice, now: Moment): void {
  choice.members.length = 0;
  choice.waitMs = Number.POSITIVE_INFINITY;
  const first = queue.first();
  if (first === undefined) return;
  tryHead(queue, limits, choice, first, now);
  if (limits.lookAhead === 0) return;
  const tried: Form[] = [first.form];
  while (choice.members.length === 0) {
    const head = otherHead(queue, limits, tried);
    if (head === undefined) return;
    tried.push(head.form);
    tryHead(queue, limits, choice, head, now);
  }
}
