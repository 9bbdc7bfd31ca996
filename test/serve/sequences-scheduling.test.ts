// Sequences are scheduled as configured: slots, rows, order, one request of each at a time; on instances that are worked by hand.
import { describe, expect, test } from 'vitest';
import { settledNow } from './fixtures/batching-driver.js';
import { sequenceDriver, sumIn } from './fixtures/sequence-driver.js';

describe('one sequence', () => {
  test('is answered in order from the state that the server keeps, and its state is never shown', async () => {
    const { send, finishAll } = await sequenceDriver();
    const answers = [send(7, 1, { start: true }), send(7, 2), send(7, 3, { end: true })];
    finishAll();
    expect(await Promise.all(answers.map(sumIn))).toEqual([1, 3, 6]);
    expect(Object.keys((await answers[0])?.outputs ?? {})).toEqual(['Y']);
  });

  test('has one request on the instances at a time, however many are free', async () => {
    const { send, pools } = await sequenceDriver({ sequences: { oldest: {} }, instances: 4 });
    const answers = [send(7, 1, { start: true }), send(7, 2), send(7, 3)];
    expect(pools[0]?.running).toHaveLength(1);
    pools[0]?.finish();
    expect(await settledNow(answers)).toEqual([true, false, false]);
    expect(pools[0]?.running).toHaveLength(1);
  });

  test('is told to the model by its controls', async () => {
    const { send, finishAll, seen } = await sequenceDriver();
    const answers = [send(7, 5, { start: true }), send(7, 6), send(7, 7, { end: true })];
    finishAll();
    await Promise.all(answers);
    expect(seen[0]).toEqual([[[5, 1, 0, 1, '7']], [[6, 0, 0, 1, '7']], [[7, 0, 1, 1, '7']]]);
  });

  test('starts anew with a second start, in the slot that it has', async () => {
    const { send, finishAll, scheduler } = await sequenceDriver();
    const answers = [send(7, 1, { start: true }), send(7, 2), send(7, 10, { start: true }), send(7, 1)];
    finishAll();
    expect(await Promise.all(answers.map(sumIn))).toEqual([1, 3, 10, 11]);
    expect(scheduler.sequences).toEqual({ underWay: 1, waiting: 0 });
  });

  test('may start and end in one request, again and again', async () => {
    const { send, finishAll, scheduler } = await sequenceDriver();
    const answers = [1, 2, 3].map(value => send(7, value, { start: true, end: true }));
    finishAll();
    expect(await Promise.all(answers.map(sumIn))).toEqual([1, 2, 3]);
    expect(scheduler.sequences).toEqual({ underWay: 0, waiting: 0 });
  });
});

describe('the direct strategy', () => {
  test('keeps each sequence in its row, and fills rows without a request with zeros that are not ready', async () => {
    const { send, finishAll, seen } = await sequenceDriver({ maxBatchSize: 4 });
    const starts = [1, 2, 3].map(id => send(id, 10 * id, { start: true }));
    finishAll();
    await Promise.all(starts);
    const more = send(3, 1);
    finishAll();
    expect(await sumIn(more)).toBe(31);
    expect(seen[0]?.at(-1)).toEqual([
      [0, 0, 0, 0, '0'],
      [0, 0, 0, 0, '0'],
      [1, 0, 0, 1, '3'],
    ]);
  });

  test('binds sequences to instances, the emptiest first, and leaves the next ones waiting for a slot', async () => {
    const { send, finishAll, seen, scheduler } = await sequenceDriver({ maxBatchSize: 2, instances: 2 });
    const answers = [1, 2, 3, 4, 5].map(id => send(id, id, { start: true }));
    expect(scheduler.sequences).toEqual({ underWay: 5, waiting: 1 });
    finishAll();
    const ended = send(1, 0, { end: true });
    finishAll();
    finishAll();
    expect(await Promise.all([...answers, ended].map(sumIn))).toEqual([1, 2, 3, 4, 5, 1]);
    const idsOf = (lane: number) => new Set(seen[lane]?.flat().flatMap(row => (row[3] === 1 ? [row[4]] : [])));
    expect([idsOf(0), idsOf(1)]).toEqual([new Set(['1', '3', '5']), new Set(['2', '4'])]);
  });

  test('waits for its share of the slots, or for the delay', async () => {
    const direct = { max_queue_delay_microseconds: 5000, minimum_slot_utilization: 0.5 };
    const { send, pools, clock, executed, finishAll } = await sequenceDriver({ sequences: { direct } });
    const first = send(1, 1, { start: true });
    expect(pools[0]?.running).toHaveLength(0);
    const second = send(2, 1, { start: true });
    expect(pools[0]?.running).toHaveLength(1);
    finishAll();
    await Promise.all([first, second]);
    const alone = send(1, 1);
    clock.advance(4.9);
    expect(pools[0]?.running).toHaveLength(0);
    clock.advance(0.2);
    finishAll();
    await alone;
    expect(executed.map(({ items, why }) => [items, why])).toEqual([
      [2, 'preferred'],
      [1, 'delay'],
    ]);
  });

  test('without a batch axis gives each instance to one sequence', async () => {
    const { send, finishAll, scheduler } = await sequenceDriver({ maxBatchSize: 0, instances: 2 });
    const answers = [1, 2, 3].map(id => send(id, id, { start: true }));
    expect(scheduler.sequences).toEqual({ underWay: 3, waiting: 1 });
    const ends = [1, 2, 3].map(id => send(id, 1, { end: true }));
    finishAll();
    finishAll();
    expect(await Promise.all([...answers, ...ends].map(sumIn))).toEqual([1, 2, 3, 2, 3, 4]);
  });
});

