// The scheduler of one model version: requests wait in its queue, and free instances pull the next batch out of it.
import { GalerkinError } from '../../base/index.js';
import type { Computed, Tensors } from '../backends/backend.js';
import type { Pool, Source } from '../engine/pool.js';
import type { Scheduler, Work } from '../engine/scheduler.js';
import type { ExecutedBatch, FlushReason } from '../statistics/executions.js';
import { Batch, type BatchHost } from './batch.js';
import { type BatchingReport, BatchTally } from './batch-tally.js';
import type { BatchingPlan } from './batching-plan.js';
import { BufferShelf } from './buffer-shelf.js';
import { chooseBatch, newChoice } from './choose-batch.js';
import { Deadlines } from './deadlines.js';
import { type Delivery, directDelivery, OrderedDelivery } from './delivery.js';
import { FlushTimer } from './flush-timer.js';
import { type Form, formReader } from './form.js';
import { HoldBack } from './hold-back.js';
import type { JoinParts } from './join.js';
import type { SchedulerParts } from './parts.js';
import { waitLimitMs } from './queue-policy.js';
import { RequestQueue } from './request-queue.js';
import { Ring } from './ring.js';
import { type CancelTarget, Waiting } from './waiting.js';

/** A scheduler that says what it did. */
export interface BatchingScheduler extends Scheduler {
  report(): BatchingReport;
}

/** Opens the instances that will pull from a new scheduler. @throws what opening them throws. */
export async function openBatcher(plan: BatchingPlan, parts: SchedulerParts): Promise<BatchingScheduler> {
  const batcher = new Batcher(plan, parts);
  await batcher.open();
  return batcher;
}

class Batcher implements BatchingScheduler, Source, BatchHost, CancelTarget {
  readonly joining: JoinParts;
  private readonly queue: RequestQueue;
  /** Members of failed batches, to be tried alone; they go first. */
  private readonly alone = new Ring<Waiting>();
  private readonly deadlines: Deadlines;
  private readonly flush: FlushTimer;
  private readonly holdBack: HoldBack;
  private readonly delivery: Delivery;
  private readonly tally: BatchTally;
  private readonly readForm: (inputs: Tensors) => Form;
  private readonly maxWaitMs: number;
  private readonly choice = newChoice();
  private readonly now = { ms: 0, isClosing: false };
  private pool: Pool | undefined;

  constructor(
    private readonly plan: BatchingPlan,
    private readonly parts: SchedulerParts,
  ) {
    const { served, clock, timers, maxQueue, maxQueueBytes = Number.POSITIVE_INFINITY } = parts;
    this.joining = { served, plan: plan.buckets, shelf: new BufferShelf() };
    this.queue = new RequestQueue(plan.queue, { model: served.name, maxRequests: maxQueue, maxBytes: maxQueueBytes });
    this.deadlines = new Deadlines({ clock, timers, expire: waiting => this.expire(waiting) });
    this.flush = new FlushTimer(clock, timers, () => this.pool?.wake());
    const { instances = Number.POSITIVE_INFINITY } = parts;
    this.holdBack = new HoldBack({ instances, holdsFull: plan.sizer !== undefined });
    this.delivery = plan.preservesOrder ? new OrderedDelivery() : directDelivery;
    this.tally = new BatchTally(plan);
    this.readForm = formReader(served, plan.buckets);
    this.maxWaitMs = parts.maxWaitMs ?? Number.POSITIVE_INFINITY;
  }

  async open(): Promise<void> {
    this.pool = await this.parts.openPool(this);
    this.pool.wake();
  }

  get pending(): number {
    return this.queue.length + this.alone.length;
  }

  isReady(): boolean {
    return !this.now.isClosing && this.pool?.isReady() === true;
  }

  report(): BatchingReport {
    return this.tally.report();
  }

  nowMs(): number {
    return this.parts.clock.monotonic();
  }

