// The instances of one model behind one bounded first-in-first-out queue; an instance that dies is replaced with back-off.
import { GalerkinError, isGalerkinError } from '../../base/index.js';
import type { Computed, Instance, Job } from '../backends/backend.js';
import { reasonOf } from '../backends/reason.js';
import { faultChannel } from '../statistics/statistics.js';
import { retryDelayMs } from './retry.js';

export interface PoolOptions {
  readonly model: string;
  readonly version: string;
  readonly instances: number;
  readonly maxQueue: number;
  /** Longest wait in the queue, and again longest computation; an instance that overruns it is killed. */
  readonly timeoutMs: number;
  open(): Promise<Instance>;
}

export interface Pool {
  /** @throws QUEUE_FULL, INFERENCE_TIMEOUT, MODEL_NOT_READY while stopping, and what the instance throws. */
  run(job: Job): Promise<Computed>;
  /** True while at least one instance lives. */
  isReady(): boolean;
  /** Finishes what waits and runs, within the time given, then ends the instances. */
  close(drainTimeoutMs: number): Promise<void>;
}

interface Task {
  readonly job: Job;
  readonly timer: NodeJS.Timeout;
  slot: Slot | undefined;
  resolve(computed: Computed): void;
  reject(error: unknown): void;
}

interface Slot {
  instance: Instance | undefined;
  /** What it computes, and what already waits inside it. */
  readonly tasks: Set<Task>;
  failures: number;
  retry: NodeJS.Timeout | undefined;
}

/** Opens all instances; fails, with none left open, if one of them does not start. */
export async function openPool(options: PoolOptions): Promise<Pool> {
  const pool = new InstancePool(options);
  await pool.start();
  return pool;
}

class InstancePool implements Pool {
  private readonly queue: Task[] = [];
  private readonly slots: Slot[];
  private stopping = false;
  private drained: (() => void) | undefined;

  constructor(private readonly options: PoolOptions) {
    this.slots = Array.from({ length: options.instances }, () => ({
      instance: undefined,
      tasks: new Set(),
      failures: 0,
      retry: undefined,
    }));
  }

  async start(): Promise<void> {
    const opened = await Promise.allSettled(this.slots.map(slot => this.open(slot)));
    const failed = opened.find(result => result.status === 'rejected');
    if (failed === undefined) return;
    await this.close(0);
    throw failed.reason;
  }

  run(job: Job): Promise<Computed> {
    const { model, maxQueue, timeoutMs } = this.options;
    if (this.stopping) return Promise.reject(this.notReady());
    const free = this.freeSlot();
    if (free === undefined && this.queue.length >= maxQueue) {
      return Promise.reject(new GalerkinError('QUEUE_FULL', { model, limit: maxQueue }));
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.expire(task), timeoutMs);
      const task: Task = { job, timer, slot: undefined, resolve, reject };
      if (free === undefined) this.queue.push(task);
      else this.assign(free, task);
    });
  }

  isReady(): boolean {
    return !this.stopping && this.slots.some(slot => slot.instance !== undefined);
  }

  async close(drainTimeoutMs: number): Promise<void> {
    this.stopping = true;
    for (const slot of this.slots) clearTimeout(slot.retry);
    if (drainTimeoutMs > 0) await this.drain(drainTimeoutMs);
    for (const task of this.queue.splice(0)) this.settle(task, () => task.reject(this.notReady()));
    await Promise.all(
      this.slots.map(({ instance, tasks }) => (tasks.size === 0 ? instance?.close() : instance?.kill())),
    );
    await Promise.all(this.slots.map(({ instance }) => instance?.gone));
  }

  /** The living instance with the least to do, if any has room. */
  private freeSlot(): Slot | undefined {
    let best: Slot | undefined;
    for (const slot of this.slots) {
      const hasRoom = slot.instance !== undefined && slot.tasks.size < slot.instance.depth;
      if (hasRoom && (best === undefined || slot.tasks.size < best.tasks.size)) best = slot;
    }
    return best;
  }

  private async open(slot: Slot): Promise<void> {
    const instance = await this.options.open();
    slot.instance = instance;
    void instance.gone.then(() => this.onGone(slot));
  }

  private onGone(slot: Slot): void {
    slot.instance = undefined;
    if (!this.stopping) this.reopenLater(slot);
  }

  private reopenLater(slot: Slot): void {
    slot.retry = setTimeout(
      () => {
        this.open(slot).then(
          () => (this.stopping ? slot.instance?.close() : this.next(slot)),
          (error: unknown) => {
            this.publish('an instance could not be restarted', error);
            if (!this.stopping) this.reopenLater(slot);
          },
        );
      },
      retryDelayMs(slot.failures++),
    );
  }

  private assign(slot: Slot, task: Task): void {
    const { instance } = slot;
    if (instance === undefined) return;
    slot.tasks.add(task);
    task.slot = slot;
    task.timer.refresh();
    instance.run(task.job).then(
      computed => {
        slot.failures = 0;
        this.release(slot, task, () => task.resolve(computed));
      },
      (error: unknown) => {
        this.publish('a request failed', error);
        if (isGalerkinError(error) && error.code === 'INSTANCE_DIED') slot.instance = undefined;
        this.release(slot, task, () => task.reject(error));
      },
    );
  }

  private release(slot: Slot, task: Task, settle: () => void): void {
    slot.tasks.delete(task);
    this.settle(task, settle);
    this.next(slot);
  }

  private next(slot: Slot): void {
    while (slot.instance !== undefined && slot.tasks.size < slot.instance.depth) {
      const task = this.queue.shift();
      if (task === undefined) break;
      this.assign(slot, task);
    }
    if (this.isIdle()) this.drained?.();
  }

  private expire(task: Task): void {
    const { model, timeoutMs } = this.options;
    const place = this.queue.indexOf(task);
    if (place >= 0) this.queue.splice(place, 1);
    task.reject(new GalerkinError('INFERENCE_TIMEOUT', { model, limitMs: timeoutMs }));
    task.slot?.instance?.kill();
  }

  private settle(task: Task, settle: () => void): void {
    clearTimeout(task.timer);
    settle();
  }

  private async drain(limitMs: number): Promise<void> {
    if (this.isIdle()) return;
    let limit: NodeJS.Timeout | undefined;
    await new Promise<void>(resolve => {
      this.drained = resolve;
      limit = setTimeout(resolve, limitMs);
    });
    clearTimeout(limit);
  }

  private isIdle(): boolean {
    return this.queue.length === 0 && this.slots.every(({ tasks }) => tasks.size === 0);
  }

  private notReady(): GalerkinError<'MODEL_NOT_READY'> {
    return new GalerkinError('MODEL_NOT_READY', { model: this.options.model, version: this.options.version });
  }

  private publish(what: string, error: unknown): void {
    faultChannel.publish(() => ({ model: this.options.model, what, reason: reasonOf(error) }));
  }
}
