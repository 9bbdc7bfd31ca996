// The statistics under the judge, each by itself: its level holds at all times at once, not only at one.
import { seededRandom } from 'galerkin/base';
import { describe, expect, it } from 'vitest';
import { addToSketch, quantileOf, sketchState } from '../../dist/control/judge/log-sketch.js';
import { addEntry, meanState, weightedMean } from '../../dist/control/judge/mean-state.js';
import { logGamma, normalBelow } from '../../dist/control/judge/normal-distribution.js';
import { shareBand } from '../../dist/control/judge/proportion-band.js';
import { quantileBand } from '../../dist/control/judge/quantile-band.js';
import { boundDistance, logEvidenceAbove } from '../../dist/control/judge/t-mixture.js';
import { addProportions, proportionsState } from '../../dist/control/judge/two-proportions.js';

const level = 0.05;

/** Share of runs in which the claim was ever false. */
function everWrong(runs: number, run: (seed: number) => boolean): number {
  let wrong = 0;
  for (let seed = 1; seed <= runs; seed++) if (run(seed)) wrong += 1;
  return wrong / runs;
}

describe('an interval for a mean', () => {
  it.each([
    ['normal', (z: number) => z],
    ['skewed', (z: number) => Math.exp(0.5 * z) - Math.exp(0.125)],
  ])('misses the mean at any of 300 counts in at most 5 of 100 runs: %s values', (_, shape) => {
    const missed = everWrong(250, seed => {
      const random = seededRandom(seed);
      const state = meanState.parse({});
      for (let k = 0; k < 300; k++) {
        const info = 1 + (k % 3);
        addEntry(state, shape(random.normal()) / Math.sqrt(info), info);
        const fit = weightedMean(state);
        if (k > 8 && fit.mean - boundDistance(fit, level) > 0) return true;
      }
      return false;
    });
    expect(missed).toBeLessThanOrEqual(level);
  });

  it('is where the evidence against its edge is the inverse of its level', () => {
    const state = meanState.parse({});
    const random = seededRandom(4);
    for (let k = 0; k < 60; k++) addEntry(state, 3 + random.normal(), 1);
    const fit = weightedMean(state);
    const lower = fit.mean - boundDistance(fit, level);
    expect(logEvidenceAbove(fit, lower)).toBeCloseTo(Math.log(1 / level), 6);
    expect(logEvidenceAbove(fit, lower - 0.01)).toBeGreaterThan(Math.log(1 / level));
  });

  it('counts entries that lean on their neighbours for less', () => {
    const random = seededRandom(9);
    const [loose, bound] = [meanState.parse({}), meanState.parse({})];
    let last = 0;
    for (let k = 0; k < 3000; k++) {
      last = 0.8 * last + 0.6 * random.normal();
      addEntry(bound, last, 1);
      addEntry(loose, random.normal(), 1);
    }
    // (1 + 0.8) / (1 - 0.8) = 9.
    expect(weightedMean(bound).variance).toBeGreaterThan(6);
    expect(weightedMean(bound).variance).toBeLessThan(14);
    expect(weightedMean(loose).variance).toBeLessThan(1.3);
  });

  it('gives ever less evidence the other way, however far', () => {
    const evidence = [0, 1, 10, 100, 1e4, 1e8].map(mean =>
      logEvidenceAbove({ entries: 100, info: 100, mean: -mean, variance: 1 }, 0),
    );
    for (let k = 1; k < evidence.length; k++) expect(evidence[k]).toBeLessThan(evidence[k - 1]);
  });
});

describe('a band for a share', () => {
  it.each([0.001, 0.05, 0.5])('misses a share of %d at any of 1,000 counts in at most 5 of 100 runs', share => {
    const missed = everWrong(300, seed => {
      const random = seededRandom(seed);
      let hits = 0;
      for (let count = 1; count <= 1000; count++) {
        if (random.uniform() < share) hits += 1;
        if (count % 5 > 0) continue;
        const { lower, upper } = shareBand(hits, count, level);
        if (share < lower || share > upper) return true;
      }
      return false;
    });
    expect(missed).toBeLessThanOrEqual(level);
  });
});

