// The scenarios of Triton's batcher tests, on a clock that stands still: which requests share an execution, when it begins, and why.
import { describe, expect, test } from 'vitest';
import { type HandDriven, handDriven, rows, spec } from './fixtures/batching-driver.js';

/** What ran: items and reason of each execution, once everything is done. */
async function ran({ pool, executed }: HandDriven): Promise<[number, string][]> {
  pool.finishAll();
  return executed.map(({ items, why }) => [items, why]);
}

/** Requests that come while the only instance is busy with a first one of full size. */
async function busy(options: Parameters<typeof handDriven>[0]): Promise<HandDriven> {
  const driven = await handDriven(options);
  void driven.ask(8);
  expect(driven.pool.begun).toEqual([8]);
  return driven;
}

describe('a batch of preferred size', () => {
  test('begins as soon as it is reached, whatever the delay', async () => {
    const driven = await handDriven({
      batching: { preferred_batch_size: [2, 6], max_queue_delay_microseconds: 500_000 },
    });
    void driven.ask(1);
    expect(driven.pool.begun).toEqual([]);
    void driven.ask(1);
    expect(driven.pool.begun).toEqual([2]);
    expect(await ran(driven)).toEqual([[2, 'preferred']]);
  });

  test('is the largest that the queue holds', async () => {
    const driven = await busy({
      batching: { preferred_batch_size: [2, 6], max_queue_delay_microseconds: 500_000 },
    });
    for (let k = 0; k < 7; k++) void driven.ask(1);
    driven.pool.finish();
    expect(driven.pool.begun).toEqual([8, 6]);
    driven.clock.advance(500);
    expect(await ran(driven)).toEqual([
      [8, 'full'],
      [6, 'preferred'],
      [1, 'delay'],
    ]);
  });

  test('that can no longer be reached ends the waiting: what is there begins', async () => {
    const driven = await handDriven({ batching: { preferred_batch_size: [4], max_queue_delay_microseconds: 500_000 } });
    void driven.ask(3);
    expect(driven.pool.begun).toEqual([]);
    void driven.ask(3);
    expect(driven.pool.begun).toEqual([3]);
  });

  test('gives way once the oldest request has waited the delay: then all that fits goes', async () => {
    const driven = await busy({
      batching: { preferred_batch_size: [4], max_queue_delay_microseconds: 100_000 },
    });
    for (let k = 0; k < 6; k++) void driven.ask(1);
    driven.clock.advance(150);
    expect(await ran(driven)).toEqual([
      [8, 'full'],
      [6, 'delay'],
    ]);
  });
});

describe('the delay', () => {
  test('is counted from the oldest request, and ends by a timer', async () => {
    const driven = await handDriven({ batching: { max_queue_delay_microseconds: 10_000 } });
    void driven.ask(1);
    driven.clock.advance(6);
    void driven.ask(2);
    driven.clock.advance(3.9);
    expect(driven.pool.begun).toEqual([]);
    driven.clock.advance(0.2);
    expect(driven.pool.begun).toEqual([3]);
    driven.pool.finish();
    expect(driven.executed[0]).toMatchObject({ items: 3, requests: 2, why: 'delay', waitedMs: 10 });
  });

  test('is not waited for when the batch is full', async () => {
    const driven = await handDriven({ batching: { max_queue_delay_microseconds: 10_000 } });
    for (let k = 0; k < 8; k++) void driven.ask(1);
    expect(await ran(driven)).toEqual([[8, 'full']]);
  });

  test('of zero lets a free instance take whatever is there', async () => {
    const driven = await handDriven({ batching: {} });
    for (let k = 0; k < 4; k++) void driven.ask(1);
    driven.pool.finish();
    expect(await ran(driven)).toEqual([
      [1, 'no-delay'],
      [3, 'no-delay'],
    ]);
  });
});

describe('the largest batch', () => {
  test('is never exceeded: the request that does not fit begins the next one', async () => {
    const driven = await busy({ batching: {} });
    for (const items of [3, 4, 2, 6, 1]) void driven.ask(items);
    expect(await ran(driven)).toEqual([
      [8, 'full'],
      [7, 'full'],
      [8, 'full'],
      [1, 'no-delay'],
    ]);
  });

  test('that one request fills goes through as it came, without a copy', async () => {
    const driven = await handDriven({ batching: {} });
    const x = rows(8, [2], 3);
    const answer = driven.ask(8, {}, { x });
    expect(driven.pool.running[0]?.job.inputs.x).toBe(x);
    driven.pool.finish();
    expect((await answer).outputs.y?.data).toEqual(new Float32Array(16).fill(6));
  });
});

