// What a sequence model refuses and how it recovers: ids, missing starts, silence, cancellation, floods, failures, closing.
import { GalerkinError } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { codeOf, messageOf, settledNow } from './fixtures/batching-driver.js';
import { int32, sequenceDriver, sumIn } from './fixtures/sequence-driver.js';

const idControl = (data_type: 'TYPE_INT32' | 'TYPE_INT64' | 'TYPE_UINT64' | 'TYPE_STRING') => ({
  control_input: [{ name: 'CORRID', control: [{ kind: 'CONTROL_SEQUENCE_CORRID' as const, data_type }] }],
});

describe('refused', () => {
  test('a request that names no sequence, in the words that clients know', async () => {
    const { send } = await sequenceDriver();
    const words = "inference request to model 'sums' must specify a non-zero or non-empty correlation ID";
    expect(await messageOf(send(undefined, 1))).toContain(words);
    expect(await messageOf(send(0, 1, { start: true }))).toContain(words);
    expect(await messageOf(send('', 1, { start: true }))).toContain(words);
  });

  test('a request to a sequence that was not started, has ended, or only looks like one that was', async () => {
    const { send, finishAll, scheduler } = await sequenceDriver();
    const words = (id: string) =>
      `inference request for sequence ${id} to model 'sums' must specify the START flag on the first request of the sequence`;
    expect(await messageOf(send(5, 1))).toContain(words('5'));
    expect(await messageOf(send(5, 1, { end: true }))).toContain(words('5'));
    const answers = [send(5, 1, { start: true }), send(5, 1, { end: true })];
    expect(await messageOf(send(5, 1))).toContain(words('5'));
    expect(await messageOf(send('5', 1))).toContain(words('5'));
    finishAll();
    await Promise.all(answers);
    expect(scheduler.sequences).toEqual({ underWay: 0, waiting: 0 });
  });

  test('more than one item', async () => {
    const { scheduler, clock } = await sequenceDriver();
    const terms = { sequence: { id: '1', isText: false, start: true, end: false } };
    const { newStageTimes } = await import('../../dist/serve/engine/scheduler.js');
    const { plainTerms } = await import('../../dist/serve/engine/terms.js');
    const work = { inputs: { X: int32([2, 1], 1, 2) }, items: 2, bytes: 8, guard: 'none' as const };
    const asked = scheduler.run({
      ...work,
      terms: { ...plainTerms, ...terms },
      times: newStageTimes(clock.monotonic()),
    });
    expect(await messageOf(asked)).toContain('must specify batch-size 1 due to requirements of sequence batcher');
  });

  test('ids that the model cannot be told', async () => {
    const ask = async (type: Parameters<typeof idControl>[0], id: string | number) => {
      const { send, finishAll } = await sequenceDriver({ sequences: idControl(type) });
      const answer = codeOf(send(id, 1, { start: true, isText: typeof id === 'string' && !/^\d{15,}$/.test(id) }));
      finishAll();
      return answer;
    };
    const largest = '18446744073709551615';
    expect(await ask('TYPE_UINT64', largest)).toBe('none');
    expect(await ask('TYPE_INT64', largest)).toBe('none');
    expect(await ask('TYPE_STRING', 'räksmörgås')).toBe('none');
    expect(await ask('TYPE_UINT64', 'abc')).toBe('SEQUENCE_ID_REFUSED');
    expect(await ask('TYPE_UINT64', '-1.5')).toBe('SEQUENCE_ID_REFUSED');
    expect(await ask('TYPE_INT32', 3_000_000_000)).toBe('SEQUENCE_ID_REFUSED');
    expect(await ask('TYPE_UINT64', '18446744073709551616')).toBe('SEQUENCE_ID_REFUSED');
  });
});

test('the largest id reaches the model in all its digits', async () => {
  const { send, finishAll, seen } = await sequenceDriver();
  const answer = send('18446744073709551615', 1, { start: true, isText: false });
  finishAll();
  await answer;
  expect(seen[0]).toEqual([[[1, 1, 0, 1, '18446744073709551615']]]);
});

