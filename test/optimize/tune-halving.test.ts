// Successive halving on synthetic timings: the clock is moved by hand, noise is seeded.
import { manualClock, seededRandom } from 'galerkin/base';
import { compareScores, type HalvingOptions, successiveHalving } from 'galerkin/optimize';
import { describe, expect, test } from 'vitest';

interface Runner {
  readonly id: number;
  readonly trueMs: number;
  runs: number;
  totalMs: number;
}

/** Runners whose runs take their true time, give or take `noise`; the clock moves with them. */
function racecourse(count: number, { noise = 0, seed = 1 } = {}) {
  const random = seededRandom(seed);
  const clock = manualClock();
  const runners = Array.from({ length: count }, (_, id): Runner => ({ id, trueMs: 5 + id, runs: 0, totalMs: 0 }));
  const shuffled = runners.toSorted((a, b) => ((a.id * 7919) % 101) - ((b.id * 7919) % 101));
  const options: Pick<HalvingOptions<Runner>, 'clock' | 'measure' | 'score'> = {
    clock,
    async measure(runner, { runs, limitMs }) {
      const startMs = clock.monotonic();
      let done = 0;
      do {
        const ms = runner.trueMs * (1 + noise * (2 * random.uniform() - 1));
        clock.advance(ms);
        runner.runs++;
        runner.totalMs += ms;
        done++;
      } while (done < runs && clock.monotonic() - startMs < limitMs);
    },
    score: ({ totalMs, runs }) => [totalMs / runs],
  };
  return { clock, runners: shuffled, options };
}

describe('successive halving', () => {
  test('finds the best of 64 under 20 % noise, with a quarter of the runs that the best one got', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { clock, runners, options } = racecourse(64, { noise: 0.2, seed });
      const { ranking, unmeasured } = await successiveHalving(runners, { ...options, endMs: 1e6, firstRuns: 4 });
      expect(ranking[0]?.id).toBeLessThanOrEqual(1);
      expect(unmeasured).toEqual([]);
      const [best, all] = [ranking[0]?.runs ?? 0, runners.reduce((sum, { runs }) => sum + runs, 0)];
      expect(all).toBeLessThan((64 * best) / 4);
      expect(clock.monotonic()).toBeLessThan(1e6);
    }
  });

  test('each rung runs twice as often what was the better half of the rung before', async () => {
    const { runners, options } = racecourse(16);
    const { rungs } = await successiveHalving(runners, { ...options, endMs: 1e9, firstRuns: 3 });
    expect(rungs.map(({ runs, entered, kept }) => [runs, entered.length, kept.length])).toEqual([
      [3, 16, 8],
      [6, 8, 4],
      [12, 4, 2],
      [24, 2, 1],
      [48, 1, 1],
    ]);
    for (const { entered, kept } of rungs) {
      const dropped = entered.filter(each => !kept.includes(each));
      for (const { trueMs } of dropped)
        expect(trueMs).toBeGreaterThanOrEqual(Math.max(...kept.map(each => each.trueMs)));
    }
  });

  test.each([50, 500, 5000])('is over in %i ms, but for the run that is under way', async limitMs => {
    const { clock, runners, options } = racecourse(64, { noise: 0.2 });
    const { ranking, unmeasured } = await successiveHalving(runners, { ...options, endMs: limitMs, firstRuns: 4 });
    const longestRunMs = 1.2 * (5 + 63);
    expect(clock.monotonic()).toBeLessThan(limitMs + longestRunMs);
    expect(ranking.length).toBeGreaterThan(0);
    expect(unmeasured.length + runners.filter(({ runs }) => runs > 0).length).toBe(64);
  });

  test('without any time one candidate is measured all the same: an answer has to be given', async () => {
    const { runners, options } = racecourse(8);
    const { ranking, unmeasured } = await successiveHalving(runners, { ...options, endMs: 0, firstRuns: 4 });
    expect(ranking.map(({ runs }) => runs)).toEqual([1]);
    expect(unmeasured).toHaveLength(7);
  });

  test('the control stays in every rung, however slow', async () => {
    const { runners, options } = racecourse(16);
    const { rungs, ranking } = await successiveHalving(runners, {
      ...options,
      endMs: 1e9,
      firstRuns: 1,
      isKept: ({ id }) => id === 15,
    });
    for (const { kept } of rungs) expect(kept.some(({ id }) => id === 15)).toBe(true);
    expect(ranking[0]?.id).toBe(0);
  });

  test('what cannot be run is dropped, and told so that it can be closed', async () => {
    const { runners, options } = racecourse(8);
    const dropped: number[] = [];
    const { ranking } = await successiveHalving(runners, {
      ...options,
      endMs: 1e9,
      firstRuns: 1,
      score: runner => (runner.id < 4 ? [Number.NaN] : options.score(runner)),
      dropped: async ({ id }) => void dropped.push(id),
    });
    expect(ranking[0]?.id).toBe(4);
    expect(dropped.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 5, 6, 7]);
  });

  test('is called off between two measurements', async () => {
    const { runners, options } = racecourse(8);
    const controller = new AbortController();
    const measure: typeof options.measure = async (runner, plan) => {
      await options.measure(runner, plan);
      if (runners.filter(({ runs }) => runs > 0).length === 3) controller.abort(new Error('enough'));
    };
    const race = successiveHalving(runners, {
      ...options,
      measure,
      endMs: 1e9,
      firstRuns: 1,
      signal: controller.signal,
    });
    await expect(race).rejects.toThrow('enough');
    expect(runners.filter(({ runs }) => runs > 0)).toHaveLength(3);
  });
});

test('scores are compared from the left, and no number is worse than every number', () => {
  expect(compareScores([0, 5], [0, 6])).toBeLessThan(0);
  expect(compareScores([1, 0], [0, 9])).toBeGreaterThan(0);
  expect(compareScores([1], [1])).toBe(0);
  expect(compareScores([Number.NaN], [1e300])).toBeGreaterThan(0);
  expect(compareScores([Number.POSITIVE_INFINITY], [Number.NaN])).toBeLessThan(0);
});
