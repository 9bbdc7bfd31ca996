import { manualClock } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { modelStatistics } from '../../dist/serve/statistics/statistics.js';

const start = Date.UTC(2026, 0, 1);

function watched(startMs = start) {
  const clock = manualClock(startMs);
  const statistics = modelStatistics('double', '1', clock);
  return { clock, statistics, latencies: () => statistics.report().latencyMs };
}

/** A percentile is the middle of a bucket 2.2 percent wide. */
const expectNear = (got: number, wanted: number): void => {
  expect(got / wanted).toBeGreaterThan(0.988);
  expect(got / wanted).toBeLessThan(1.012);
};

describe('latency percentiles', () => {
  test('are those of the sorted latencies, to about one percent', () => {
    const { statistics, latencies } = watched();
    for (let ms = 1; ms <= 1000; ms++) statistics.succeed(ms, 1, undefined);
    expectNear(latencies().p50, 500);
    expectNear(latencies().p95, 950);
    expectNear(latencies().p99, 990);
  });

  test('forget what is older than a minute, while counters keep it', () => {
    const { clock, statistics, latencies } = watched();
    for (let k = 0; k < 100; k++) statistics.succeed(800, 1, 'accepted');
    clock.advance(30_000);
    for (let k = 0; k < 300; k++) statistics.succeed(2, 1, 'accepted');
    expectNear(latencies().p99, 800);
    clock.advance(30_000);
    expectNear(latencies().p99, 2);
    clock.advance(60_000);
    expect(latencies()).toEqual({ p50: 0, p95: 0, p99: 0 });
    expect(statistics.report()).toMatchObject({ requests: 400, items: 400, guard: { accepted: 400 } });
  });

  test('a request counts for at least 55 seconds and at most 60, wherever in its slice it came', () => {
    for (let offset = 0; offset < 10_000; offset += 500) {
      const { clock, statistics, latencies } = watched(start + offset);
      statistics.succeed(7, 1, undefined);
      clock.advance(55_000);
      expectNear(latencies().p50, 7);
      clock.advance(5000);
      expect(latencies().p50).toBe(0);
    }
  });

  test('long idle times leave nothing behind in the ring', () => {
    const { clock, statistics, latencies } = watched();
    for (let round = 0; round < 50; round++) {
      statistics.succeed(900, 1, undefined);
      clock.advance(61_000 + round * 7000);
      statistics.succeed(3, 1, undefined);
      expectNear(latencies().p99, 3);
      clock.advance(60_000);
    }
  });

  test('times beyond the scale count at its ends; refusals do not count', () => {
    const { clock, statistics, latencies } = watched();
    statistics.fail(50, 400);
    expect(latencies().p50).toBe(0);
    statistics.succeed(0, 1, undefined);
    expect(latencies().p99).toBeCloseTo(0.001, 4);
    clock.advance(60_000);
    statistics.succeed(1e12, 1, undefined);
    expectNear(latencies().p50, 2 ** 32 / 1000);
  });
});
