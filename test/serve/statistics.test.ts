import { manualClock } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { modelStatistics } from '../../dist/serve/statistics/statistics.js';
import { accepted, given, timesOf } from './fixtures/recorded.js';

const start = Date.UTC(2026, 0, 1);

function watched(startMs = start) {
  const clock = manualClock(startMs);
  const statistics = modelStatistics({ name: 'double', version: '1', clock });
  /** One request that ended now and took so long. */
  const succeed = (latencyMs: number, guard?: typeof accepted): void =>
    statistics.succeed(timesOf(clock.monotonic(), { infer: latencyMs }), latencyMs, given(1, guard));
  return { clock, statistics, succeed, latencies: () => statistics.report().latencyMs };
}

/** A percentile is the middle of a bucket 2.2 percent wide. */
const expectNear = (got: number, wanted: number): void => {
  expect(got / wanted).toBeGreaterThan(0.988);
  expect(got / wanted).toBeLessThan(1.012);
};

describe('latency percentiles', () => {
  test('are those of the sorted latencies, to about one percent', () => {
    const { succeed, latencies } = watched();
    for (let ms = 1; ms <= 1000; ms++) succeed(ms);
    expectNear(latencies().p50, 500);
    expectNear(latencies().p95, 950);
    expectNear(latencies().p99, 990);
  });

  test('forget what is older than a minute, while counters keep it', () => {
    const { clock, statistics, succeed, latencies } = watched();
    for (let k = 0; k < 100; k++) succeed(800, accepted);
    clock.advance(30_000);
    for (let k = 0; k < 300; k++) succeed(2, accepted);
    expectNear(latencies().p99, 800);
    clock.advance(30_000);
    expectNear(latencies().p99, 2);
    clock.advance(60_000);
    expect(latencies()).toEqual({ p50: 0, p95: 0, p99: 0 });
    expect(statistics.report()).toMatchObject({ requests: 400, items: 400, guard: { accepted: 400 } });
  });

  test('a request counts for at least 55 seconds and at most 60, wherever in its slice it came', () => {
    for (let offset = 0; offset < 10_000; offset += 500) {
      const { clock, succeed, latencies } = watched(start + offset);
      succeed(7);
      clock.advance(55_000);
      expectNear(latencies().p50, 7);
      clock.advance(5000);
      expect(latencies().p50).toBe(0);
    }
  });

  test('long idle times leave nothing behind in the ring', () => {
    const { clock, succeed, latencies } = watched();
    for (let round = 0; round < 50; round++) {
      succeed(900);
      clock.advance(61_000 + round * 7000);
      succeed(3);
      expectNear(latencies().p99, 3);
      clock.advance(60_000);
    }
  });

  test('times beyond the scale count at its ends; refusals do not count', () => {
    const { clock, statistics, succeed, latencies } = watched();
    statistics.fail(new Error('cannot be read'), 50);
    expect(latencies().p50).toBe(0);
    succeed(0);
    expect(latencies().p99).toBeCloseTo(0.001, 4);
    clock.advance(60_000);
    succeed(1e12);
    expectNear(latencies().p50, 2 ** 32 / 1000);
  });
});
