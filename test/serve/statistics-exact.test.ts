import { GalerkinError, manualClock, seededRandom } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { flushReasons } from '../../dist/serve/statistics/executions.js';
import {
  batchChannel,
  type ModelStatistics,
  modelStatistics,
  requestChannel,
} from '../../dist/serve/statistics/statistics.js';
import { given, judged, timesOf } from './fixtures/recorded.js';

const start = Date.UTC(2026, 0, 1);

function watched(): { readonly clock: ReturnType<typeof manualClock>; readonly statistics: ModelStatistics } {
  const clock = manualClock(start);
  const bounds = { residualBound: 0.5, fluxBound: 0.1 };
  return { clock, statistics: modelStatistics({ name: 'darcy', version: '3', clock, guard: bounds, isCached: true }) };
}

/** Whole nanoseconds as milliseconds. The clock stands near 1.8e12 ms: such times are whole multiples of 1/4096 ms. */
const someMs = (random: ReturnType<typeof seededRandom>, most: number): number =>
  Math.floor(random.uniform() * most * 64) / 64;
const ns = (ms: number): number => Math.round(ms * 1e6);

const batch = { requests: 1, inputMs: 0, inferMs: 1, outputMs: 0, why: 'single', waitedMs: 0, doneMs: start } as const;

describe("Triton's statistics", () => {
  test('of a model that did nothing have every member, all zero', () => {
    const zero = { count: 0, ns: 0 };
    expect(watched().statistics.triton()).toEqual({
      name: 'darcy',
      version: '3',
      last_inference: 0,
      inference_count: 0,
      execution_count: 0,
      inference_stats: {
        success: zero,
        fail: zero,
        queue: zero,
        compute_input: zero,
        compute_infer: zero,
        compute_output: zero,
        cache_hit: zero,
        cache_miss: zero,
      },
      response_stats: {},
      batch_stats: [],
      memory_usage: [],
    });
  });

  test.each([1, 2, 3, 4, 5])('are the exact sums of what was recorded, seed %i', seed => {
    const random = seededRandom(seed);
    const { clock, statistics } = watched();
    const sums = { success: 0, queue: 0, input: 0, infer: 0, output: 0, fail: 0, hit: 0, miss: 0 };
    const counts = { computed: 0, failed: 0, hits: 0, misses: 0, items: 0 };
    let lastMs = 0;
    for (let k = 0; k < 2000; k++) {
      clock.advance(someMs(random, 30));
      const latencyMs = someMs(random, 100);
      const kind = random.integer(4);
      if (kind === 0) {
        statistics.fail(new GalerkinError('INFERENCE_FAILED', { model: 'darcy' }), latencyMs);
        counts.failed++;
        sums.fail += ns(latencyMs);
      } else if (kind === 1) {
        statistics.hit(0.25, latencyMs, given(5));
        counts.hits++;
        sums.success += ns(latencyMs);
        sums.hit += 250_000;
      } else {
        const spans = {
          queue: someMs(random, 10),
          input: someMs(random, 2),
          infer: someMs(random, 20),
          output: someMs(random, 2),
        };
        const items = 1 + random.integer(8);
        statistics.miss(0.5);
        statistics.succeed(timesOf(clock.monotonic(), spans), latencyMs, given(items));
        counts.computed++;
        counts.misses++;
        counts.items += items;
        sums.miss += 500_000;
        sums.success += ns(latencyMs);
        for (const stage of ['queue', 'input', 'infer', 'output'] as const) sums[stage] += ns(spans[stage]);
        lastMs = Math.round(clock.now());
      }
    }
    const { computed, hits, failed, misses } = counts;
    expect(statistics.triton()).toMatchObject({
      last_inference: lastMs,
      inference_count: counts.items,
      inference_stats: {
        success: { count: computed + hits, ns: sums.success },
        fail: { count: failed, ns: sums.fail },
        queue: { count: computed + hits, ns: sums.queue },
        compute_input: { count: computed, ns: sums.input },
        compute_infer: { count: computed, ns: sums.infer },
        compute_output: { count: computed, ns: sums.output },
        cache_hit: { count: hits, ns: sums.hit },
        cache_miss: { count: misses, ns: sums.miss },
      },
    });
    expect(statistics.report()).toMatchObject({
      requests: computed + hits + failed,
      failures: failed,
      items: counts.items + 5 * hits,
      cache: { hits, misses },
    });
  });

  test('are unsigned integers whatever the clocks say', () => {
    const { statistics } = watched();
    const odd = [Number.NaN, Infinity, -Infinity, -1, 0, 1e-9, 1e300];
    for (const a of odd) {
      for (const b of odd) {
        const times = { queuedMs: a, startedMs: b, inputDoneMs: a, inferredMs: b, doneMs: a };
        statistics.succeed(times, b, given(1));
        statistics.fail(new Error('x'), a);
        statistics.hit(a, b, given(1));
        statistics.miss(a);
        statistics.execute({ ...batch, items: 1, inputMs: a, inferMs: b, outputMs: a });
        statistics.respond({ index: a, inferMs: a, outputMs: b, outcome: 'success' });
      }
    }
    const text = JSON.stringify(statistics.triton());
    expect(/null|-\d|\d\.\d|\de[+-]?\d/.exec(text)?.[0]).toBeUndefined();
    expect(Object.keys(statistics.triton().response_stats).length).toBeLessThanOrEqual(256);
  });

  test('a stage that was not passed took nothing', () => {
    const { statistics, clock } = watched();
    const doneMs = clock.monotonic();
    const times = { queuedMs: doneMs - 8, startedMs: 0, inputDoneMs: 0, inferredMs: 0, doneMs };
    statistics.succeed(times, 8, given(1));
    const { success, queue, compute_output } = statistics.triton().inference_stats;
    expect([success.ns, queue.ns, compute_output]).toEqual([8e6, 0, { count: 1, ns: 0 }]);
  });

  test('follow the calendar when the clock of the system is set', () => {
    let nowMs = start;
    const monotonicMs = 5000;
    const clock = { now: () => nowMs, monotonic: () => monotonicMs };
    const statistics = modelStatistics({ name: 'm', version: '1', clock });
    statistics.succeed(timesOf(monotonicMs, {}), 1, given(1));
    nowMs += 0.4;
    expect(statistics.triton().last_inference).toBe(start);
    nowMs += 3_600_000;
    expect(statistics.triton().last_inference).toBeGreaterThanOrEqual(start + 3_600_000);
  });
});

