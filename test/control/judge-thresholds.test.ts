// Thresholds that operators know become criteria, and criteria become a judge that keeps them.
import { judgeOf, successCriteria } from 'galerkin/control';
import { describe, expect, it } from 'vitest';
import { outcomeOf, usualConfig } from './judge-traffic.js';

describe('thresholds', () => {
  it('of 0.95 allow a twentieth of the stable figure, and five points of shares', () => {
    const { judge, holdMs } = judgeOf({
      rollbackThreshold: 0.95,
      successCriteria: [...successCriteria],
      monitoringWindowMinutes: 30,
    });
    const margins = Object.fromEntries(judge.criteria.map(({ metric, margin }) => [metric, margin]));
    expect(holdMs).toBe(1_800_000);
    expect(margins['latency-mean']).toBeCloseTo(1 / 0.95 - 1, 12);
    expect(margins['error-rate']).toBeCloseTo(0.05, 12);
    expect(margins.accuracy).toBeCloseTo(0.05, 12);
    expect(Object.keys(margins).toSorted()).toEqual(
      [
        'accuracy',
        'conservation',
        'error-rate',
        'guard-rate',
        'latency-mean',
        'latency-p99',
        'residual',
        'resource-use',
      ].toSorted(),
    );
  });

  it('in percent of latency judge latency alone, unless other criteria are named', () => {
    expect(judgeOf({ alertThresholdPercent: 20 }).judge.criteria).toEqual([
      { metric: 'latency-mean', margin: 0.2, advisory: false },
      { metric: 'latency-p99', margin: 1, advisory: true },
    ]);
    const both = judgeOf({ alertThresholdPercent: 20, successCriteria: ['latency', 'error_rate'] }).judge.criteria;
    expect(both.map(({ metric }) => metric)).toEqual(['latency-mean', 'latency-p99', 'error-rate']);
    expect(both[0].margin).toBe(0.2);
  });

  it('name each metric once, however often a criterion is named', () => {
    const { criteria } = judgeOf({ successCriteria: ['latency', 'latency'] }).judge;
    expect(criteria.map(({ metric }) => metric)).toEqual(['latency-mean', 'latency-p99']);
  });

  it('that make no sense are refused with all faults', () => {
    const refused = () => judgeOf({ rollbackThreshold: 1.5, monitoringWindowMinutes: -1 });
    expect(refused).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
    expect(refused).toThrow(/rollbackThreshold[\s\S]*monitoringWindowMinutes/);
  });

  it('make a judge that keeps them', () => {
    const config = { ...usualConfig, ...judgeOf({ alertThresholdPercent: 20 }).judge };
    expect(outcomeOf({ seed: 1, slower: 1.4 }, { config }).verdict).toBe('abort');
    expect(outcomeOf({ seed: 1, slower: 1.02 }, { config }).verdict).toBe('promote');
  });
});
