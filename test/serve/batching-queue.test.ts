// The queue: priorities, policies with timers that really fire, bounds, cancellation, order of answers, and closing.
import { describe, expect, test } from 'vitest';
import { codeOf, handDriven, messageOf, settledNow } from './fixtures/batching-driver.js';

describe('priorities', () => {
  const batching = { priority_levels: 3, default_priority_level: 2 };

  test('are served strictly in order, 0 and unknown ones at the default level', async () => {
    const { ask, pool, clock } = await handDriven({ batching, served: { maxBatchSize: 1 }, slots: 0 });
    const order: string[] = [];
    const asked = [3, 0, 1, 99, 2, 1].map((priority, k) =>
      ask(1, { priority }).then(() => order.push(`${k}:${priority}`)),
    );
    clock.advance(1);
    pool.slots = 1;
    pool.wake();
    pool.finishAll();
    await Promise.all(asked);
    expect(order).toEqual(['2:1', '5:1', '1:0', '3:99', '4:2', '0:3']);
  });

  test('share a batch with lower ones, the higher first', async () => {
    const { ask, pool } = await handDriven({ batching, slots: 0 });
    for (const priority of [3, 3, 1]) void ask(1, { priority });
    for (let k = 0; k < 6; k++) void ask(1, { priority: 2 });
    pool.slots = 1;
    pool.wake();
    pool.finishAll();
    expect(pool.begun).toEqual([8, 1]);
  });

  test('do not go with preserve_ordering', async () => {
    expect(await codeOf(handDriven({ batching: { ...batching, preserve_ordering: true } }))).toBe('MODEL_UNSERVABLE');
  });
});

describe('max_queue_size', () => {
  test('refuses what is one too many, in the words of Triton', async () => {
    const { ask, scheduler } = await handDriven({
      batching: { default_queue_policy: { max_queue_size: 2 } },
      served: { maxBatchSize: 1 },
    });
    for (let k = 0; k < 3; k++) void ask(1);
    expect(scheduler.pending).toBe(2);
    expect(await messageOf(ask(1))).toContain('Exceeds maximum queue size');
  });

  test('counts each level by itself, late requests included', async () => {
    const { ask, clock } = await handDriven({
      batching: {
        priority_levels: 2,
        default_priority_level: 1,
        default_queue_policy: { max_queue_size: 1, timeout_action: 'DELAY', default_timeout_microseconds: 1000 },
        priority_queue_policy: { 2: { max_queue_size: 3 } },
      },
      served: { maxBatchSize: 1 },
      slots: 0,
    });
    void ask(1, { priority: 1 });
    clock.advance(5);
    expect(await codeOf(ask(1, { priority: 1 }))).toBe('QUEUE_FULL');
    for (let k = 0; k < 3; k++) void ask(1, { priority: 2 });
    expect(await codeOf(ask(1, { priority: 2 }))).toBe('QUEUE_FULL');
  });

  test('the server bounds requests and bytes besides; what an instance takes at once never waits', async () => {
    const none = await handDriven({ parts: { maxQueue: 0 } });
    void none.ask(1);
    expect(await codeOf(none.ask(1))).toBe('QUEUE_FULL');
    const bytes = await handDriven({ parts: { maxQueueBytes: 20 } });
    for (const items of [1, 2]) void bytes.ask(items);
    expect(await messageOf(bytes.ask(1))).toContain('Exceeds maximum queue size: 20 bytes');
  });
});

describe('a time limit in the queue', () => {
  const policy = { default_timeout_microseconds: 10_000, allow_timeout_override: true };

  test('ends the waiting at that moment, while the instance is still busy', async () => {
    const { ask, clock, scheduler } = await handDriven({ batching: { default_queue_policy: policy } });
    void ask(8);
    const late = messageOf(ask(1));
    clock.advance(9.9);
    expect(scheduler.pending).toBe(1);
    clock.advance(0.2);
    expect(scheduler.pending).toBe(0);
    expect(await late).toContain('Request timeout expired');
  });

  test('may be shortened by the request, not lengthened, and only where the policy says so', async () => {
    const waits = async (timeoutUs: number, allow: boolean): Promise<number> => {
      const { ask, clock, scheduler } = await handDriven({
        batching: { default_queue_policy: { ...policy, allow_timeout_override: allow } },
      });
      void ask(8);
      void codeOf(ask(1, { timeoutUs }));
      let waitedMs = 0;
      for (; scheduler.pending > 0; waitedMs++) clock.advance(1);
      return waitedMs;
    };
    expect(await waits(4000, true)).toBe(4);
    expect(await waits(40_000, true)).toBe(10);
    expect(await waits(4000, false)).toBe(10);
  });

  test('with action DELAY puts the request behind those in time; it is answered when nobody else waits', async () => {
    const { ask, pool, clock } = await handDriven({
      batching: { default_queue_policy: { timeout_action: 'DELAY', default_timeout_microseconds: 2000 } },
      served: { maxBatchSize: 1 },
    });
    const order: string[] = [];
    void ask(1);
    const asked = [ask(1).then(() => order.push('late'))];
    clock.advance(3);
    asked.push(ask(1).then(() => order.push('in time')));
    pool.finishAll();
    await Promise.all(asked);
    expect(order).toEqual(['in time', 'late']);
  });

  test('of the server ends even what the policy only delays', async () => {
    const { ask, clock } = await handDriven({
      batching: { default_queue_policy: { timeout_action: 'DELAY', default_timeout_microseconds: 2000 } },
      parts: { maxWaitMs: 5 },
    });
    void ask(8);
    const late = codeOf(ask(1));
    clock.advance(5.1);
    expect(await late).toBe('QUEUE_TIMEOUT');
  });

  test('of a request holds for models without batching too', async () => {
    const { ask, clock } = await handDriven();
    void ask(1);
    const late = codeOf(ask(1, { timeoutUs: 500 }));
    clock.advance(1);
    expect(await late).toBe('QUEUE_TIMEOUT');
  });

  test('that passed while the process was busy is noticed before an instance wastes work on it', async () => {
    const { ask, pool } = await handDriven({
      batching: { default_queue_policy: policy },
      // Timers that never fire stand for an event loop that is held up.
      parts: { timers: { after: () => () => undefined }, clock: { now: () => 0, monotonic: () => nowMs } },
    });
    let nowMs = 0;
    void ask(8);
    const late = codeOf(ask(1));
    nowMs = 11;
    pool.finish();
    expect(pool.begun).toEqual([8]);
    expect(await late).toBe('QUEUE_TIMEOUT');
  });
});

