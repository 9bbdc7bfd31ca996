import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { learnSmall, runCase, strategies } from '../../examples/release/cases.mjs';

let folder = '';
let repository = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'galerkin-release-'));
  repository = await learnSmall(folder);
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(strategies)('a release by %s under real load', strategy => {
  test('lets a good version in, and no request fails by it', { timeout: 90_000 }, async () => {
    const { phase, reason, failed, after } = await runCase({ repository, strategy, kind: 'good' });
    expect(phase, reason).toBe('promoted');
    expect(failed).toEqual({});
    expect(after.stable).toBe(0);
    expect(after.candidate).toBeGreaterThan(0);
  });

  test.each(['slow', 'inaccurate', 'leaking'] as const)(
    'stops a version that is %s, and no request fails by it',
    { timeout: 90_000 },
    async kind => {
      const { phase, reason, failed, after } = await runCase({ repository, strategy, kind });
      expect(phase, reason).toBe('aborted');
      expect(failed).toEqual({});
      expect(after.candidate).toBe(0);
      expect(after.stable).toBeGreaterThan(0);
    },
  );

  test('stops a version whose computation fails', { timeout: 90_000 }, async () => {
    const { phase, reason, failed, candidateAnswers, after } = await runCase({
      repository,
      strategy,
      kind: 'failing',
    });
    expect(phase, reason).toBe('aborted');
    expect(after.candidate).toBe(0);
    // Nothing fails but what the version itself broke.
    const broken = Object.values(failed).reduce((sum, count) => sum + count, 0);
    expect(Object.keys(failed).filter(status => status !== '500')).toEqual([]);
    expect(broken).toBeLessThanOrEqual(candidateAnswers);
  });
});