describe('the oldest strategy', () => {
  test('joins what is ready of different sequences, without blank rows', async () => {
    const { send, finishAll, seen, pools } = await sequenceDriver({
      sequences: { oldest: { max_candidate_sequences: 8 } },
    });
    const busy = send(1, 1, { start: true });
    const answers = [2, 3, 4].flatMap(id => [send(id, id, { start: true }), send(id, 1)]);
    finishAll();
    expect(await Promise.all([busy, ...answers].map(sumIn))).toEqual([1, 2, 3, 3, 4, 4, 5]);
    expect(seen[0]?.map(rows => rows.map(row => row[4]))).toEqual([['1'], ['2', '3', '4'], ['2', '3', '4']]);
    expect(pools).toHaveLength(1);
  });

  test('sends preferred sizes at once and others after the delay', async () => {
    const oldest = { max_candidate_sequences: 8, preferred_batch_size: [2], max_queue_delay_microseconds: 1000 };
    const { send, finishAll, clock, executed } = await sequenceDriver({ sequences: { oldest } });
    const answers = [1, 2, 3].map(id => send(id, id, { start: true }));
    finishAll();
    clock.advance(1.1);
    finishAll();
    await Promise.all(answers);
    expect(executed.map(({ items, why }) => [items, why])).toEqual([
      [2, 'preferred'],
      [1, 'delay'],
    ]);
  });

  test('takes up so many sequences and no more; the next one moves up when one ends', async () => {
    const { send, finishAll, scheduler } = await sequenceDriver({
      sequences: { oldest: { max_candidate_sequences: 2 } },
    });
    const answers = [1, 2, 3].map(id => send(id, id, { start: true }));
    finishAll();
    expect(await settledNow(answers)).toEqual([true, true, false]);
    expect(scheduler.pending).toBe(1);
    const end = send(2, 0, { end: true });
    finishAll();
    finishAll();
    expect(await Promise.all([...answers, end].map(sumIn))).toEqual([1, 2, 3, 2]);
  });

  test('answers in the order of the requests where that is asked for', async () => {
    const oldest = { max_candidate_sequences: 8, preserve_ordering: true };
    const { send, pools } = await sequenceDriver({ sequences: { oldest }, maxBatchSize: 1, instances: 2 });
    const answers = [1, 2].map(id => send(id, id, { start: true }));
    const [pool] = pools;
    pool?.running.reverse();
    pool?.finish();
    expect(await settledNow(answers)).toEqual([false, false]);
    pool?.finish();
    expect(await settledNow(answers)).toEqual([true, true]);
  });

  test('keeps a sequence on one instance where the backend may hold something of it', async () => {
    const { pools } = await sequenceDriver({ sequences: { oldest: {} }, instances: 3, backend: 'python' });
    expect(pools).toHaveLength(3);
  });
});
