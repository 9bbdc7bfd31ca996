import { GalerkinError, manualClock } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import type { FoundAnswer } from '../../dist/serve/cache/prediction-cache.js';
import { answerOf, handCompute, modelOf, openedCache, question, settled } from './cache-question.js';

const model = modelOf('content');
const failure = new GalerkinError('INFERENCE_FAILED', { model: 'darcy' });
const outputOf = ({ answer }: FoundAnswer): unknown => answer.outputs.u.data;

describe('equal questions at the same time', () => {
  test('a thousand compute once, and each gets an answer of its own', async () => {
    const cache = openedCache();
    const { compute, begun } = handCompute();
    const all = Array.from({ length: 1000 }, () => cache.answer(model, question(), compute));
    await settled();
    expect(begun.length).toBe(1);
    begun[0].resolve(answerOf([1, 2]));
    const found = await Promise.all(all);
    expect(new Set(found.map(outputOf)).size).toBe(1000);
    for (const each of found) expect(outputOf(each)).toEqual(Float32Array.of(1, 2));
    expect(found.filter(({ hit }) => !hit).length).toBe(1);
    expect(cache.report()).toMatchObject({ misses: 1, hits: 999, coalesced: 999, entries: 1 });
  });

  test('what the leader does to its answer does not reach the others', async () => {
    const cache = openedCache();
    const { compute, begun } = handCompute();
    const leader = cache.answer(model, question(), compute).then(({ answer }) => {
      const { u } = answer.outputs;
      if (u.dtype !== 'BYTES') structuredClone(u.data, { transfer: [u.data.buffer] });
    });
    const follower = cache.answer(model, question(), compute);
    await settled();
    begun[0].resolve(answerOf([1, 2]));
    await leader;
    expect(outputOf(await follower)).toEqual(Float32Array.of(1, 2));
    expect(outputOf(await cache.answer(model, question(), compute))).toEqual(Float32Array.of(1, 2));
  });

  test('when the leader fails, one of the others leads, and the rest wait for it', async () => {
    const cache = openedCache();
    const { compute, begun } = handCompute();
    const outcomes = Array.from({ length: 5 }, () =>
      cache.answer(model, question(), compute).then(outputOf, (error: unknown) => error),
    );
    await settled();
    begun[0].reject(failure);
    await settled();
    expect(begun.length).toBe(2);
    begun[1].resolve(answerOf([3]));
    expect(await Promise.all(outcomes)).toEqual([failure, ...Array.from({ length: 4 }, () => Float32Array.of(3))]);
  });

  test('when three leaders failed, all who wait get the error, and the next one starts afresh', async () => {
    const cache = openedCache();
    const { compute, begun } = handCompute();
    const outcomes = Array.from({ length: 50 }, () => cache.answer(model, question(), compute).catch(error => error));
    for (let k = 0; k < 3; k++) {
      await settled();
      begun[k].reject(failure);
    }
    expect(await Promise.all(outcomes)).toEqual(Array.from({ length: 50 }, () => failure));
    expect(begun.length).toBe(3);
    const later = cache.answer(model, question(), compute);
    await settled();
    begun[3].resolve(answerOf([1]));
    expect((await later).hit).toBe(false);
  });

  test('an error that all would get is given to all at once', async () => {
    const cache = openedCache();
    const { compute, begun } = handCompute();
    const outcomes = Array.from({ length: 50 }, () =>
      cache.answer(model, question(), compute).catch(error => error.code),
    );
    await settled();
    begun[0].reject(new GalerkinError('GUARD_MISSING', { model: 'darcy', policy: 'reject' }));
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['GUARD_MISSING']));
    expect([begun.length, cache.report().entries]).toEqual([1, 0]);
  });

  test('a client that goes away waits no more; if it led, another leads, however many went before', async () => {
    const cache = openedCache();
    const { compute, begun } = handCompute();
    const gone = Array.from({ length: 6 }, () => new AbortController());
    const leaving = gone.map(({ signal }) =>
      cache.answer(model, question({ terms: { signal } }), compute).catch(error => error),
    );
    const staying = cache.answer(model, question(), compute);
    await settled();
    gone[5].abort('left');
    expect(await leaving[5]).toBe('left');
    for (let k = 0; k < 5; k++) {
      gone[k].abort('left');
      begun[k].reject('left');
      await settled();
    }
    begun[5].resolve(answerOf([4]));
    expect(outputOf(await staying)).toEqual(Float32Array.of(4));
    expect(await Promise.all(leaving)).toEqual(Array.from({ length: 6 }, () => 'left'));
    await expect(
      cache.answer(model, question({ terms: { signal: gone[0].signal }, items: 1, maps: true }), compute),
    ).rejects.toBe('left');
  });

  test('a follower waits no longer than its own timeout', async () => {
    const time = manualClock();
    const cache = openedCache({ clock: time, timers: time });
    const { compute, begun } = handCompute();
    const leader = cache.answer(model, question(), compute);
    const patient = cache.answer(model, question(), compute);
    const hasty = cache.answer(model, question({ terms: { timeoutUs: 5000 } }), compute);
    await settled();
    time.advance(5);
    await expect(hasty).rejects.toMatchObject({ code: 'INFERENCE_TIMEOUT', fields: { limitMs: 5 } });
    begun[0].resolve(answerOf([1]));
    expect([(await leader).hit, (await patient).hit]).toEqual([false, true]);
  });

  test('more than may follow compute for themselves', async () => {
    const cache = openedCache({ maxFollowers: 2 });
    const { compute, begun } = handCompute();
    const all = Array.from({ length: 5 }, () => cache.answer(model, question(), compute));
    await settled();
    expect(begun.length).toBe(3);
    for (const each of begun) each.resolve(answerOf([1]));
    expect((await Promise.all(all)).filter(({ hit }) => hit).length).toBe(2);
  });

  test('an answer too large to keep is still shared', async () => {
    const cache = openedCache();
    const { compute, begun } = handCompute();
    const all = [0, 1].map(() => cache.answer(model, question(), compute));
    await settled();
    begun[0].resolve({
      ...answerOf([]),
      outputs: { u: { dtype: 'UINT8', shape: [300_000], data: new Uint8Array(300_000) } },
    });
    expect((await Promise.all(all)).map(({ hit }) => hit)).toEqual([false, true]);
    expect(cache.report().entries).toBe(0);
  });
});