describe('a sequence that falls silent', () => {
  test('ends when its time is over, and its slot goes to the next one', async () => {
    const sequences = { max_sequence_idle_microseconds: 50_000 };
    const { send, finishAll, clock, scheduler } = await sequenceDriver({ sequences, maxBatchSize: 1 });
    const first = send(1, 1, { start: true });
    finishAll();
    await first;
    clock.advance(49);
    const waiting = send(2, 5, { start: true });
    expect(scheduler.sequences).toEqual({ underWay: 2, waiting: 1 });
    clock.advance(2);
    finishAll();
    expect(await sumIn(waiting)).toBe(5);
    expect(await codeOf(send(1, 1))).toBe('SEQUENCE_NOT_STARTED');
  });

  test('does not end while it waits or computes, and every answer gives it its time again', async () => {
    const sequences = { max_sequence_idle_microseconds: 50_000 };
    const { send, finishAll, clock } = await sequenceDriver({ sequences });
    const answers = [send(1, 1, { start: true })];
    clock.advance(200);
    for (let k = 0; k < 4; k++) {
      finishAll();
      clock.advance(40);
      answers.push(send(1, 1));
    }
    finishAll();
    expect(await Promise.all(answers.map(sumIn))).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('a client that goes away', () => {
  const abortable = () => {
    const control = new AbortController();
    return { terms: { signal: control.signal }, abort: () => control.abort() };
  };

  test('with a start takes its followers along; the slot is free', async () => {
    const { send, finishAll, scheduler } = await sequenceDriver({ maxBatchSize: 1 });
    const busy = send(1, 1, { start: true, end: true });
    const { terms, abort } = abortable();
    const start = send(2, 1, { start: true, terms });
    const follower = send(2, 2);
    const third = send(3, 7, { start: true });
    abort();
    finishAll();
    finishAll();
    expect([await codeOf(start), await codeOf(follower)]).toEqual(['REQUEST_CANCELLED', 'SEQUENCE_NOT_STARTED']);
    expect([await sumIn(busy), await sumIn(third)]).toEqual([1, 7]);
    expect(scheduler.sequences).toEqual({ underWay: 1, waiting: 0 });
  });

  test('in the middle is passed over; with an end still ends the sequence', async () => {
    const { send, finishAll, scheduler } = await sequenceDriver();
    const { terms, abort } = abortable();
    const answers = [send(1, 1, { start: true }), send(1, 10, { terms }), send(1, 100)];
    const end = send(1, 1000, { end: true, terms });
    abort();
    finishAll();
    const codes = await Promise.all([...answers, end].map(codeOf));
    expect(codes).toEqual(['none', 'REQUEST_CANCELLED', 'none', 'REQUEST_CANCELLED']);
    expect(await Promise.all([answers[0], answers[2]].map(answer => answer && sumIn(answer)))).toEqual([1, 101]);
    expect(scheduler.sequences).toEqual({ underWay: 0, waiting: 0 });
  });

  test('while an instance computes leaves the sequence going', async () => {
    const { send, finishAll } = await sequenceDriver();
    const { terms, abort } = abortable();
    const start = send(1, 1, { start: true, terms });
    abort();
    finishAll();
    const next = send(1, 2);
    finishAll();
    expect([await sumIn(start), await sumIn(next)]).toEqual([1, 3]);
  });
});

test('a request waits no longer than it says', async () => {
  const { send, finishAll, clock, scheduler } = await sequenceDriver({ maxBatchSize: 1 });
  const busy = send(1, 1, { start: true });
  const late = send(2, 1, { start: true, terms: { timeoutUs: 5000 } });
  clock.advance(6);
  expect(await codeOf(late)).toBe('QUEUE_TIMEOUT');
  finishAll();
  await busy;
  expect(scheduler.sequences).toEqual({ underWay: 1, waiting: 0 });
});

describe('a flood', () => {
  test('of sequences is bounded: what does not fit the queue is refused and leaves nothing behind', async () => {
    const { send, finishAll, scheduler, clock } = await sequenceDriver({ parts: { maxQueue: 100 } });
    const answers = Array.from({ length: 5000 }, (_, k) => send(k + 1, 1, { start: true }));
    expect(scheduler.sequences.underWay).toBeLessThanOrEqual(104);
    const codes = answers.map(codeOf);
    for (let k = 0; k < 60; k++) {
      finishAll();
      clock.advance(1001);
    }
    const ended = await Promise.all(codes);
    const count = (wanted: string): number => ended.filter(code => code === wanted).length;
    expect([count('none'), count('QUEUE_FULL')]).toEqual([101, 4899]);
    expect([scheduler.sequences, scheduler.pending]).toEqual([{ underWay: 0, waiting: 0 }, 0]);
  });

  test('of bytes is bounded', async () => {
    const { send, finishAll } = await sequenceDriver({ parts: { maxQueueBytes: 8 } });
    const answers = Array.from({ length: 5 }, () => send(1, 1, { start: true }));
    finishAll();
    expect(await Promise.all(answers.map(codeOf))).toEqual(['none', 'none', 'none', 'QUEUE_FULL', 'QUEUE_FULL']);
  });
});

const failure = () => new GalerkinError('INFERENCE_FAILED', { model: 'sums' });

describe('a failure', () => {
  test('of a batch is tried one by one: the others get their answers, and nobody loses his state', async () => {
    const { send, pools, finishAll, seen } = await sequenceDriver();
    const starts = [1, 2].map(id => send(id, id, { start: true }));
    finishAll();
    await Promise.all(starts);
    const blocker = send(3, 0, { start: true });
    const pair = [send(1, 10), send(2, 20)];
    pools[0]?.finish();
    expect(pools[0]?.begun.at(-1)).toBe(2);
    pools[0]?.fail(failure());
    pools[0]?.fail(failure());
    finishAll();
    expect(await Promise.all([blocker, ...pair].map(codeOf))).toEqual(['none', 'INFERENCE_FAILED', 'none']);
    const after = [send(1, 100), send(2, 200)];
    finishAll();
    expect(await Promise.all(after.map(sumIn))).toEqual([101, 222]);
    expect(seen[0]?.every(rows => rows.length <= 3)).toBe(true);
  });

  test('of a start begins nothing', async () => {
    const { send, pools, scheduler } = await sequenceDriver();
    const answers = [send(1, 1, { start: true }), send(1, 2)];
    pools[0]?.fail(failure());
    expect(await Promise.all(answers.map(codeOf))).toEqual(['INFERENCE_FAILED', 'SEQUENCE_NOT_STARTED']);
    expect(scheduler.sequences).toEqual({ underWay: 0, waiting: 0 });
  });

  test('of a graph that gives no state is said, and no answer is given', async () => {
    const { send, finishAll } = await sequenceDriver({ compute: ({ X }) => (X === undefined ? {} : { Y: X }) });
    const answer = send(1, 1, { start: true });
    finishAll();
    expect(await messageOf(answer)).toContain("its graph gives nothing as 'NEXT', which is the next 'SUM' (INT32)");
  });
});

describe('closing', () => {
  test('finishes what waits, in order, then takes no more', async () => {
    const { send, finishAll, scheduler } = await sequenceDriver();
    const answers = [send(1, 1, { start: true }), send(1, 2), send(1, 3)];
    const closed = scheduler.close(1000);
    finishAll();
    await closed;
    expect(await Promise.all(answers.map(sumIn))).toEqual([1, 3, 6]);
    expect(await codeOf(send(1, 1))).toBe('MODEL_STOPPING');
  });

  test('ends in time even if an instance hangs', async () => {
    const { send, scheduler, clock } = await sequenceDriver();
    const answers = [send(1, 1, { start: true }), send(1, 2)];
    const closed = scheduler.close(50);
    expect(await settledNow([closed])).toEqual([false]);
    clock.advance(51);
    await closed;
    expect(await codeOf(answers[1] ?? Promise.resolve())).toBe('MODEL_STOPPING');
  });
});