describe('executions', () => {
  test.each([1, 2, 3])('are summed for each batch size, seed %i', seed => {
    const random = seededRandom(seed);
    const { statistics } = watched();
    const expected = new Map<number, number[]>();
    for (let k = 0; k < 1000; k++) {
      const items = 1 + random.integer(6);
      const [inputMs, inferMs, outputMs] = [someMs(random, 1), someMs(random, 9), someMs(random, 1)];
      statistics.execute({ ...batch, items, inputMs, inferMs, outputMs });
      const [count = 0, input = 0, infer = 0, output = 0] = expected.get(items) ?? [];
      expected.set(items, [count + 1, input + ns(inputMs), infer + ns(inferMs), output + ns(outputMs)]);
    }
    const { execution_count, batch_stats } = statistics.triton();
    expect(execution_count).toBe(1000);
    expect(
      batch_stats.map(({ batch_size, compute_input, compute_infer, compute_output }) => [
        batch_size,
        [compute_infer.count, compute_input.ns, compute_infer.ns, compute_output.ns],
      ]),
    ).toEqual([...expected].sort(([a], [b]) => a - b));
  });

  test('say why each batch was sent; the last 64 are kept in order, and all are published', () => {
    const { statistics } = watched();
    const heard: string[] = [];
    const stop = batchChannel.subscribe(({ model, version, items, why }) =>
      heard.push(`${model} ${version} ${items} ${why}`),
    );
    for (let k = 0; k < 150; k++) {
      const why = flushReasons[k % flushReasons.length];
      statistics.execute({ ...batch, items: k + 1, why, waitedMs: k / 2, doneMs: start + k });
    }
    stop();
    statistics.execute({ ...batch, items: 151, why: 'close', waitedMs: 75, doneMs: start + 150 });
    const { batches, flushes, executions } = statistics.report();
    expect(batches.map(({ items }) => items)).toEqual(Array.from({ length: 64 }, (_, k) => 88 + k));
    expect(batches.at(-1)).toEqual({
      atMs: start + 150,
      items: 151,
      requests: 1,
      why: 'close',
      waitedMs: 75,
      inferMs: 1,
    });
    expect(flushes).toEqual({ full: 22, preferred: 22, delay: 22, shape: 21, 'no-delay': 21, single: 21, close: 22 });
    expect(executions).toBe(151);
    expect([heard.length, heard[2]]).toEqual([150, 'darcy 3 3 delay']);
  });

  test('of ever new sizes stay in bounds', () => {
    const { statistics } = watched();
    for (let items = 1; items <= 5000; items++) statistics.execute({ ...batch, items });
    expect(statistics.triton()).toMatchObject({ execution_count: 5000 });
    expect(statistics.triton().batch_stats.length).toBe(1024);
  });
});

