// What the adviser makes of samples: differences that load does not fake, tails, trends, and missing where nothing was measured.
import { seededRandom } from 'galerkin/base';
import {
  features,
  openAdviser,
  type ReleaseTruth,
  replay,
  usualMargins,
  simulatedVersions as versions,
} from 'galerkin/control';
import { describe, expect, test } from 'vitest';
import {
  type FeatureGroup,
  featureGroups,
  featureRow,
  withoutWorst,
} from '../../dist/control/advisor/features/features.js';
import { Heard } from '../../dist/control/advisor/features/heard.js';
import { marginsInUse, usualLeasts } from '../../dist/control/advisor/features/least.js';
import { LogHistogram } from '../../dist/control/advisor/features/log-histogram.js';
import { advise, calm, changed } from './advisor-releases.js';

const startMs = 1_700_000_000_000;

/** Features by name. */
function looked(heard: Heard, groups: readonly FeatureGroup[] = featureGroups): Record<string, number> {
  const row = featureRow(heard, usualMargins, new Set(groups));
  return Object.fromEntries(features.map(({ name }, column) => [name, row[column]]));
}

function played(truth: ReleaseTruth): Record<string, number> {
  const heard = new Heard(versions);
  replay(truth, seededRandom(5), { hear: sample => heard.hear(sample) });
  return looked(heard);
}

test('margins in use are the least that matters of the stable times, where that is more', () => {
  const heard = new Heard(versions);
  const replayed = { ...calm, world: { ...calm.world, latencyMs: 2, computeShare: 0.5, noise: 0.01, waves: 0 } };
  replay(replayed, seededRandom(5), { hear: sample => heard.hear(sample) });
  const used = marginsInUse(usualMargins, { ...usualLeasts, 'latency-p99': 0.1 }, heard);
  expect(used['latency-mean']).toBeCloseTo(0.5 / 2, 1);
  expect(used['resource-use']).toBeCloseTo(0.5 / 1, 1);
  expect({ ...used, 'latency-mean': 0.1, 'resource-use': 0.2 }).toEqual(usualMargins);
  expect(marginsInUse(usualMargins, usualLeasts, new Heard(versions))).toEqual(usualMargins);
});

const nothing = { computeMs: null, residual: null, fluxImbalance: null, accepted: null, paired: null };

/** One answer with a latency. */
const answer = (version: number, seconds: number, latencyMs: number) =>
  ({
    ...nothing,
    sequence: 0,
    atMs: startMs + 1000 * seconds,
    version,
    kind: 'answer',
    ok: true,
    latencyMs,
    items: 1,
  }) as const;

