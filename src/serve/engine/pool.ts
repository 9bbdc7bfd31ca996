// The instances of one model version: each pulls its next work when it is free; one that dies is replaced with back-off.
import { GalerkinError, isGalerkinError, type Timers } from '../../base/index.js';
import type { Instance } from '../backends/backend.js';
import { reasonOf } from '../backends/reason.js';
import { faultChannel } from '../statistics/channels.js';
import type { Execution, Pool, Source } from './execution.js';
import { retryDelayMs } from './retry.js';
import { newSlot, type Slot } from './slot.js';
import { watchSlots } from './watchdog.js';

export type { Execution, Pool, Source } from './execution.js';

export interface PoolOptions {
  readonly model: string;
  readonly instances: number;
  /** Longest computation; an instance that overruns it is killed, and its work tried once more elsewhere. */
  readonly timeoutMs: number;
  readonly timers: Timers;
  open(): Promise<Instance>;
}

/** Opens all instances; fails, with none left open, if one of them does not start. */
export async function openPool(options: PoolOptions, source: Source): Promise<Pool> {
  const pool = new InstancePool(options, source);
  await pool.start();
  return pool;
}

class InstancePool implements Pool {
  private readonly slots: readonly Slot[];
  /** What was begun by an instance that died: goes first, once more. */
  private readonly again: Execution[] = [];
  /** What runs, or ran, a second time. */
  private readonly tried = new WeakSet<Execution>();
  private readonly watch: () => void;
  private stopping = false;
  private drained: (() => void) | undefined;

  constructor(
    private readonly options: PoolOptions,
    private readonly source: Source,
  ) {
    this.slots = Array.from({ length: options.instances }, newSlot);
    this.watch = watchSlots(this.slots, options);
  }

  async start(): Promise<void> {
    const opened = await Promise.allSettled(this.slots.map(slot => this.open(slot)));
    const failed = opened.find(result => result.status === 'rejected');
    if (failed === undefined) return;
    await this.close(0);
    throw failed.reason;
  }

  get free(): number {
    return this.slots.reduce(
      (sum, { instance, running }) => sum + Math.max(0, (instance?.depth ?? 0) - running.size),
      0,
    );
  }

  get busy(): number {
    return this.slots.reduce((sum, { running }) => sum + running.size, 0);
  }

  isReady(): boolean {
    return !this.stopping && this.slots.some(({ instance }) => instance !== undefined);
  }

  wake(): void {
    for (let slot = this.freeSlot(); slot !== undefined; slot = this.freeSlot()) {
      const execution = this.again.shift() ?? this.source.next();
      if (execution === undefined) break;
      this.assign(slot, execution);
    }
    if (this.drained !== undefined && this.busy === 0 && this.again.length === 0) this.drained();
  }

  async close(drainTimeoutMs: number): Promise<void> {
    if (drainTimeoutMs > 0) await this.drain(drainTimeoutMs);
    this.stopping = true;
    const stopped = new GalerkinError('INSTANCE_DIED', { model: this.options.model });
    for (const execution of this.again.splice(0)) execution.failed(stopped);
    for (const { retry } of this.slots) retry?.();
    await Promise.all(
      this.slots.map(({ instance, running }) => (running.size === 0 ? instance?.close() : instance?.kill())),
    );
    await Promise.all(this.slots.map(({ instance }) => instance?.gone));
  }

  /** The living instance with the least to do, if any has room. */
  private freeSlot(): Slot | undefined {
    let best: Slot | undefined;
    for (const slot of this.slots) {
      const hasRoom = slot.instance !== undefined && slot.running.size < slot.instance.depth;
      if (hasRoom && (best === undefined || slot.running.size < best.running.size)) best = slot;
    }
    return best;
  }

  private async open(slot: Slot): Promise<void> {
    const instance = await this.options.open();
    slot.instance = instance;
    slot.overran = false;
    void instance.gone.then(() => this.onGone(slot, instance));
  }

  private onGone(slot: Slot, instance: Instance): void {
    if (slot.instance === instance) slot.instance = undefined;
    if (!this.stopping && slot.retry === undefined) this.reopenLater(slot);
  }

  private reopenLater(slot: Slot): void {
    slot.retry = this.options.timers.after(retryDelayMs(slot.failures++), () => {
      this.open(slot).then(
        () => {
          slot.retry = undefined;
          if (this.stopping) void slot.instance?.close();
          else this.wake();
        },
        (error: unknown) => {
          this.publish('an instance could not be restarted', error);
          if (!this.stopping) this.reopenLater(slot);
        },
      );
    });
  }

  private assign(slot: Slot, execution: Execution): void {
    const { instance } = slot;
    if (instance === undefined) return;
    slot.running.add(execution);
    this.watch();
    execution.started();
    instance.run(execution.job).then(
      computed => {
        slot.failures = 0;
        slot.running.delete(execution);
        // The next job leaves before this one's answer is written: the instance should not wait for that.
        this.wake();
        execution.done(computed);
      },
      (error: unknown) => this.onFailure(slot, execution, error),
    );
  }

  /** An instance's death is not the request's fault: it is tried once more, and fails if that instance dies too. */
  private onFailure(slot: Slot, execution: Execution, error: unknown): void {
    slot.running.delete(execution);
    this.publish('a request failed', error);
    const died = isGalerkinError(error) && error.code === 'INSTANCE_DIED';
    if (died) slot.instance = undefined;
    if (died && !this.tried.has(execution) && !this.stopping) {
      this.tried.add(execution);
      this.again.push(execution);
    } else execution.failed(died && slot.overran ? this.timedOut() : error);
    this.wake();
  }

  private timedOut(): GalerkinError<'INFERENCE_TIMEOUT'> {
    const { model, timeoutMs } = this.options;
    return new GalerkinError('INFERENCE_TIMEOUT', { model, limitMs: timeoutMs });
  }

  private async drain(limitMs: number): Promise<void> {
    await new Promise<void>(resolve => {
      const cancel = this.options.timers.after(limitMs, resolve);
      this.drained = () => {
        cancel();
        resolve();
      };
      this.wake();
    });
    this.drained = undefined;
  }

  private publish(what: string, error: unknown): void {
    faultChannel.publish(() => ({ model: this.options.model, what, reason: reasonOf(error) }));
  }
}