describe('failures', () => {
  const waited = new GalerkinError('QUEUE_FULL', { model: 'darcy', limit: 4 });
  const figures = { residual: 0.9, residualBound: 0.5, fluxImbalance: 0.01, fluxBound: 0.1 };
  const refused = new GalerkinError('ANSWER_REJECTED', { model: 'darcy', ...figures });

  test.each([
    ['REJECTED', waited],
    ['CANCELED', new GalerkinError('REQUEST_CANCELLED', { model: 'darcy' })],
    ['BACKEND', new GalerkinError('INSTANCE_DIED', { model: 'darcy' })],
    ['OTHER', refused],
    ['OTHER', new TypeError('ours')],
    ['OTHER', undefined],
  ] as const)('count as %s, %#', (reason, error) => {
    const { statistics } = watched();
    statistics.fail(error, 2);
    const none = { REJECTED: 0, CANCELED: 0, BACKEND: 0, OTHER: 0 };
    expect(statistics.report().failuresBy).toEqual({ ...none, [reason]: 1 });
  });

  test('that the guard causes keep its figures; requests are published with status and reason', () => {
    const { statistics } = watched();
    const heard: unknown[] = [];
    const stop = requestChannel.subscribe(({ status, items, verdict, reason, cached }) =>
      heard.push([status, items, verdict, reason, cached]),
    );
    statistics.fail(refused, 3);
    statistics.fail(waited, 0);
    statistics.hit(0.1, 0.2, given(2, judged('accepted', 0.01)));
    statistics.succeed(timesOf(start, {}), 1, given(3, judged('fallback', 0.02)));
    stop();
    expect(heard).toEqual([
      [422, 0, 'rejected', 'OTHER', false],
      [503, 0, undefined, 'REJECTED', false],
      [200, 2, 'accepted', undefined, true],
      [200, 3, 'fallback', undefined, false],
    ]);
    expect(statistics.report().guard).toEqual({ accepted: 1, flagged: 0, rejected: 1, fallback: 1 });
  });
});

test('responses of decoupled models are counted by their place', () => {
  const { statistics } = watched();
  statistics.respond({ index: 0, inferMs: 2, outputMs: 1, outcome: 'success' });
  statistics.respond({ index: 1, inferMs: 4, outputMs: 1, outcome: 'fail' });
  statistics.respond({ index: 1, inferMs: 0, outputMs: 0, outcome: 'empty_response' });
  const { response_stats } = statistics.triton();
  expect(Object.keys(response_stats)).toEqual(['0', '1']);
  expect(response_stats['0']).toMatchObject({ success: { count: 1, ns: 3e6 }, compute_infer: { count: 1, ns: 2e6 } });
  expect(response_stats['1']).toMatchObject({ fail: { count: 1, ns: 5e6 }, empty_response: { count: 1, ns: 0 } });
});
