// The queue of one model version: priority levels in strict order, in each the requests as they came and behind them the late ones.
import { GalerkinError } from '../../base/index.js';
import { LinkedList } from './linked-list.js';
import { type LevelPolicy, levelOf, type QueuePlan } from './queue-policy.js';
import type { Waiting } from './waiting.js';

/** Bounds of the whole queue, whatever the levels allow. */
export interface QueueBounds {
  readonly model: string;
  /** Requests. */
  readonly maxRequests: number;
  /** Bytes of their inputs. */
  readonly maxBytes: number;
}

export class RequestQueue {
  /** Two for each level: in time, then late. */
  private readonly lists: readonly LinkedList<Waiting>[];
  length = 0;
  bytes = 0;

  constructor(
    private readonly plan: QueuePlan,
    private readonly bounds: QueueBounds,
  ) {
    this.lists = Array.from({ length: 2 * plan.levels.length }, (_, rank) => new LinkedList<Waiting>(rank));
  }

  levelOf(priority: number): number {
    return levelOf(this.plan, priority);
  }

  policyOf(waiting: Waiting): LevelPolicy | undefined {
    return this.plan.levels[waiting.level];
  }

  /** What forbids one more request, if anything. */
  refusal(level: number, bytes: number): GalerkinError<'QUEUE_FULL'> | undefined {
    const { model, maxRequests, maxBytes } = this.bounds;
    const ofLevel = this.plan.levels[level]?.maxRequests ?? maxRequests;
    const inLevel = (this.lists[2 * level]?.length ?? 0) + (this.lists[2 * level + 1]?.length ?? 0);
    if (inLevel >= ofLevel) return new GalerkinError('QUEUE_FULL', { model, limit: ofLevel });
    if (this.length >= maxRequests) return new GalerkinError('QUEUE_FULL', { model, limit: maxRequests });
    // One request may always wait, however large: what may be sent at all is bounded at the door.
    if (this.length > 0 && this.bytes + bytes > maxBytes)
      return new GalerkinError('QUEUE_FULL', { model, limit: maxBytes, unit: 'bytes' });
    return undefined;
  }

  push(waiting: Waiting): void {
    this.lists[2 * waiting.level + (waiting.isLate ? 1 : 0)]?.push(waiting);
    this.length++;
    this.bytes += waiting.work.bytes;
  }

  remove(waiting: Waiting): void {
    if (waiting.list === undefined) return;
    waiting.list.remove(waiting);
    this.length--;
    this.bytes -= waiting.work.bytes;
  }

  /** The request that is served first. */
  first(): Waiting | undefined {
    return this.firstFrom(0);
  }

  /** The request served after `waiting`. */
  after(waiting: Waiting): Waiting | undefined {
    return waiting.next ?? (waiting.list === undefined ? undefined : this.firstFrom(waiting.list.rank + 1));
  }

  private firstFrom(rank: number): Waiting | undefined {
    for (let k = rank; k < this.lists.length; k++) {
      const first = this.lists[k]?.first;
      if (first !== undefined) return first;
    }
    return undefined;
  }
}
