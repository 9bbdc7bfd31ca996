import { describe, expect, test } from 'vitest';
import { isOver, rehearsals } from './release-rehearsal.js';

const rehearse = rehearsals();
const canary = {
  kind: 'canary' as const,
  steps: [
    { weight: '5%', hold: '10s' },
    { weight: '25%', hold: '20s' },
    { weight: '50%', hold: '5m' },
  ],
};

describe('a canary release', () => {
  test('a sound version is let in step by step, and ends alone on every replica', async () => {
    const rehearsal = await rehearse();
    const { id } = await rehearsal.start({ version: 2, baseline: 1, strategy: canary });
    expect(id).toMatch(/^darcy-2-[0-9a-z]{4}$/);
    const ended = await rehearsal.until(id, isOver);
    expect(ended).toMatchObject({ phase: 'promoted', candidate: 2, baseline: 1 });
    await rehearsal.tick(10);
    for (const { route, loaded, obeyed } of rehearsal.replicas) {
      expect(route).toMatchObject({ stable: 2, shares: [{ version: 2, share: 10_000 }] });
      expect([...loaded]).toEqual([2]);
      const shares = obeyed.map(each => each.shares.find(({ version }) => version === 2)?.share ?? 0);
      expect(shares).toEqual([...shares].sort((a, b) => a - b));
      expect(new Set(shares)).toEqual(new Set([0, 500, 2500, 5000, 10_000]));
    }
    expect(rehearsal.faults).toEqual([]);
    await rehearsal.close();
  });

  test('a slow version is stopped, and the old one answers alone', async () => {
    const rehearsal = await rehearse({ candidate: { latencyMs: 20 } });
    const { id } = await rehearsal.start({ version: 2, baseline: 1, strategy: canary });
    const ended = await rehearsal.until(id, isOver);
    expect(ended.phase).toBe('aborted');
    expect(ended.judgement?.verdict).toBe('abort');
    for (const { route, loaded } of rehearsal.replicas) {
      expect(route).toMatchObject({ stable: 1, shares: [{ version: 1, share: 10_000 }] });
      expect([...loaded]).toEqual([1]);
    }
    await rehearsal.close();
  });
});
