import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CaseResult, learnSmall, runCase, strategies } from '../../examples/release/cases.mjs';

/** Twice as many as the examples, so that the proof takes half as long. */
const requestsPerSecond = 200;
let folder = '';
let repository = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'galerkin-release-'));
  repository = await learnSmall(folder);
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Nobody who asked after the end met the new version. */
function expectStable({ lastSentMs, evidence: { status } }: CaseResult): void {
  const { endedAtMs = 0 } = status;
  expect(lastSentMs.candidate ?? 0).toBeLessThanOrEqual(endedAtMs);
  expect(lastSentMs.stable).toBeGreaterThan(endedAtMs);
}

describe.each(strategies)('a release by %s under real load', strategy => {
  test('lets a good version in, and no request fails by it', { timeout: 90_000 }, async () => {
    const result = await runCase({ repository, strategy, kind: 'good', requestsPerSecond });
    expect(result.phase, result.reason).toBe('promoted');
    expect(result.failed).toEqual({});
    const { endedAtMs = 0 } = result.evidence.status;
    expect(result.lastSentMs.stable).toBeLessThanOrEqual(endedAtMs);
    expect(result.lastSentMs.candidate).toBeGreaterThan(endedAtMs);
  });

  test.each(['slow', 'inaccurate', 'leaking'] as const)(
    'stops a version that is %s, and no request fails by it',
    { timeout: 90_000 },
    async kind => {
      const result = await runCase({ repository, strategy, kind, requestsPerSecond });
      expect(result.phase, result.reason).toBe('aborted');
      expect(result.failed).toEqual({});
      expectStable(result);
    },
  );

  test('stops a version whose computation fails', { timeout: 90_000 }, async () => {
    const result = await runCase({ repository, strategy, kind: 'failing', requestsPerSecond });
    const { phase, reason, failed, candidateAnswers } = result;
    expect(phase, reason).toBe('aborted');
    expectStable(result);
    // Nothing fails but what the version itself broke.
    const broken = Object.values(failed).reduce((sum, count) => sum + count, 0);
    expect(Object.keys(failed).filter(status => status !== '500')).toEqual([]);
    expect(broken).toBeLessThanOrEqual(candidateAnswers);
  });
});
