// The scheduler of a model that answers sequences: each keeps its order, its slot and its state, and they share executions.
import { GalerkinError } from '../../base/index.js';
import type { Computed } from '../backends/backend.js';
import { Deadlines } from '../batching/deadlines.js';
import { type Delivery, directDelivery, OrderedDelivery } from '../batching/delivery.js';
import { FlushTimer } from '../batching/flush-timer.js';
import { type Form, formReader } from '../batching/form.js';
import type { CancelTarget, Waiting } from '../batching/waiting.js';
import type { Scheduler, Work } from '../engine/scheduler.js';
import type { SequenceTerms } from '../engine/terms.js';
import type { ExecutedBatch } from '../statistics/executions.js';
import { Lane, type LaneHost } from './lane.js';
import { type SequenceLane, Turn } from './sequence.js';
import { type FlowHost, SequenceFlow } from './sequence-flow.js';
import type { SequenceParts } from './sequence-parts.js';
import type { SequencePlan } from './sequence-plan.js';
import { sequenceRefusal } from './sequence-refusal.js';
import { SequenceTable } from './sequence-table.js';
import { Slots } from './slots.js';

export class SequenceScheduler implements Scheduler, LaneHost, FlowHost, CancelTarget {
  readonly model: string;
  isClosing = false;
  /** Requests that wait. */
  pending = 0;
  private bytes = 0;
  /** Requests that an instance has. */
  private running = 0;
  private readonly lanes: readonly Lane[];
  private readonly table: SequenceTable;
  private readonly flow: SequenceFlow;
  private readonly deadlines: Deadlines;
  private readonly delivery: Delivery;
  private readonly seen: ReadonlySet<string>;
  private readonly readForm: (inputs: Work['inputs']) => Form;
  private readonly freeStates: readonly string[];
  private isTogether = false;
  private drained: (() => void) | undefined;

  constructor(
    readonly plan: SequencePlan,
    private readonly parts: SequenceParts,
  ) {
    const { served, clock, timers, lanes, instances } = parts;
    this.model = served.name;
    this.lanes = Array.from({ length: lanes }, () => {
      const slots = new Slots((plan.slots * instances) / lanes, plan.strategy === 'direct');
      return new Lane(this, slots, new FlushTimer(clock, timers, () => this.wakeAll()));
    });
    this.table = new SequenceTable(this.lanes, { clock, timers, idleMs: plan.idleMs });
    this.flow = new SequenceFlow(this.table, this);
    this.deadlines = new Deadlines({ clock, timers, expire: waiting => this.expire(waiting) });
    this.delivery = plan.preservesOrder ? new OrderedDelivery() : directDelivery;
    this.seen = new Set(served.outputs.map(({ name }) => name));
    this.readForm = formReader(served, undefined);
    this.freeStates = plan.states.flatMap(({ input, isFree }) => (isFree ? [input] : []));
  }

  /** Opens the instances; none stays open if one does not start. */
  async open(): Promise<void> {
    const each = this.parts.instances / this.lanes.length;
    const opened = await Promise.allSettled(this.lanes.map(lane => this.parts.openPool(lane, each)));
    opened.forEach((result, k) => {
      const lane = this.lanes[k];
      if (result.status === 'fulfilled' && lane !== undefined) lane.pool = result.value;
    });
    const failed = opened.find(result => result.status === 'rejected');
    if (failed === undefined) return;
    await Promise.all(this.lanes.map(({ pool }) => pool?.close(0)));
    throw failed.reason;
  }

  isReady(): boolean {
    return !this.isClosing && this.lanes.some(({ pool }) => pool?.isReady() === true);
  }

  /** Sequences that have a slot or wait for one. */
  get sequences(): { readonly underWay: number; readonly waiting: number } {
    return { underWay: this.table.size, waiting: this.table.waiting };
  }

  holds(sequence: SequenceTerms): boolean {
    return this.flow.isUnderWay(sequence);
  }

  run(work: Work): Promise<Computed> {
    const refusal = this.refusal(work);
    if (refusal !== undefined) return Promise.reject(refusal);
    const { sequence: terms, timeoutUs } = work.terms;
    const sequence = work.outputs === undefined && terms !== undefined ? this.flow.enter(terms) : undefined;
    return new Promise((resolve, reject) => {
      const form = this.readForm(work.inputs);
      const turn = new Turn({ work, form, level: 0, owner: this, resolve, reject }, sequence);
      this.pending++;
      this.bytes += work.bytes;
      const ownMs = timeoutUs > 0 ? timeoutUs / 1000 : Number.POSITIVE_INFINITY;
      turn.deadlineMs = work.times.queuedMs + Math.min(ownMs, this.parts.maxWaitMs ?? Number.POSITIVE_INFINITY);
      this.delivery.expect(turn);
      this.deadlines.add(turn);
      if (sequence === undefined) this.lanes[0]?.judge(turn);
      else this.flow.add(turn, sequence);
      if (turn.isWaiting) turn.listen();
    });
  }

