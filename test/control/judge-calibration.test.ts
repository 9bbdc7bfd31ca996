// How often the judge is wrong: over whole releases, asked again and again, under noise that is kind and noise that is not. Ten thousand releases are the benchmark's.
import { describe, expect, it } from 'vitest';
import { countOf, exactInterval, type Noise, outcomesOf } from './judge-traffic.js';

const asked = { every: 50 };

describe('releases of a version that is the same', () => {
  it('are refused in at most 1 of 100', () => {
    const releases = 400;
    const refused = countOf(outcomesOf(releases, { requests: 2000 }, asked), 'abort');
    const [, most] = exactInterval(refused, releases);
    expect(refused / releases).toBeLessThanOrEqual(0.01);
    // At most 3 of them: 10,000 in the benchmark have 0.2 %.
    expect(most).toBeLessThan(0.022);
  });

  // With 100 releases each, 5 refusals would be beyond chance (p < 0.004) for a true rate of 1 %.
  const noises: [string, Noise][] = [
    ['correlated by 0.5 from request to request', { correlation: 0.5 }],
    ['correlated by 0.8 from request to request', { correlation: 0.8 }],
    ['in bursts of either version', { bursts: 0.01 }],
    ['in pauses of the whole server', { pauses: 0.01 }],
    ['with a heavy tail', { tail: 0.02 }],
    ['under a load that drifts to sevenfold', { drift: 2 }],
  ];
  it.each(noises)('are seldom refused where latencies come %s', (_, noise) => {
    expect(countOf(outcomesOf(100, { requests: 1500, noise }, asked), 'abort')).toBeLessThanOrEqual(4);
  });

  it('are seldom refused where the share rises from 5 to 50 % while the load drifts', () => {
    const outcomes = outcomesOf(100, { requests: 3000, share: 0.05, lastShare: 0.5, noise: { drift: 2 } }, asked);
    expect(countOf(outcomes, 'abort')).toBeLessThanOrEqual(4);
    // Means of everything would differ by half: the candidate has most of its requests while all are slow.
    expect(countOf(outcomes, 'promote')).toBeGreaterThan(90);
  });

  it('are seldom refused where one request of a hundred fails', () => {
    expect(countOf(outcomesOf(100, { requests: 1500, errors: 0.01 }, asked), 'abort')).toBeLessThanOrEqual(4);
  });
});

describe('releases of a version that is worse by twice the margin', () => {
  it('are let in in at most 5 of 100, also where latencies are correlated', () => {
    for (const correlation of [0, 0.5]) {
      const outcomes = outcomesOf(150, { requests: 4000, slower: 1.2, noise: { correlation } }, asked);
      expect(countOf(outcomes, 'promote')).toBeLessThanOrEqual(7);
      expect(countOf(outcomes, 'abort')).toBeGreaterThan(130);
    }
  });
});
