// How much traffic the fresh instances of the stable version get.
import { routeSchema, wholeShare } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { baselineBefore, baselineIn } from '../../dist/control/release/even-share.js';

const shareIn = (candidateShare: number, mirrorShare = 0): number | undefined =>
  baselineIn({ candidateShare, mirrorShare, replicas: 'all' }, true).baseline?.share;

describe('the fresh baseline of a stage', () => {
  test('is asked as often as the candidate; copies are asked of both, and take nothing from clients', () => {
    expect(shareIn(500)).toBe(500);
    expect(shareIn(2_500)).toBe(2_500);
    expect(shareIn(0, 1_000)).toBe(0);
    expect(shareIn(500, 2_000)).toBe(500);
  });

  test('is all that the stable version has where the candidate has as much, and none where nothing is compared', () => {
    expect(shareIn(5_000)).toBe(5_000);
    expect(shareIn(8_000)).toBe(2_000);
    expect(shareIn(wholeShare)).toBeUndefined();
    expect(shareIn(0)).toBeUndefined();
  });

  test('answers alone on the replicas that still have the stable version, where whole replicas change', () => {
    const rolling = { candidateShare: wholeShare, mirrorShare: 0, replicas: 1 };
    expect(baselineIn(rolling, true)).toEqual({});
    expect(baselineIn(rolling, false)).toEqual({ baseline: { share: wholeShare } });
  });

  test('is never more than what the stable version has', () => {
    for (let candidate = 0; candidate <= wholeShare; candidate += 250)
      expect(shareIn(candidate, 1_000)).toBeLessThanOrEqual(wholeShare - candidate);
  });

  test('is loaded before the first stage, if a stage wants it', () => {
    const stage = (candidateShare: number) => ({
      title: '',
      candidateShare,
      replicas: 'all' as const,
      rules: [],
      sticky: undefined,
      mirrorShare: 0,
      holdMs: 0,
      approve: false,
      early: 'next' as const,
      atEnd: 'next' as const,
    });
    expect(baselineBefore([stage(500), stage(5_000)])).toEqual({ baseline: { share: 0 } });
    expect(baselineBefore([{ ...stage(0), mirrorShare: wholeShare }])).toEqual({ baseline: { share: 0 } });
    expect(baselineBefore([stage(0), stage(wholeShare)])).toEqual({});
  });
});

test('a route refuses a baseline that is more than the stable version has', () => {
  const route = {
    model: 'darcy',
    fence: { term: 1, revision: 0 },
    stable: 1,
    shares: [
      { version: 1, share: 4_000 },
      { version: 2, share: 6_000 },
    ],
  };
  expect(routeSchema.safeParse({ ...route, baseline: { share: 4_000 } }).success).toBe(true);
  expect(routeSchema.safeParse({ ...route, baseline: { share: 4_001 } }).error?.message).toContain('4000');
});
