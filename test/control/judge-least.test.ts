// Differences of a fraction of a millisecond: a large part of a small time, and of no matter.
import { seededRandom } from 'galerkin/base';
import { openJudge } from 'galerkin/control';
import { expect, test } from 'vitest';
import { judgeConfig, sampleOf, versions } from './judge-traffic.js';

/** What is said of a candidate that takes `slower` times the stable version's time. */
function verdictOf({ stableMs, slower, leastMs }: { stableMs: number; slower: number; leastMs: number }) {
  const random = seededRandom(7);
  const judge = openJudge(judgeConfig({ metric: 'latency-mean', margin: 0.1, leastMs, advisory: false }), versions);
  for (let k = 0; k < 2000; k++) {
    const isCandidate = k % 2 === 1;
    const latencyMs = stableMs * (isCandidate ? slower : 1) * Math.exp(0.2 * random.normal());
    judge.hear(sampleOf({ version: isCandidate ? versions.candidate : versions.stable, latencyMs, atMs: k }));
  }
  return judge.judge(0);
}

test('a fifth more is refused where it is milliseconds, and let in where it is less than matters', () => {
  expect(verdictOf({ stableMs: 20, slower: 1.2, leastMs: 0.5 }).verdict).toBe('abort');
  expect(verdictOf({ stableMs: 1, slower: 1.2, leastMs: 0.5 }).verdict).toBe('promote');
  expect(verdictOf({ stableMs: 1, slower: 1.2, leastMs: 0 }).verdict).toBe('abort');
});

test('twice the time is refused, however short it is', () => {
  expect(verdictOf({ stableMs: 1, slower: 2, leastMs: 0.5 }).verdict).toBe('abort');
});

test('the margin in use is told: 0.5 ms of 1 ms is one half', () => {
  const [latency] = verdictOf({ stableMs: 1, slower: 1.2, leastMs: 0.5 }).criteria;
  expect(latency?.margin).toBeGreaterThan(0.45);
  expect(latency?.margin).toBeLessThan(0.55);
});