describe('a band for a quantile', () => {
  it.each([0.5, 0.95, 0.99])(
    'misses the quantile of %d at any of 2,000 counts in at most 5 of 100 runs',
    probability => {
      const normalQuantile = { 0.5: 0, 0.95: 1.6448536, 0.99: 2.3263479 }[probability] ?? Number.NaN;
      const truth = Math.exp(0.4 * normalQuantile);
      let known = 0;
      const missed = everWrong(200, seed => {
        const random = seededRandom(seed);
        const sketch = sketchState.parse({});
        for (let count = 1; count <= 2000; count++) {
          addToSketch(sketch, Math.exp(0.4 * random.normal()));
          if (count % 50 > 0) continue;
          const { lower, upper } = quantileBand(sketch, probability, level);
          if (lower !== null && upper !== null) known += 1;
          // Edges are known to the sketch's 2 %.
          if ((lower ?? 0) > 1.02 * truth || (upper ?? Number.POSITIVE_INFINITY) < truth / 1.02) return true;
        }
        return false;
      });
      expect(missed).toBeLessThanOrEqual(level);
      expect(known).toBeGreaterThan(200);
    },
  );

  it('rests on a sketch that knows every quantile to 2 %, over 20 orders of magnitude', () => {
    const random = seededRandom(2);
    const sketch = sketchState.parse({});
    const values = Array.from({ length: 5000 }, () => 10 ** (10 * random.normal() * 0.3));
    for (const value of values) addToSketch(sketch, value);
    const sorted = values.toSorted((a, b) => a - b);
    for (const probability of [0.001, 0.1, 0.5, 0.9, 0.999]) {
      const exact = sorted[Math.ceil(probability * 5000) - 1];
      expect(Math.abs(Math.log((quantileOf(sketch, probability) ?? 0) / exact))).toBeLessThan(0.0201);
    }
  });
});

describe('evidence about two shares', () => {
  it('is worth at most 1 on average under every null hypothesis, whatever was bet', () => {
    const choose = (n: number, k: number) => Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1));
    const chance = (n: number, k: number, p: number) => choose(n, k) * p ** k * (1 - p) ** (n - k);
    const learned = { stableCount: 40, stableHits: 4, candidateCount: 25, candidateHits: 9, logEvidence: 0 };
    for (const claim of [
      { show: 'above', gap: 0, usual: 0.1 },
      { show: 'above', gap: 0.1, usual: 0.1 },
      { show: 'below', gap: 0.4, usual: 0.1 },
      { show: 'below', gap: 0, usual: 0.1 },
    ] as const) {
      let most = 0;
      for (let p = 0.01; p < 1; p += 0.03) {
        for (let q = 0.01; q < 1; q += 0.03) {
          const isNull = claim.show === 'above' ? q - p <= claim.gap : q - p >= claim.gap;
          if (!isNull) continue;
          let mean = 0;
          for (let a = 0; a <= 5; a++) {
            for (let b = 0; b <= 3; b++) {
              const state = proportionsState.parse(learned);
              addProportions(state, { stableCount: 5, stableSum: a, candidateCount: 3, candidateSum: b }, claim);
              mean += chance(5, a, p) * chance(3, b, q) * Math.exp(state.logEvidence);
            }
          }
          most = Math.max(most, mean);
        }
      }
      expect(most).toBeLessThanOrEqual(1 + 1e-6);
      // It is a bet, not an abstention: somewhere on the edge of the null hypothesis it is nearly fair.
      expect(most).toBeGreaterThan(0.9);
    }
  });
});

describe('special functions', () => {
  it('agree with their tables', () => {
    expect(normalBelow(0)).toBe(0.5);
    expect(normalBelow(1.959963984540054)).toBeCloseTo(0.975, 12);
    expect(normalBelow(-3.090232306167813)).toBeCloseTo(0.001, 12);
    expect(normalBelow(-10) / 7.619853024160527e-24).toBeCloseTo(1, 8);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
    expect(logGamma(11)).toBeCloseTo(Math.log(3628800), 12);
  });
});
