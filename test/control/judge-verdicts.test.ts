// What the judge decides: bad versions are stopped soon, good ones are let in, and what is missing is said.
import { seededRandom } from 'galerkin/base';
import { openJudge } from 'galerkin/control';
import { describe, expect, it } from 'vitest';
import {
  countOf,
  criterion,
  judgeConfig,
  medianSamples,
  outcomeOf,
  outcomesOf,
  sampleOf,
  usualConfig,
  versions,
} from './judge-traffic.js';

describe('a version that is worse', () => {
  it('is stopped within 200 samples of each arm at the median, if it is 10 % slower and latencies scatter by 20 %', () => {
    const outcomes = outcomesOf(60, { slower: 1.1, scatter: 0.2 });
    expect(medianSamples(outcomes, 'abort')).toBeLessThan(200);
    expect(countOf(outcomes, 'promote')).toBeLessThanOrEqual(3);
  });

  it.each([0.1, 0.5])('is stopped within 100 of its samples if it takes twice as long, at a share of %d', share => {
    for (const { verdict, candidate } of outcomesOf(20, { slower: 2, share })) {
      expect(verdict).toBe('abort');
      expect(candidate).toBeLessThan(100);
    }
  });

  it.each([0.1, 0.5])(
    'is stopped within 10 s at 100 requests/s if 5 of 100 requests more fail, at a share of %d',
    share => {
      const outcomes = outcomesOf(40, { moreErrors: 0.05, share });
      expect(countOf(outcomes, 'abort')).toBe(40);
      const counts = outcomes.map(({ stable, candidate }) => stable + candidate).toSorted((a, b) => a - b);
      expect(counts[20]).toBeLessThan(1000);
    },
  );

  it('is stopped within 1,600 requests, a tenth of them its own, if 6 instead of 1 of 100 fail', () => {
    const outcomes = outcomesOf(60, { errors: 0.01, moreErrors: 0.05, share: 0.1, requests: 6000 });
    // A bet that knew both shares would need 1,280 at the median under this part of the budget.
    expect(medianSamples(outcomes, 'abort')).toBeLessThan(160);
    expect(countOf(outcomes, 'promote')).toBe(0);
  });

  it('is stopped after tens of samples if every request fails, before the least number of samples is there', () => {
    const config = { ...usualConfig, minSamples: 1000 };
    for (let seed = 1; seed <= 10; seed++) {
      const { verdict, candidate } = outcomeOf({ seed, moreErrors: 1 }, { config, every: 1 });
      expect(verdict).toBe('abort');
      expect(candidate).toBeLessThan(40);
    }
  });

  it('is stopped after tens of samples if its figures are not finite where the stable version has them', () => {
    const judge = openJudge(usualConfig, versions);
    for (let k = 0; k < 40; k++) {
      judge.hear(sampleOf({ residual: 0.1, fluxImbalance: 0.01, accepted: true }));
      judge.hear(sampleOf({ version: 2, residual: null, fluxImbalance: null, accepted: false }));
    }
    expect(judge.judge(0)).toMatchObject({ verdict: 'abort', reason: expect.stringContaining('rate') });
  });

  it('is stopped if only its slowest requests became slower', () => {
    const config = judgeConfig(criterion('latency-p99', 0.5));
    const judge = openJudge(config, versions);
    // Every twentieth answer of the candidate takes five times as long: its mean grows by 8 %, its 99 % quantile fivefold.
    for (let k = 0; k < 4000; k++) {
      const base = 10 + (k % 7);
      judge.hear(sampleOf({ latencyMs: base }));
      judge.hear(sampleOf({ version: 2, latencyMs: k % 20 === 3 ? 5 * base : base }));
    }
    const judgement = judge.judge(0);
    expect(judgement.verdict).toBe('abort');
    expect(judgement.criteria[0].effect).toBeGreaterThan(2);
  });
});

