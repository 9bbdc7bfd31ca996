// Targets, the choice among finalists, the space of settings, quantities that people type.
import { workloadProfile } from 'galerkin/optimize';
import { describe, expect, test } from 'vitest';
import { parseBytes, parseCounts, parseDuration, parsePercent } from '../../dist/cli/quantities.js';
import { chooseAmong, type Finalist, targetsOf } from '../../dist/optimize/tune/goal.js';
import { batchesOf, firstSettings, furtherSettings } from '../../dist/optimize/tune/space.js';

const finalist = (
  p50Ms: number,
  more: { relativeL2?: number; cores?: number; p95Ms?: number; memoryBytes?: number } = {},
) => {
  const { relativeL2 = 0, cores = 1, p95Ms = 1.2 * p50Ms, memoryBytes = 1e6 } = more;
  return {
    figures: { p25Ms: 0.9 * p50Ms, p50Ms, p95Ms, itemsPerSecond: 1000 / p50Ms, runs: 100 },
    bytes: 1000,
    memoryBytes,
    deviation: { relativeL2, worstRelativeL2: relativeL2, largest: 0, samples: 1 },
    cores,
  } satisfies Finalist;
};
const latency = (workload = {}) => ({ strategy: 'latency' as const, workload: workloadProfile(workload) });

describe('the choice', () => {
  test('is the fastest', () => {
    const [slow, fast] = [finalist(2), finalist(1, { relativeL2: 0.001 })];
    expect(chooseAmong([slow, fast], latency())).toBe(fast);
  });

  test('a gain within the noise is none: the nearer answers are taken, then fewer cores', () => {
    const [exact, near] = [finalist(1.02), finalist(1, { relativeL2: 0.001 })];
    expect(chooseAmong([near, exact], latency())).toBe(exact);
    const [wide, narrow] = [finalist(1, { cores: 4 }), finalist(1.01, { cores: 1 })];
    expect(chooseAmong([wide, narrow], latency())).toBe(narrow);
  });

  test('what misses a target is taken only if all do, and then the one that misses least', () => {
    const [bumpy, steady] = [finalist(1, { p95Ms: 30 }), finalist(2, { p95Ms: 4 })];
    expect(chooseAmong([bumpy, steady], latency({ targetLatencyMs: 10 }))).toBe(steady);
    expect(chooseAmong([bumpy, steady], latency({ targetLatencyMs: 3 }))).toBe(steady);
  });

  test('a memory bound holds for it', () => {
    const [lean, fat] = [finalist(3), finalist(1, { memoryBytes: 9e6 })];
    expect(chooseAmong([lean, fat], latency({ memoryBytes: 2e6 }))).toBe(lean);
  });

  test('of nothing there is none', () => {
    expect(chooseAmong([], latency())).toBeUndefined();
  });
});

test('targets are held against p95, the rate and the memory', () => {
  const workload = workloadProfile({ targetLatencyMs: 1.1, targetThroughput: 900, memoryBytes: 5e5 });
  expect(targetsOf(finalist(1), workload).map(({ name, got, isMet }) => [name, got, isMet])).toEqual([
    ['latency', 1.2, false],
    ['throughput', 1000, true],
    ['memory', 1e6, false],
  ]);
});

describe('the space', () => {
  const terms = { cores: 4, maxBatch: 16, strategy: 'latency' as const, workload: workloadProfile() };

  test('one request at a time is served by one instance on 1, 2 or 4 threads', () => {
    expect(furtherSettings(terms, 'all').map(({ threads, instances, batch }) => [threads, instances, batch])).toEqual([
      [1, 1, 1],
      [2, 1, 1],
      [4, 1, 1],
    ]);
  });

  test('for throughput instances share the cores with threads, and never want more of them', () => {
    const settings = furtherSettings({ ...terms, strategy: 'throughput' }, 'basic');
    expect(settings.map(({ threads, instances }) => `${threads}x${instances}`)).toEqual([
      '1x1',
      '2x1',
      '4x1',
      '1x2',
      '2x2',
      '1x4',
    ]);
    expect(firstSettings(terms).map(({ graphLevel }) => graphLevel)).toEqual(['basic', 'extended', 'all']);
  });

  test('batches that the model cannot take are left out', () => {
    const workload = workloadProfile({ batchSizes: [32, 8, 1, 8] });
    expect(batchesOf({ maxBatch: 16, workload })).toEqual([1, 8]);
    expect(batchesOf({ maxBatch: 0, workload })).toEqual([1]);
    expect(batchesOf({ maxBatch: 4, workload: workloadProfile({ batchSizes: [32] }) })).toEqual([4]);
  });
});

describe('a workload', () => {
  test('is single items within half a percent unless said otherwise', () => {
    expect(workloadProfile()).toEqual({ batchSizes: [1], concurrency: 1, budget: { relativeL2: 0.005 } });
  });

  test.each([
    ['no batch size', { batchSizes: [] }],
    ['half an item', { batchSizes: [0.5] }],
    ['no latency', { targetLatencyMs: 0 }],
    ['a latency that is no number', { targetLatencyMs: Number.NaN }],
    ['a budget over all', { budget: { relativeL2: 2 } }],
    ['a negative residual', { budget: { residual: -0.1 } }],
  ])('with %s is refused', (_what, workload) => {
    expect(() => workloadProfile(workload)).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
  });
});

describe('quantities', () => {
  test('are read with their units', () => {
    expect(['10ms', '1.5s', '250 us', '2min', '.5s'].map(text => parseDuration('--t', text))).toEqual([
      10, 1500, 0.25, 120_000, 500,
    ]);
    expect(parsePercent('--b', '0.5%')).toBeCloseTo(0.005, 12);
    expect([parseBytes('--m', '512MB'), parseBytes('--m', '1GiB')]).toEqual([512e6, 2 ** 30]);
    expect(parseCounts('--n', '1, 8,32')).toEqual([1, 8, 32]);
  });

  test.each([
    '10',
    'ms',
    '-1ms',
    '1e3ms',
    '10 ms please',
    '0s',
    '',
    '10mss',
    '١ms',
    'NaNms',
    'Infinityms',
    '1,5s',
    '10constructor',
  ])("'%s' is no time", text => {
    expect(() => parseDuration('--time-limit', text)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }));
  });
  test.each(['0.5', '0,5%', '%', '5%%', '-1%', 'half'])("'%s' is no percentage", text => {
    expect(() => parsePercent('--budget', text)).toThrow(/percentage/);
  });
  test.each(['1.5', '0', '1,,2', '-3', '9999999999', 'two'])("'%s' are no counts", text => {
    expect(() => parseCounts('--batch', text)).toThrow(/whole numbers/);
  });
});