describe('requests of other shapes', () => {
  const free = { inputs: [spec('x', [-1])], outputs: [spec('y', [-1])] };

  test('end the batch, and are not waited for', async () => {
    const driven = await handDriven({
      batching: { max_queue_delay_microseconds: 100_000 },
      served: free,
    });
    void driven.ask(1, {}, { x: rows(1, [4]) });
    void driven.ask(1, {}, { x: rows(1, [4]) });
    expect(driven.pool.begun).toEqual([]);
    void driven.ask(1, {}, { x: rows(1, [5]) });
    driven.pool.finish();
    driven.clock.advance(100);
    expect(await ran(driven)).toEqual([
      [2, 'shape'],
      [1, 'delay'],
    ]);
  });

  test('in turns are executions of their own, in order', async () => {
    const driven = await handDriven({ batching: {}, served: free, slots: 0 });
    for (const size of [4, 5, 4, 4, 5]) void driven.ask(1, {}, { x: rows(1, [size]) });
    driven.pool.slots = 1;
    driven.pool.wake();
    expect(await ran(driven)).toEqual([
      [1, 'shape'],
      [1, 'shape'],
      [2, 'shape'],
      [1, 'no-delay'],
    ]);
  });
});

describe('several instances', () => {
  test('share what waits, each with the largest batch', async () => {
    const driven = await handDriven({ batching: {}, slots: 0 });
    for (let k = 0; k < 20; k++) void driven.ask(1);
    driven.pool.slots = 3;
    driven.pool.wake();
    expect(driven.pool.begun).toEqual([8, 8, 4]);
  });
});

describe('a model without batching', () => {
  test('computes one request at a time, in the order of arrival', async () => {
    const driven = await handDriven({ slots: 0 });
    for (const items of [2, 1, 3]) void driven.ask(items);
    driven.pool.slots = 1;
    driven.pool.wake();
    expect(await ran(driven)).toEqual([
      [2, 'single'],
      [1, 'single'],
      [3, 'single'],
    ]);
  });
});

describe('what a batch reports', () => {
  test('splits its time into waiting, input, inference and output', async () => {
    const driven = await handDriven({ batching: { max_queue_delay_microseconds: 4000 } });
    const answers = [driven.ask(1), driven.ask(2)];
    driven.clock.advance(4);
    driven.clock.advance(10);
    driven.pool.finish(7);
    await Promise.all(answers);
    expect(driven.executed).toEqual([
      { items: 3, requests: 2, inputMs: 3, inferMs: 7, outputMs: 0, why: 'delay', waitedMs: 4, doneMs: 14 },
    ]);
  });
});

describe('an instance that is still busy', () => {
  const slow = 5;

  test('is given no batch that could still grow, once executions are known to take their time', async () => {
    const driven = await handDriven({ batching: {}, slots: 2, parts: { instances: 1 } });
    void driven.ask(1);
    driven.clock.advance(slow);
    driven.pool.finish(slow);
    for (let k = 0; k < 7; k++) void driven.ask(1);
    expect(driven.pool.begun).toEqual([1, 1]);
    driven.clock.advance(slow);
    driven.pool.finish(slow);
    expect(driven.pool.begun).toEqual([1, 1, 6]);
  });

  test('is given a full one, to begin without a pause', async () => {
    const driven = await handDriven({ batching: {}, slots: 2, parts: { instances: 1 } });
    void driven.ask(1);
    driven.clock.advance(slow);
    driven.pool.finish(slow);
    for (let k = 0; k < 9; k++) void driven.ask(1);
    expect(driven.pool.begun).toEqual([1, 1, 8]);
  });

  test('gets what was held back even if the execution before fails, and none is forgotten', async () => {
    const driven = await handDriven({ batching: {}, slots: 2, parts: { instances: 1 } });
    void driven.ask(1);
    driven.clock.advance(slow);
    driven.pool.finish(slow);
    const lost = driven.ask(1).catch(() => 'failed');
    const held = driven.ask(3);
    driven.pool.fail(new Error('broken'));
    driven.pool.finishAll();
    expect([await lost, (await held).outputs.y?.shape]).toEqual(['failed', [3, 2]]);
  });

  test('that computes quickly is given whatever there is', async () => {
    const driven = await handDriven({ batching: {}, slots: 2, parts: { instances: 1 } });
    for (let k = 0; k < 4; k++) void driven.ask(1);
    expect(driven.pool.begun).toEqual([1, 1]);
  });
});