  run(work: Work): Promise<Computed> {
    const { queue, pool } = this;
    if (this.now.isClosing || pool === undefined) return Promise.reject(this.stopping());
    const level = queue.levelOf(work.terms.priority);
    const refusal = queue.refusal(level, work.bytes);
    // What an instance takes at once does not wait: a queue of no places still lets it through.
    if (refusal !== undefined && (this.pending > 0 || pool.free === 0)) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const waiting = new Waiting({ work, form: this.readForm(work.inputs), level, owner: this, resolve, reject });
      this.admit(waiting);
      pool.wake();
      if (waiting.list !== undefined) waiting.listen();
    });
  }

  private admit(waiting: Waiting): void {
    const { work } = waiting;
    const policy = this.queue.policyOf(waiting);
    const limitMs = policy === undefined ? this.maxWaitMs : waitLimitMs(policy, work.terms.timeoutUs);
    waiting.deadlineMs = work.times.queuedMs + Math.min(limitMs, this.maxWaitMs);
    this.delivery.expect(waiting);
    this.queue.push(waiting);
    this.deadlines.add(waiting);
  }

  next(): Batch | undefined {
    for (let again = this.alone.shift(); again !== undefined; again = this.alone.shift()) {
      if (again.isSettled) continue;
      return this.form([again], again.work.items, 'single');
    }
    const { queue, choice, deadlines, now } = this;
    if (queue.length === 0) return undefined;
    now.ms = this.nowMs();
    deadlines.expireDue(now.ms);
    chooseBatch(queue, this.plan.limits, choice, now);
    const { members, items, why, waitMs } = choice;
    if (members.length === 0) {
      this.flush.arm(now.ms, waitMs);
      return undefined;
    }
    if (!now.isClosing && this.holdBack.holds(choice)) return undefined;
    for (const member of members) {
      queue.remove(member);
      deadlines.remove(member);
    }
    const taken = members.slice();
    members.length = 0;
    return this.form(taken, items, why);
  }

  /** Joining may fail, for want of memory: its members fail then, and the next batch has its turn. */
  private form(members: readonly Waiting[], items: number, why: FlushReason): Batch | undefined {
    try {
      const batch = new Batch(this, { members, items, why });
      this.holdBack.began();
      return batch;
    } catch (error) {
      for (const member of members) this.fail(member, error);
      return this.next();
    }
  }

  ended(): void {
    this.holdBack.ended();
    if (this.holdBack.isHolding) this.pool?.wake();
  }

  succeed(waiting: Waiting, computed: Computed): void {
    this.delivery.succeed(waiting, computed);
  }

  fail(waiting: Waiting, error: unknown): void {
    this.delivery.fail(waiting, error);
  }

  tryAlone(members: readonly Waiting[]): void {
    this.tally.failedTogether(members.length);
    for (const member of members) this.alone.push(member);
    // The pool asks for more before it tells of an answer that does not fall apart into its items.
    this.pool?.wake();
  }

  executed(batch: ExecutedBatch, members: readonly Waiting[]): void {
    this.parts.statistics.execute(batch);
    this.holdBack.measured(batch.inferMs);
    this.tally.executed(batch, members);
  }

  /** Its client has gone. In the queue its place is free at once; an instance that has begun goes on, for nobody. */
  cancel(waiting: Waiting): void {
    this.leave(waiting);
    this.delivery.drop(waiting, this.cancelled());
  }

  /** Its time in the queue is over, or it has waited longer than the server allows. */
  private expire(waiting: Waiting): void {
    const { queuedMs } = waiting.work.times;
    const lastMs = queuedMs + this.maxWaitMs;
    const isLate = this.queue.policyOf(waiting)?.action === 'DELAY' && waiting.deadlineMs < lastMs;
    this.leave(waiting);
    if (isLate) {
      waiting.isLate = true;
      waiting.deadlineMs = lastMs;
      this.queue.push(waiting);
      this.deadlines.add(waiting);
      return;
    }
    const { name } = this.parts.served;
    this.delivery.drop(waiting, new GalerkinError('QUEUE_TIMEOUT', { model: name, waitedMs: this.nowMs() - queuedMs }));
  }

  private leave(waiting: Waiting): void {
    this.queue.remove(waiting);
    this.deadlines.remove(waiting);
  }

  async close(drainTimeoutMs: number): Promise<void> {
    this.now.isClosing = true;
    await this.pool?.close(drainTimeoutMs);
    this.flush.stop();
    this.deadlines.stop();
    for (let left = this.alone.shift(); left !== undefined; left = this.alone.shift()) left.fail(this.stopping());
    for (let left = this.queue.first(); left !== undefined; left = this.queue.first()) {
      this.queue.remove(left);
      left.fail(this.stopping());
    }
    this.joining.shelf.clear();
  }

  private stopping(): GalerkinError<'MODEL_STOPPING'> {
    const { name, version } = this.parts.served;
    return new GalerkinError('MODEL_STOPPING', { model: name, version });
  }

  private cancelled(): GalerkinError<'REQUEST_CANCELLED'> {
    return new GalerkinError('REQUEST_CANCELLED', { model: this.parts.served.name });
  }
}
