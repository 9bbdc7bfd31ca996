import { seededRandom } from 'galerkin/base';
import { conformalBound, splitFields } from 'galerkin/learn';
import { describe, expect, test } from 'vitest';
import { assertDisjoint } from '../../dist/learn/split.js';

describe('the conformal bound', () => {
  test('is the ceil((count + 1)(1 - alpha))-th smallest score', () => {
    const scores = Array.from({ length: 199 }, (_, k) => 199 - k);
    expect(conformalBound(scores, 0.01)).toBe(198);
    expect(conformalBound(scores, 0.5)).toBe(100);
  });

  test('is infinite when there are too few scores for that alpha, and never a number that promises too much', () => {
    expect(conformalBound([1, 2, 3], 0.01)).toBe(Number.POSITIVE_INFINITY);
    expect(conformalBound([], 0.1)).toBe(Number.POSITIVE_INFINITY);
  });

  test('is exceeded by at most a share alpha of new scores, over many calibrations', () => {
    const random = seededRandom(1);
    const alpha = 0.1;
    let exceeded = 0;
    for (let round = 0; round < 2000; round++) {
      const bound = conformalBound(
        Array.from({ length: 50 }, () => random.normal() ** 2),
        alpha,
      );
      if (random.normal() ** 2 > bound) exceeded++;
    }
    // Expected share: 1 - ceil(51 * 0.9) / 51 = 0.098; three standard deviations of 2000 draws are 0.02.
    expect(exceeded / 2000).toBeGreaterThan(0.078);
    expect(exceeded / 2000).toBeLessThan(0.118);
  });
});

describe('the split', () => {
  test('gives three ranges that share no field', () => {
    const split = splitFields({ count: 100 }, { train: 60, test: 30, calibration: 10 });
    expect(split).toEqual({
      train: { first: 0, count: 60 },
      test: { first: 60, count: 30 },
      calibration: { first: 90, count: 10 },
    });
  });

  test('refuses a data set that is too small, saying by how much', () => {
    expect(() => splitFields({ count: 99 }, { train: 60, test: 30, calibration: 10 })).toThrow(
      /wanted 100 fields.*99/s,
    );
  });

  test('overlapping ranges are a bug that is caught', () => {
    expect(() =>
      assertDisjoint([
        { first: 5, count: 5 },
        { first: 0, count: 6 },
      ]),
    ).toThrow(/overlap/);
    expect(() =>
      assertDisjoint([
        { first: 5, count: 5 },
        { first: 0, count: 5 },
      ]),
    ).not.toThrow();
  });
});