describe('a client that goes', () => {
  test('frees its place in the queue at once', async () => {
    const { ask, scheduler, pool } = await handDriven({ batching: {} });
    void ask(8);
    const gone = new AbortController();
    const answers = [ask(2), ask(3, { signal: gone.signal }), ask(1)];
    const code = codeOf(answers[1] ?? Promise.resolve());
    gone.abort();
    expect(scheduler.pending).toBe(2);
    expect(await code).toBe('REQUEST_CANCELLED');
    pool.finishAll();
    expect(pool.begun).toEqual([8, 3]);
  });

  test('while its request is computed is let go at once, and its neighbours are answered', async () => {
    const { ask, pool } = await handDriven({ batching: {}, slots: 0 });
    const gone = new AbortController();
    const code = codeOf(ask(1, { signal: gone.signal }));
    const neighbour = ask(1);
    pool.slots = 1;
    pool.wake();
    gone.abort();
    expect(await code).toBe('REQUEST_CANCELLED');
    pool.finishAll();
    expect((await neighbour).outputs.y?.shape).toEqual([1, 2]);
  });

  test('before it would have to wait is not let in, and no listener stays behind when all is done', async () => {
    const { ask, pool, scheduler } = await handDriven({ batching: {} });
    const first = ask(1);
    expect(await codeOf(ask(1, { signal: AbortSignal.abort() }))).toBe('REQUEST_CANCELLED');
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(signal, given);
    };
    signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(signal, given);
    };
    const answer = ask(1, { signal });
    expect(listeners).toBe(1);
    while (scheduler.pending > 0) pool.finishAll();
    pool.finishAll();
    await Promise.all([first, answer]);
    expect([listeners, scheduler.pending]).toEqual([0, 0]);
  });
});

describe('preserve_ordering', () => {
  test('gives answers in the order of the requests, whichever instance was faster', async () => {
    const { ask, pool } = await handDriven({
      batching: { preserve_ordering: true },
      served: { maxBatchSize: 1 },
      slots: 3,
    });
    const answers = [ask(1), ask(1), ask(1)];
    pool.running.reverse();
    pool.finish();
    pool.finish();
    expect(await settledNow(answers)).toEqual([false, false, false]);
    pool.finish();
    expect(await settledNow(answers)).toEqual([true, true, true]);
  });

  test('does not let failed, expired or cancelled requests hold up the others', async () => {
    const { ask, pool, clock } = await handDriven({
      batching: {
        preserve_ordering: true,
        default_queue_policy: { allow_timeout_override: true, default_timeout_microseconds: 60_000_000 },
      },
      served: { maxBatchSize: 1 },
      slots: 2,
    });
    const gone = new AbortController();
    const answers = [ask(1), ask(1), ask(1, { signal: gone.signal }), ask(1, { timeoutUs: 1000 }), ask(1)];
    for (const answer of answers) answer.catch(() => undefined);
    gone.abort();
    clock.advance(2);
    expect(await settledNow(answers)).toEqual([false, false, true, true, false]);
    pool.fail(new Error('the second breaks'), 1);
    pool.finish();
    expect(await settledNow(answers)).toEqual([true, true, true, true, false]);
    pool.finish();
    expect(await settledNow(answers)).toEqual([true, true, true, true, true]);
  });
});

describe('closing', () => {
  test('waits for no company, answers what waits, and lets nobody in', async () => {
    const { ask, scheduler, executed } = await handDriven({ batching: { max_queue_delay_microseconds: 1_000_000 } });
    const answers = [ask(1), ask(2)];
    expect(scheduler.isReady()).toBe(true);
    const closed = scheduler.close(1000);
    expect([scheduler.isReady(), await codeOf(ask(1))]).toEqual([false, 'MODEL_STOPPING']);
    await closed;
    expect((await Promise.all(answers)).length).toBe(2);
    expect(executed.map(({ items, why }) => [items, why])).toEqual([[3, 'close']]);
  });

  test('tells what it could not answer', async () => {
    const { ask, pool, scheduler } = await handDriven({ slots: 0 });
    const left = codeOf(ask(1));
    pool.wake = () => undefined;
    await scheduler.close(0);
    expect(await left).toBe('MODEL_STOPPING');
    expect(scheduler.pending).toBe(0);
  });
});