  /** What forbids the request. Nothing has been changed then. */
  private refusal(work: Work): GalerkinError | undefined {
    const { model, plan, bytes, pending } = this;
    const { maxQueue, maxQueueBytes = Number.POSITIVE_INFINITY } = this.parts;
    if (this.isClosing) return this.stopping();
    // What an instance takes at once does not wait: a queue of no places still lets it through.
    const isFree = pending === 0 && this.lanes.some(({ pool }) => pool !== undefined && pool.free > 0);
    if (pending >= maxQueue && !isFree) return new GalerkinError('QUEUE_FULL', { model, limit: maxQueue });
    if (pending > 0 && bytes + work.bytes > maxQueueBytes)
      return new GalerkinError('QUEUE_FULL', { model, limit: maxQueueBytes, unit: 'bytes' });
    if (work.outputs !== undefined) return undefined;
    const refusal = sequenceRefusal(model, work, plan);
    const { sequence } = work.terms;
    if (refusal !== undefined || sequence === undefined) return refusal;
    return sequence.start || this.flow.isUnderWay(sequence) ? undefined : this.unstarted(sequence.id);
  }

  depart(turn: Turn): void {
    this.leaveQueue(turn);
    this.running++;
    if (turn.sequence !== undefined) this.flow.depart(turn, turn.sequence);
  }

  succeed(turn: Turn, computed: Computed): void {
    this.running--;
    if (turn.sequence !== undefined) this.flow.arrive(turn, turn.sequence, false);
    this.delivery.succeed(turn, computed);
    this.checkDrained();
  }

  fail(turn: Turn, error: unknown): void {
    this.running--;
    if (turn.sequence !== undefined) this.flow.arrive(turn, turn.sequence, true);
    this.delivery.fail(turn, error);
    this.checkDrained();
  }

  strand(turn: Turn): void {
    this.leaveQueue(turn);
    this.delivery.drop(turn, this.unstarted(turn.id));
  }

  /** Its client has gone. In the queue its place is free at once; an instance that has begun goes on, for nobody. */
  cancel(waiting: Waiting): void {
    this.withdraw(waiting, this.cancelled());
  }

  private expire(waiting: Waiting): void {
    const waitedMs = this.nowMs() - waiting.work.times.queuedMs;
    this.withdraw(waiting, new GalerkinError('QUEUE_TIMEOUT', { model: this.model, waitedMs }));
  }

  private withdraw(turn: Waiting, error: unknown): void {
    if (!(turn instanceof Turn)) return;
    const { isWaiting, sequence } = turn;
    this.leaveQueue(turn);
    if (isWaiting && sequence !== undefined) this.flow.withdraw(turn, sequence);
    this.delivery.drop(turn, error);
    this.checkDrained();
  }

  private leaveQueue(turn: Turn): void {
    if (!turn.isWaiting) return;
    turn.isWaiting = false;
    this.pending--;
    this.bytes -= turn.work.bytes;
    this.deadlines.remove(turn);
  }

  /** States of free size have a part in what can share a batch. */
  keyOf({ form, start, sequence }: Turn): string {
    if (this.freeStates.length === 0) return form.key;
    const sizes = this.freeStates.map(input => (start ? undefined : sequence?.state?.[input]?.shape) ?? 'initial');
    return `${form.key}|${sizes.join('|')}`;
  }

  executed(batch: ExecutedBatch): void {
    this.parts.statistics.execute(batch);
  }

  isSeen(output: string): boolean {
    return this.seen.has(output);
  }

  nowMs(): number {
    return this.parts.clock.monotonic();
  }

  expireDue(nowMs: number): void {
    this.deadlines.expireDue(nowMs);
  }

  async close(drainTimeoutMs: number): Promise<void> {
    this.isClosing = true;
    this.wakeAll();
    if (drainTimeoutMs > 0 && this.pending + this.running > 0) await this.drain(drainTimeoutMs);
    this.table.stop();
    this.deadlines.stop();
    const left = this.table.waitingTurns();
    for (const turn of left) {
      this.leaveQueue(turn);
      turn.fail(this.stopping());
    }
    await Promise.all(this.lanes.map(lane => lane.close(this.stopping())));
  }

  private drain(limitMs: number): Promise<void> {
    return new Promise(resolve => {
      const calledOff = this.parts.timers.after(limitMs, resolve);
      this.drained = () => {
        calledOff();
        resolve();
      };
    });
  }

  private checkDrained(): void {
    if (this.pending + this.running === 0) this.drained?.();
  }

  wake({ pool }: SequenceLane): void {
    if (!this.isTogether) pool?.wake();
  }

  together(settle: () => void): void {
    this.isTogether = true;
    try {
      settle();
    } finally {
      this.isTogether = false;
    }
    this.wakeAll();
  }

  private wakeAll(): void {
    for (const { pool } of this.lanes) pool?.wake();
  }

  private unstarted(id: string): GalerkinError<'SEQUENCE_NOT_STARTED'> {
    return new GalerkinError('SEQUENCE_NOT_STARTED', { model: this.model, id: id.slice(0, 80) });
  }

  private stopping(): GalerkinError<'MODEL_STOPPING'> {
    return new GalerkinError('MODEL_STOPPING', { model: this.model, version: this.parts.served.version });
  }

  private cancelled(): GalerkinError<'REQUEST_CANCELLED'> {
    return new GalerkinError('REQUEST_CANCELLED', { model: this.model });
  }
}