describe('answers that may no longer be given', () => {
  test('a version with other content never gets the answer of the one before', async () => {
    const cache = openedCache();
    const newer = modelOf('other content');
    await cache.answer(model, question(), async () => answerOf([1]));
    expect(await cache.answer(newer, question(), async () => answerOf([2]))).toMatchObject({ hit: false });
    cache.release(model);
    expect(cache.report().entries).toBe(1);
    expect(await cache.answer(newer, question(), async () => answerOf([3]))).toMatchObject({ hit: true });
    expect(await cache.answer(model, question(), async () => answerOf([4]))).toMatchObject({ hit: false });
  });

  test("a new version of the solver that replaces refused answers ends its model's answers", async () => {
    let solver = modelOf('old', 'solver');
    const cache = openedCache({ find: () => solver });
    const asking = { ...model, asks: [{ name: 'solver' }] };
    await cache.answer(asking, question(), async () => answerOf([1]));
    expect(await cache.answer(asking, question(), async () => answerOf([2]))).toMatchObject({ hit: true });
    solver = modelOf('new', 'solver');
    expect(await cache.answer(asking, question(), async () => answerOf([3]))).toMatchObject({ hit: false });
  });

  test('after an invalidation nothing from before is given, neither kept nor under way', async () => {
    const cache = openedCache();
    const { compute, begun } = handCompute();
    const before = cache.answer(model, question(), compute);
    await settled();
    await cache.invalidate('darcy');
    const after = cache.answer(model, question(), compute);
    await settled();
    expect(begun.length).toBe(2);
    begun[1].resolve(answerOf([2]));
    await after;
    begun[0].resolve(answerOf([1]));
    await before;
    expect(outputOf(await cache.answer(model, question(), compute))).toEqual(Float32Array.of(2));
  });

  test('sequences and models that are not to be kept are not taken', () => {
    const cache = openedCache();
    const sequence = { id: '1', isText: false, start: true, end: false };
    expect(cache.takes(model, question())).toBe(true);
    expect(cache.takes(model, question({ terms: { sequence } }))).toBe(false);
    expect(cache.takes({ ...model, keeping: 'stateful' }, question())).toBe(false);
    expect(cache.takes({ ...model, keeping: 'off' }, question())).toBe(false);
    const asking = { ...model, asks: [{ name: 'step' }] };
    expect(openedCache({ find: () => model }).takes(asking, question())).toBe(true);
    expect(openedCache({ find: () => ({ ...model, keeping: 'stateful' }) }).takes(asking, question())).toBe(false);
  });
});
