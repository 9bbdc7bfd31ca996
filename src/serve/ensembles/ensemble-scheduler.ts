// The scheduler of an ensemble: it has no instances of its own, and lets so many requests at once into the flow of its members.
import { type Clock, GalerkinError, type Timers } from '../../base/index.js';
import type { Computed } from '../backends/backend.js';
import { Deadlines } from '../batching/deadlines.js';
import { plainForm } from '../batching/form.js';
import { LinkedList } from '../batching/linked-list.js';
import { type CancelTarget, Waiting } from '../batching/waiting.js';
import type { Scheduler, Work } from '../engine/scheduler.js';
import type { ServedModel } from '../engine/served-model.js';
import type { ExecutedBatch } from '../statistics/executions.js';
import type { EnsembleFacts } from './ensemble-facts.js';
import { EnsembleRun, type RunParts } from './ensemble-run.js';
import type { Fusion } from './fusion.js';
import { memberOf } from './members.js';

export interface EnsembleParts extends Omit<RunParts, 'nowMs'> {
  readonly served: ServedModel;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly statistics: { execute(batch: ExecutedBatch): void };
  readonly maxQueue: number;
  readonly maxWaitMs?: number;
  readonly fusion: Fusion;
}

export class EnsembleScheduler implements Scheduler, CancelTarget, RunParts {
  readonly plan: RunParts['plan'];
  readonly members: RunParts['members'];
  private readonly waiting = new LinkedList<Waiting>(0);
  private readonly deadlines: Deadlines;
  private running = 0;
  private isClosing = false;
  private drained: (() => void) | undefined;

  constructor(private readonly parts: EnsembleParts) {
    this.plan = parts.plan;
    this.members = parts.members;
    const { clock, timers } = parts;
    this.deadlines = new Deadlines({ clock, timers, expire: waiting => this.expire(waiting) });
  }

  get pending(): number {
    return this.waiting.length + (this.parts.fusion.scheduler?.pending ?? 0);
  }

  /** The members, and whether they are one graph now. */
  get facts(): EnsembleFacts {
    const isFused = this.parts.fusion.scheduler !== undefined;
    return { members: this.plan.steps.map(({ member }) => member), isFused, why: this.parts.fusion.why };
  }

  isReady(): boolean {
    return !this.isClosing && this.plan.steps.every(step => memberOf(step, this.members)?.isReady() === true);
  }

  nowMs(): number {
    return this.parts.clock.monotonic();
  }

  run(work: Work): Promise<Computed> {
    const { parts, plan } = this;
    const { name: model, version } = parts.served;
    if (this.isClosing) return Promise.reject(new GalerkinError('MODEL_STOPPING', { model, version }));
    if (this.running < plan.maxInFlight) return this.flow(work);
    if (this.waiting.length >= parts.maxQueue)
      return Promise.reject(new GalerkinError('QUEUE_FULL', { model, limit: parts.maxQueue }));
    return new Promise((resolve, reject) => {
      const waiting = new Waiting({ work, form: plainForm, level: 0, owner: this, resolve, reject });
      const ownMs = work.terms.timeoutUs > 0 ? work.terms.timeoutUs / 1000 : Number.POSITIVE_INFINITY;
      waiting.deadlineMs = work.times.queuedMs + Math.min(ownMs, parts.maxWaitMs ?? Number.POSITIVE_INFINITY);
      this.waiting.push(waiting);
      this.deadlines.add(waiting);
      waiting.listen();
    });
  }

  private flow(work: Work): Promise<Computed> {
    this.running++;
    const fused = this.parts.fusion.scheduler;
    if (fused !== undefined) return fused.run(work).finally(() => this.leave());
    return new Promise((resolve, reject) => {
      const run = new EnsembleRun(this, work, {
        resolve: computed => {
          this.count(work);
          this.leave();
          resolve(computed);
        },
        reject: error => {
          this.leave();
          reject(error);
        },
      });
      run.begin();
    });
  }

  private count({ items, times: { queuedMs, startedMs, inferredMs, doneMs } }: Work): void {
    this.parts.statistics.execute({
      items,
      requests: 1,
      inputMs: 0,
      inferMs: inferredMs - startedMs,
      outputMs: doneMs - inferredMs,
      why: 'single',
      waitedMs: startedMs - queuedMs,
      doneMs,
    });
  }

  private leave(): void {
    this.running--;
    const { first } = this.waiting;
    if (first !== undefined) {
      this.unqueue(first);
      this.flow(first.work).then(
        computed => first.succeed(computed),
        (error: unknown) => first.fail(error),
      );
    } else if (this.running === 0) this.drained?.();
  }

  private unqueue(waiting: Waiting): void {
    if (waiting.list !== undefined) this.waiting.remove(waiting);
    this.deadlines.remove(waiting);
  }

  cancel(waiting: Waiting): void {
    this.unqueue(waiting);
    waiting.fail(this.cancelled());
  }

  private expire(waiting: Waiting): void {
    this.unqueue(waiting);
    const waitedMs = this.nowMs() - waiting.work.times.queuedMs;
    waiting.fail(new GalerkinError('QUEUE_TIMEOUT', { model: this.parts.served.name, waitedMs }));
  }

  /** Its members are not its own: they go on. */
  async close(drainTimeoutMs: number): Promise<void> {
    this.isClosing = true;
    if (drainTimeoutMs > 0 && this.running > 0) {
      await new Promise<void>(resolve => {
        const calledOff = this.parts.timers.after(drainTimeoutMs, resolve);
        this.drained = () => {
          calledOff();
          resolve();
        };
      });
    }
    await this.parts.fusion.close(drainTimeoutMs);
    this.deadlines.stop();
    const { name: model, version } = this.parts.served;
    for (let { first } = this.waiting; first !== undefined; first = this.waiting.first) {
      this.unqueue(first);
      first.fail(new GalerkinError('MODEL_STOPPING', { model, version }));
    }
  }

  private cancelled(): GalerkinError<'REQUEST_CANCELLED'> {
    return new GalerkinError('REQUEST_CANCELLED', { model: this.parts.served.name });
  }
}