describe('features', () => {
  test('are effects in margins: twice the latency is log 2 over log 1.1', () => {
    const found = played(changed({ latency: Math.LN2 }));
    for (const name of ['latency.matched.effect', 'latency.mean.effect'])
      expect(found[name]).toBeCloseTo(Math.log(2) / Math.log(1.1), 0);
    expect(found['errors.rate.effect']).toBeCloseTo(0, 0);
    expect(found['worst.margin_z']).toBe(30);
  });

  test('compare within blocks of time: load that rises with the share fakes no difference', () => {
    const heard = new Heard(versions);
    const random = seededRandom(3);
    for (let k = 0; k < 4000; k++) {
      const busy = k >= 2000;
      const version = random.uniform() < (busy ? 0.5 : 0.02) ? 2 : 1;
      heard.hear(answer(version, k / 50, (busy ? 30 : 10) * Math.exp(0.1 * random.normal())));
    }
    const found = looked(heard);
    expect(found['latency.mean.margin_z']).toBeGreaterThan(5); // means alone are fooled
    expect(Math.abs(found['latency.matched.z'])).toBeLessThan(3);
  });

  test('see a candidate that becomes slower with time, in its trend and in its recent window', () => {
    const heard = new Heard(versions);
    const random = seededRandom(4);
    for (let k = 0; k < 6000; k++) {
      const grown = k % 3 === 0 ? Math.max(0, k / 6000 - 0.7) : 0;
      heard.hear(answer(k % 3 === 0 ? 2 : 1, k / 60, 10 * Math.exp(grown + 0.1 * random.normal())));
    }
    const found = looked(heard);
    expect(found['latency.trend_z']).toBeGreaterThan(5);
    expect(found['latency.recent_margin_z']).toBeGreaterThan(2);
    expect(found['latency.matched.margin_z']).toBeLessThan(-2);
  });

  test('see stalls in the tail that the median does not show', () => {
    const found = played({ ...changed({ stalls: 0.04, stallFactor: 10 }), samples: 4000 });
    expect(found['latency.p99.effect']).toBeGreaterThan(2);
    expect(found['latency.p99.z']).toBeGreaterThan(3);
  });

  test('are missing where nothing was measured or the group is left out, and only there', () => {
    const heard = new Heard(versions);
    replay({ ...calm, visible: { guard: false, compute: false, mirror: 0, checked: 0 } }, seededRandom(5), {
      hear: sample => heard.hear(sample),
    });
    const missing = (found: Record<string, number>) =>
      new Set(Object.keys(found).flatMap(name => (Number.isNaN(found[name]) ? [name.split('.')[0]] : [])));
    expect([...missing(looked(heard))].sort()).toEqual([
      'compute',
      'difference',
      'flux',
      'guard',
      'latency',
      'residual',
      'truth',
    ]);
    // Of the latency only what needs copies.
    expect(
      Object.entries(looked(heard)).flatMap(([name, value]) =>
        name.startsWith('latency') && Number.isNaN(value) ? [name] : [],
      ),
    ).toEqual(['latency.paired.effect', 'latency.paired.z', 'latency.paired.margin_z']);
    const only = looked(heard, ['error_rate']);
    expect(missing(only).has('errors')).toBe(false);
    expect(only['worst.z']).toBe(Math.fround(only['errors.rate.z']));
  });

  test('contributions of the worst go to the figure that is the worst, and the sum stays', () => {
    const heard = new Heard(versions);
    replay(changed({ failures: 0.2 }), seededRandom(5), { hear: sample => heard.hear(sample) });
    const row = featureRow(heard, usualMargins, new Set(featureGroups));
    const given = Float64Array.from(features, (_, k) => k + 1);
    const own = withoutWorst(row, given);
    const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
    const column = (name: string) => features.findIndex(each => each.name === name);
    expect(sum(own)).toBeCloseTo(sum(given), 9);
    expect([own[column('worst.z')], own[column('worst.margin_z')]]).toEqual([0, 0]);
    expect(own[column('errors.rate.margin_z')]).toBe(
      given[column('errors.rate.margin_z')] + given[column('worst.margin_z')],
    );
  });

  test('quantiles are those of the sorted values, within a bin of nine per cent', () => {
    const random = seededRandom(6);
    const values = Float64Array.from({ length: 20_000 }, () => Math.exp(2 + 1.2 * random.normal()));
    const histogram = new LogHistogram();
    for (const value of values) histogram.hear(value);
    values.sort();
    for (const probability of [0.05, 0.5, 0.95, 0.99]) {
      const found = histogram.logQuantile(probability);
      expect(Math.abs(found - Math.log(values[Math.floor(probability * values.length)]))).toBeLessThan(0.045);
      expect(histogram.shareAbove(found)).toBeCloseTo(1 - probability, 2);
    }
  });
});

test('asking often changes no answer', async () => {
  const truth = changed({ latency: 0.15 });
  const adviser = await openAdviser({ versions });
  const pending: Promise<unknown>[] = [];
  replay(truth, seededRandom(5), {
    hear: sample => adviser.hear(sample),
    asked: requests => {
      if (requests % 7 === 0) pending.push(adviser.advise(0));
    },
  });
  await Promise.all(pending);
  const nowMs = 1_700_000_100_000;
  expect(await adviser.advise(nowMs)).toEqual({ ...(await advise(truth)), atMs: nowMs });
  await adviser.close();
});
