// The simplest scheduler: first come, first served, each request an execution of its own.
import { GalerkinError } from '../../base/index.js';
import type { Computed } from '../backends/backend.js';
import type { SchedulerParts } from './open-scheduler.js';
import type { Execution, Pool } from './pool.js';
import type { Scheduler, Work } from './scheduler.js';

interface Waiting extends Execution {
  readonly work: Work;
  resolve(computed: Computed): void;
}

export async function firstComeScheduler(parts: SchedulerParts): Promise<Scheduler> {
  const { served, clock, maxQueue, statistics } = parts;
  const queue: Waiting[] = [];
  let isClosed = false;
  const pool: Pool = await parts.openPool({ next: () => queue.shift() });
  const enter = (work: Work): Promise<Computed> =>
    new Promise((resolve, reject) => {
      const { times } = work;
      queue.push({
        work,
        job: {
          inputs: work.inputs,
          guard: work.guard,
          ...(work.outputs === undefined ? {} : { outputs: work.outputs }),
        },
        items: work.items,
        resolve,
        started: () => {
          times.startedMs = clock.monotonic();
        },
        done(computed) {
          times.inferredMs = clock.monotonic();
          times.inputDoneMs = Math.max(times.startedMs, times.inferredMs - computed.inferMs);
          statistics.execute({
            items: work.items,
            requests: 1,
            inputMs: times.inputDoneMs - times.startedMs,
            inferMs: computed.inferMs,
            outputMs: 0,
            why: 'single',
            waitedMs: times.startedMs - times.queuedMs,
            doneMs: times.inferredMs,
          });
          resolve(computed);
        },
        failed: reject,
      });
      pool.wake();
    });
  return {
    async run(work) {
      if (isClosed) throw new GalerkinError('MODEL_STOPPING', { model: served.name, version: served.version });
      if (pool.free === 0 && queue.length >= maxQueue)
        throw new GalerkinError('QUEUE_FULL', { model: served.name, limit: maxQueue });
      return enter(work);
    },
    get pending() {
      return queue.length;
    },
    isReady: () => !isClosed && pool.isReady(),
    async close(drainTimeoutMs) {
      isClosed = true;
      await pool.close(drainTimeoutMs);
      const gone = new GalerkinError('MODEL_STOPPING', { model: served.name, version: served.version });
      for (const { failed } of queue.splice(0)) failed(gone);
    },
  };
}
