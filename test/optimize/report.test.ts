// The report's page: whole, harmless, and with all that it has to say.
import { htmlReport, type TuneReport } from 'galerkin/optimize';
import { describe, expect, test } from 'vitest';

const trial = (variant: string, p50Ms: number, outcome: 'chosen' | 'finalist' | 'slower') => ({
  id: `${variant}/all/1x1/1`,
  variant,
  settings: { graphLevel: 'all' as const, threads: 1, instances: 1, batch: 1 },
  ...{ p25Ms: 0.9 * p50Ms, p50Ms, p95Ms: 2 * p50Ms, itemsPerSecond: 1000 / p50Ms, runs: 50, memoryBytes: 3e7, outcome },
});
const deviation = (relativeL2: number) => ({ relativeL2, worstRelativeL2: 2 * relativeL2, largest: 1, samples: 4 });
const evil = `"><script>alert(1)</script><img src=x onerror='alert(2)'>`;

const report = (name: string): TuneReport => ({
  format: 1,
  model: { name, version: 3, digest: 'sha256:0', bytes: 2e6, nodes: 40 },
  machine: { processor: name, cores: 2, node: 'v20' },
  strategy: 'latency',
  workload: { batchSizes: [1], concurrency: 1, targetLatencyMs: 3, budget: { relativeL2: 0.005 } },
  timeLimitMs: 1000,
  tookMs: 900,
  samples: { origin: 'package', count: 4, seed: 1 },
  status: 'met',
  targets: [{ name: 'latency', unit: 'ms', wanted: 3, got: 2, isMet: true }],
  baseline: trial('original', 2, 'finalist'),
  chosen: trial('int8', 1, 'chosen'),
  reason: `because ${name}`,
  variants: [
    { id: 'original', label: 'as it is', bytes: 2e6, nodes: 40, accuracy: { deviation: deviation(0) } },
    {
      id: 'int8',
      label: name,
      bytes: 5e5,
      nodes: 60,
      accuracy: { deviation: deviation(0.002), error: { before: 0.01, after: 0.011 } },
    },
  ],
  trials: [trial('original', 2, 'finalist'), trial('int8', 1, 'chosen')],
  refused: [
    { id: 'int4', label: name, reason: `too far: ${name}`, accuracy: { deviation: deviation(0.07) }, bytes: 3e5 },
  ],
  rungs: [{ race: 'variants', runs: 4, entered: ['a', 'b'], kept: ['a'] }],
  unmeasured: ['x'],
  operators: {
    before: [{ operator: name, nodes: 3, ms: 1.5 }],
    after: [{ operator: 'MatMulInteger', nodes: 3, ms: 0.5 }],
  },
  nodes: [{ variant: 'original', written: 40, run: { basic: 30, extended: 28, all: 27 } }],
});

describe('the page', () => {
  test('shows what was chosen and why, what was refused with its distance, and where the time goes', () => {
    const page = htmlReport(report('net'));
    for (const words of [
      'because net',
      'too far: net',
      '7.00 %',
      'MatMulInteger',
      '1.00 ms',
      'target met',
      '2.00 ×',
      '1.10 %',
    ])
      expect(page).toContain(words);
    expect(page.match(/<svg/g)).toHaveLength(1);
    expect(page.match(/<circle/g)?.length).toBeGreaterThanOrEqual(4);
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  test('needs nothing from anywhere, and runs nothing', () => {
    const page = htmlReport(report('net'));
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|https?:\/\//);
    expect(page).toMatch(/prefers-color-scheme: dark/);
    expect(page).toMatch(/max-width: 760px/);
  });

  test('a name from a hostile model stays a name', () => {
    const page = htmlReport(report(evil));
    expect(page).not.toMatch(/<script|<img/);
    expect(page).toContain('&lt;script&gt;');
  });

  test('one way alone, without operators, nodes or memory, makes a page too', () => {
    const { memoryBytes: _, ...only } = trial('original', 2, 'chosen');
    const page = htmlReport({
      ...report('net'),
      ...{ baseline: only, chosen: only, trials: [only], refused: [], rungs: [], nodes: [], status: 'missed' },
      operators: { before: [], after: [] },
    });
    expect(page).toMatch(/target missed/);
    expect(page).not.toMatch(/NaN|Infinity/);
  });
});
