// The adviser as the build made it: what it says of simulated releases, and that it says nothing where it does not know.
import { seededRandom } from 'galerkin/base';
import { openAdviser, type ReleaseTruth, replay, simulatedVersions as versions } from 'galerkin/control';
import { describe, expect, test } from 'vitest';
import { advise, calm, changed } from './advisor-releases.js';

const nowMs = 1_700_000_100_000;

describe('the adviser', () => {
  test.each([
    ['latency', changed({ latency: Math.log(2) }), 'latency.'],
    ['errors', changed({ failures: 0.05 }), 'errors.'],
    ['stalls', changed({ stalls: 0.05, stallFactor: 20 }), 'latency.'],
    ['mass balance', changed({ flux: Math.log(4) }), 'flux.'],
    ['residual', changed({ residual: Math.log(3) }), 'residual.'],
    ['computing cost', changed({ compute: Math.log(2) }), 'compute.'],
    ['accuracy against the truth', changed({ error: 0.2 }, { mirror: 0.5, checked: 0.5 }), ''],
  ] as const)(
    'asks for caution where the candidate is much worse in %s, and says what moved it',
    async (_, truth, driver) => {
      const advice = await advise(truth, { confidence: 0.9 });
      expect(advice?.advice).toBe('hold');
      expect(advice?.drivers[0]?.contribution).toBeGreaterThan(0);
      expect(
        advice?.drivers
          .filter(({ contribution }) => contribution > 0)
          .map(({ feature }) => feature)
          .join(' '),
      ).toContain(driver);
    },
  );

  test('lets a candidate go that changes nothing, once enough has been heard', async () => {
    const advice = await advise(changed({}), { confidence: 0.9 });
    expect(advice?.advice).toBe('go');
  });

  test('is not moved by differences of times that are too small to matter, and is by the same ones where all matter', async () => {
    const quick = { ...changed({ latency: Math.log(1.3) }), world: { ...calm.world, latencyMs: 1 } };
    const all = { 'latency-mean': 0, 'latency-p99': 0, 'resource-use': 0 };
    expect((await advise(quick, { confidence: 0.9, least: all }))?.advice).toBe('hold');
    expect((await advise(quick, { confidence: 0.9 }))?.advice).not.toBe('hold');
    const doubled = { ...quick, change: { ...quick.change, latency: Math.log(2) } };
    expect((await advise(doubled, { confidence: 0.9 }))?.advice).toBe('hold');
  });

  test('gives no advice below its threshold, but still a probability', async () => {
    const truth: ReleaseTruth = { ...changed({}), samples: 60 };
    const unsure = await advise(truth, { confidence: 0.999 });
    expect(unsure?.advice).toBeUndefined();
    expect(unsure?.confidence).toBeLessThan(0.999);
    expect(unsure?.confidence).toBe(Math.max(unsure?.probability ?? 0, 1 - (unsure?.probability ?? 0)));
    expect((await advise(truth, { confidence: 0.5 }))?.advice).toBeDefined();
  });

  test('says nothing at all before it has heard ten requests of each version', async () => {
    const adviser = await openAdviser({ versions });
    expect(await adviser.advise(nowMs)).toBeUndefined();
    replay({ ...calm, samples: 9 }, seededRandom(1), { hear: sample => adviser.hear(sample) });
    expect(await adviser.advise(nowMs)).toBeUndefined();
    await adviser.close();
  });

  test('the same samples give the same advice', async () => {
    const truth = changed({ latency: 0.3 });
    expect(await advise(truth)).toEqual(await advise(truth));
  });
});
