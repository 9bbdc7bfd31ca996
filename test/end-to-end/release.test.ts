import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type CaseResult,
  learnSmall,
  openStage,
  runOn,
  type Stage,
  strategies,
} from '../../examples/release/cases.mjs';

/**
 * As many requests as the machine can take, up to six times those of the examples. The time of a test machine says little, so
 * that only twice the time counts; what a version answers is judged as usual.
 */
const load: Omit<Parameters<typeof runOn>[0], 'stage' | 'kind'> = {
  requestsPerSecond: 600,
  mostInFlight: 6,
  work: 240,
  limitMs: 180_000,
  judge: {
    criteria: [
      { metric: 'latency-mean', margin: '200%', least: '2ms' },
      { metric: 'error-rate', margin: '1%' },
      { metric: 'guard-rate', margin: '5%' },
      { metric: 'residual', margin: '10%' },
      { metric: 'conservation', margin: '25%' },
    ],
  },
};
let folder = '';
let repository = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'galerkin-release-'));
  repository = await learnSmall(folder, { epochs: 12, fields: 300 });
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Nobody who asked after the end met the new version. */
function expectStable({ lastSentMs, evidence: { status } }: CaseResult): void {
  const { endedAtMs = 0 } = status;
  expect(lastSentMs.candidate ?? 0).toBeLessThanOrEqual(endedAtMs);
  expect(lastSentMs.stable).toBeGreaterThan(endedAtMs);
}

// The servers of a strategy see one new version after another; the last one is good.
describe.each(strategies)('a release by %s under real load', strategy => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(repository, strategy);
  });
  afterAll(() => stage.close());

  test.each(['slow', 'inaccurate', 'leaking'] as const)(
    'stops a version that is %s, and no request fails by it',
    { timeout: 200_000 },
    async kind => {
      const result = await runOn({ stage, kind, ...load });
      expect(result.phase, result.reason).toBe('aborted');
      expect(result.failed).toEqual({});
      expectStable(result);
    },
  );

  test('stops a version whose computation fails', { timeout: 200_000 }, async () => {
    const result = await runOn({ stage, kind: 'failing', ...load });
    const { phase, reason, failed, candidateAnswers } = result;
    expect(phase, reason).toBe('aborted');
    expectStable(result);
    // Nothing fails but what the version itself broke.
    const broken = Object.values(failed).reduce((sum, count) => sum + count, 0);
    expect(Object.keys(failed).filter(status => status !== '500')).toEqual([]);
    expect(broken).toBeLessThanOrEqual(candidateAnswers);
  });

  test('lets a good version in, and no request fails by it', { timeout: 200_000 }, async () => {
    const result = await runOn({ stage, kind: 'good', ...load });
    expect(result.phase, result.reason).toBe('promoted');
    expect(result.failed).toEqual({});
    const { endedAtMs = 0 } = result.evidence.status;
    expect(result.lastSentMs.stable).toBeLessThanOrEqual(endedAtMs);
    expect(result.lastSentMs.candidate).toBeGreaterThan(endedAtMs);
  });
});
