import { seededRandom } from 'galerkin/base';
import { Counter, Gauge, Histogram, logBuckets } from 'galerkin/observe';
import { describe, expect, test } from 'vitest';

const nextUp = (value: number): number => value * (1 + Number.EPSILON);
const nextDown = (value: number): number => value * (1 - Number.EPSILON / 2);

const layouts = [
  { low: 3, high: 25, parts: 2 },
  { low: -17, high: 7, parts: 1 },
  { low: -2, high: 2, parts: 16 },
  { low: -1000, high: 1000, parts: 8 },
] as const;

describe('logarithmic buckets', () => {
  test('cut every octave into equal parts', () => {
    expect([...logBuckets({ low: 0, high: 2, parts: 4 }).bounds]).toEqual([1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4]);
    expect(logBuckets({ low: -1, high: 1, parts: 1 }).labels).toEqual(['0.5', '1.0', '2.0', '+Inf']);
  });

  test.each(layouts)('hold what is over the bound before and not over their own: %o', layout => {
    const { bounds, indexOf } = logBuckets(layout);
    const linear = (value: number): number => {
      const index = bounds.findIndex(bound => value <= bound);
      return index < 0 ? bounds.length : index;
    };
    const stride = Math.max(1, Math.floor(bounds.length / 500));
    for (let k = 0; k < bounds.length; k += stride) {
      for (const value of [bounds[k], nextUp(bounds[k]), nextDown(bounds[k])])
        expect([value, indexOf(value)]).toEqual([value, linear(value)]);
    }
    const random = seededRandom(7);
    for (let k = 0; k < 2000; k++) {
      const value = 2 ** (layout.low - 1 + random.uniform() * (layout.high - layout.low + 2));
      if (Number.isFinite(value)) expect([value, indexOf(value)]).toEqual([value, linear(value)]);
    }
  });

  test.each([
    { low: 2, high: 2, parts: 1 },
    { low: 0.5, high: 2, parts: 1 },
    { low: -2000, high: 2, parts: 1 },
    { low: 0, high: Number.POSITIVE_INFINITY, parts: 1 },
  ] as const)('are refused where they make no sense: %o', options => {
    expect(() => logBuckets(options)).toThrow(/low and high: wanted whole numbers/);
  });
});

describe('a histogram', () => {
  const buckets = logBuckets({ low: -10, high: 20, parts: 4 });

  test.each([1, 2, 3])('has quantiles right to the width of a bucket, seed %i', seed => {
    const random = seededRandom(seed);
    const histogram = new Histogram(buckets);
    const values = Array.from({ length: 5000 }, () => Math.exp(random.uniform() * 8 - 2));
    for (const value of values) histogram.record(value);
    values.sort((a, b) => a - b);
    for (const share of [0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) {
      const exact = values[Math.ceil(share * values.length) - 1];
      const ratio = histogram.quantile(share) / exact;
      expect(ratio).toBeGreaterThan(1 / 1.25);
      expect(ratio).toBeLessThan(1.25);
    }
  });

  test('counts each value once, and sums them', () => {
    const random = seededRandom(11);
    const histogram = new Histogram(buckets);
    let sum = 0;
    for (let k = 0; k < 10_000; k++) {
      const value = Math.floor(random.uniform() * 1e6) / 64;
      histogram.record(value);
      sum += value;
    }
    expect([histogram.count, histogram.sum]).toEqual([10_000, sum]);
    expect(histogram.counts.reduce((a, b) => a + b, 0)).toBe(10_000);
  });

  test('takes what is no measure without harm: nothing makes its sum fall or vanish', () => {
    const histogram = new Histogram(logBuckets({ low: 0, high: 2, parts: 1 }));
    for (const value of [Number.NaN, Infinity, -Infinity, -3, -0, 0, 5e-324, 1e300]) histogram.record(value);
    expect([...histogram.counts]).toEqual([5, 0, 0, 3]);
    expect(histogram.sum).toBe(1e300);
    expect(histogram.count).toBe(8);
    expect(histogram.quantile(1)).toBe(4);
    expect(new Histogram(buckets).quantile(0.5)).toBe(0);
  });
});

describe('counters and gauges', () => {
  test('a counter never falls, and a gauge does', () => {
    const counter = new Counter();
    for (const step of [1, 0, -5, Number.NaN, 2.5]) counter.add(step);
    counter.add();
    expect(counter.value).toBe(4.5);
    const gauge = new Gauge();
    gauge.set(3);
    gauge.add(-5);
    expect(gauge.value).toBe(-2);
  });

  test('recording allocates nothing', () => {
    const histogram = new Histogram(logBuckets({ low: 3, high: 25, parts: 2 }));
    const counter = new Counter();
    const gauge = new Gauge();
    const run = (times: number): void => {
      for (let k = 0; k < times; k++) {
        histogram.record(k * 1.37);
        counter.add(1.5);
        gauge.set(k / 3);
      }
    };
    run(200_000);
    // Had one record boxed a number, 100,000 of them would take 1.6 MB; the least of several rounds is free of other work.
    const grown = Array.from({ length: 8 }, () => {
      const before = process.memoryUsage().heapUsed;
      run(100_000);
      return Math.abs(process.memoryUsage().heapUsed - before);
    });
    expect(Math.min(...grown)).toBeLessThan(200_000);
  });
});