describe('a version that is no worse', () => {
  it('is let in within some hundreds of samples of each arm', () => {
    const outcomes = outcomesOf(60, { scatter: 0.3 });
    expect(countOf(outcomes, 'promote')).toBeGreaterThanOrEqual(58);
    expect(medianSamples(outcomes, 'promote')).toBeLessThan(600);
  });

  it('is let in however much better it is', () => {
    expect(countOf(outcomesOf(30, { slower: 0.5, errors: 0.01, moreErrors: -0.01 }), 'promote')).toBe(30);
  });

  it('is not held back by what nobody measures, and the judgement says so', () => {
    const { judgement } = outcomeOf({ seed: 5 });
    expect(judgement.verdict).toBe('promote');
    expect(judgement.reason).toContain('Not measured: guard-rate, residual, conservation.');
    const residual = judgement.criteria.find(({ metric }) => metric === 'residual');
    expect(residual).toMatchObject({ test: 'not measured', verdict: 'continue', harm: 1, safety: 1, effect: null });
  });

  it('is not let in before its least number of samples', () => {
    const config = { ...usualConfig, minSamples: 1500 };
    const { verdict, stable, candidate } = outcomeOf({ seed: 3, scatter: 0.05 }, { config });
    expect(verdict).toBe('promote');
    expect(Math.min(stable, candidate)).toBeGreaterThanOrEqual(1500);
  });
});

describe('what is missing', () => {
  it.each([
    [1, 'candidate'],
    [2, 'stable'],
  ])('is named where only version %d is heard', (version, missing) => {
    const judge = openJudge(usualConfig, versions);
    for (let k = 0; k < 300; k++) judge.hear(sampleOf({ version }));
    expect(judge.judge(7)).toMatchObject({
      verdict: 'continue',
      atMs: 7,
      reason: `There are 0 of 50 samples of the ${missing} version.`,
    });
  });

  it('keeps a release going where no criterion can be measured', () => {
    const judge = openJudge(judgeConfig(criterion('residual', 0.1)), versions);
    for (let k = 0; k < 2000; k++) judge.hear(sampleOf({ version: 1 + (k % 2) }));
    expect(judge.judge(0)).toMatchObject({
      verdict: 'continue',
      reason: expect.stringContaining('No criterion can be measured'),
    });
  });

  it('is waited for where only few copies are checked', () => {
    const judge = openJudge(judgeConfig(criterion('latency-mean', 0.5), criterion('accuracy', 0.01)), versions);
    for (let k = 0; k < 1000; k++) judge.hear(sampleOf({ version: 1 + (k % 2), latencyMs: 10 + (k % 3) }));
    expect(judge.judge(0)).toMatchObject({
      verdict: 'continue',
      reason: expect.stringContaining('accuracy is not measured yet'),
    });
  });
});

describe('the interval beside a verdict', () => {
  it.each([
    ['latency-p99', 0.5],
    ['latency-p50', 0.1],
    ['error-rate', 0.01],
  ] as const)('does not reach beyond the margin of %s once it is proved, and may before', (metric, margin) => {
    const judge = openJudge(judgeConfig(criterion(metric, margin)), versions);
    const random = seededRandom(3);
    const seen = { proved: 0, wider: 0 };
    for (let k = 1; k <= 3000; k++) {
      const latencyMs = 10 * Math.exp(0.4 * random.normal());
      judge.hear(sampleOf({ version: 1 + (k % 2), latencyMs, ok: random.uniform() >= 0.002 }));
      const [report] = k % 50 === 0 ? judge.judge(k).criteria : [];
      if (report?.verdict === 'promote') {
        seen.proved++;
        expect(report.upper).toBeLessThanOrEqual(margin);
        expect(report.upper).toBeGreaterThanOrEqual(report.effect ?? Number.NaN);
      } else if (report !== undefined && (report.upper ?? margin) > margin) seen.wider++;
    }
    expect(Math.min(seen.proved, seen.wider)).toBeGreaterThan(0);
  });
});
