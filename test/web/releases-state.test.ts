// What the studio knows of releases: the address, the rhythm of its questions, curves and bars; without a browser.
import { describe, expect, test } from 'vitest';
import { RequestFailure } from '../../web/src/api/failure.js';
import {
  type ArmSketch,
  evidenceSchema,
  type ReleaseEvidence,
  type ReleaseStatus,
} from '../../web/src/api/release-schemas.js';
import type { Listener } from '../../web/src/api/releases.js';
import { criteriaCurves, effectRange, evidenceRange, shareCurve } from '../../web/src/releases/curves.js';
import { sketchBars } from '../../web/src/releases/sketch-bars.js';
import { formatEffect, formatFigure, formatSpan } from '../../web/src/releases/words.js';
import { createReleases } from '../../web/src/state/releases.js';
import { hashOf, routeOf } from '../../web/src/state/use-route.js';
import { type EvidenceWish, releaseEvidence } from '../control/release-evidence.js';

/** As the page gets it: over JSON. */
const told = (wish: EvidenceWish = {}): ReleaseEvidence =>
  evidenceSchema.parse(JSON.parse(JSON.stringify(releaseEvidence(wish))));

function world(first: ReleaseEvidence = told()) {
  const known = {
    evidence: first,
    nowMs: 0,
    tookMs: 0,
    asked: [] as number[],
    listed: 0,
    failure: undefined as Error | undefined,
  };
  let listener: Listener | undefined;
  const releases = createReleases({
    now: () => known.nowMs,
    releases: async () => {
      known.listed++;
      if (known.failure !== undefined) throw known.failure;
      return [known.evidence.status];
    },
    evidence: async () => {
      known.asked.push(known.nowMs);
      known.nowMs += known.tookMs;
      return known.evidence;
    },
    command: async () => {
      if (known.failure !== undefined) throw known.failure;
      return { ...known.evidence.status, phase: 'paused' };
    },
    listen: asked => {
      listener = asked;
      return () => {
        listener = undefined;
      };
    },
  });
  const runFor = async (ms: number, everyMs = 100) => {
    for (const endMs = known.nowMs + ms; known.nowMs < endMs; known.nowMs += everyMs) await releases.tick();
  };
  return { known, releases, runFor, tell: (status: ReleaseStatus) => listener?.onStatus(status) };
}

describe('the address', () => {
  test('names a view, and any id that a server may give', () => {
    expect(routeOf('')).toEqual({ view: 'fields' });
    expect(routeOf('#/nonsense')).toEqual({ view: 'fields' });
    expect(routeOf('#/releases')).toEqual({ view: 'releases', id: undefined });
    for (const id of ['darcy-2-x7k1', 'a/b', '%', 'ä ö', '#?&'])
      expect(routeOf(hashOf(id))).toEqual({ view: 'releases', id });
    expect(routeOf('#/releases/%E0%A4%A')).toEqual({ view: 'releases', id: undefined });
  });
});

describe('the rhythm of questions', () => {
  test('evidence of a running release is asked for once a second, however often the page ticks', async () => {
    const { known, releases, runFor } = world();
    releases.look('r-0001');
    await runFor(5000);
    expect(known.asked).toEqual([0, 1000, 2000, 3000, 4000]);
    expect(known.listed).toBeLessThanOrEqual(2);
  });

  test('a server that takes half a second is asked more rarely', async () => {
    const { known, releases, runFor } = world();
    known.tookMs = 500;
    releases.look('r-0001');
    await runFor(10_000);
    expect(known.asked.length).toBeLessThanOrEqual(4);
  });

  test('news bring new evidence, but not twice within a second', async () => {
    const { known, releases, runFor, tell } = world(told({ phase: 'promoted' }));
    releases.look('r-0001');
    releases.listen();
    await runFor(5000);
    expect(known.asked).toEqual([0]);
    for (let k = 0; k < 20; k++) {
      tell(known.evidence.status);
      await runFor(100);
    }
    expect(known.asked).toEqual([0, 5000, 6000]);
  });

  test('a status that is told is shown at once', async () => {
    const { known, releases, runFor, tell } = world();
    releases.look('r-0001');
    releases.listen();
    await runFor(100);
    tell({ ...known.evidence.status, phase: 'aborting', reason: 'now' });
    expect(releases.store.get().evidence?.status.reason).toBe('now');
    expect(releases.store.get().list.map(({ phase }) => phase)).toEqual(['aborting']);
  });

  test('a server without releases is known as such, and asked again in case it changes', async () => {
    const { known, releases, runFor } = world();
    known.failure = new RequestFailure('refused', 'Not Found', 404);
    await runFor(1500);
    expect(releases.store.get().desk).toBe('off');
    known.failure = undefined;
    await runFor(11_000);
    expect(releases.store.get().desk).toBe('on');
  });

  test('evidence that comes too late is not shown as that of another release', async () => {
    const { releases } = world();
    releases.look('r-0001');
    const late = releases.tick();
    releases.look('r-0002');
    await late;
    expect(releases.store.get().evidence).toBeUndefined();
  });

  test('a command that is refused says why, and changes nothing', async () => {
    const { known, releases, runFor } = world();
    releases.look('r-0001');
    await runFor(100);
    known.failure = new RequestFailure('refused', 'too late', 409);
    expect(await releases.command('abort', { by: 'ada', why: 'x' })).toBe(false);
    expect(releases.store.get()).toMatchObject({
      commandFailure: { message: 'too late' },
      evidence: { status: { phase: 'running' } },
    });
    known.failure = undefined;
    expect(await releases.command('pause', { by: 'ada', why: 'x' })).toBe(true);
    expect(releases.store.get()).toMatchObject({
      commandFailure: undefined,
      evidence: { status: { phase: 'paused' } },
    });
  });
});

describe('curves', () => {
  test('the share begins at nothing and ends with all or nothing, in ascending time', () => {
    for (const [phase, end] of [
      ['promoted', 100],
      ['aborted', 0],
      ['reported', 0],
      ['running', 100],
    ] as const) {
      const { time, share } = shareCurve(told({ phase }));
      expect([share[0], share.at(-1)]).toEqual([0, end]);
      expect(time).toEqual(time.toSorted((a, b) => a - b));
    }
    expect(shareCurve(told({ points: 0 })).share).toEqual([0, 0]);
  });

  test('zero, margin and the present interval are in the range that is shown', () => {
    for (const curves of criteriaCurves(told({ phase: 'aborted' }))) {
      const [low, high] = effectRange(curves);
      const { lower, upper, margin } = curves.last;
      for (const value of [0, margin, lower ?? 0, upper ?? 0]) expect(value > low && value < high).toBe(true);
      const [least, most] = evidenceRange(curves, [100, 20]);
      expect(least).toBeGreaterThan(0);
      expect(most).toBeGreaterThanOrEqual(100);
    }
  });

  test('an e-value that JSON could not carry leaves a gap, and one beyond sense stands at the edge', () => {
    const evidence = releaseEvidence({ points: 4 });
    const points = evidence.points.map((point, k) => ({
      ...point,
      judgement: {
        ...point.judgement,
        criteria: point.judgement.criteria.map(each => ({ ...each, harm: [1, Infinity, 1e300, 0][k] ?? 1 })),
      },
    }));
    const parsed = evidenceSchema.parse(JSON.parse(JSON.stringify({ ...evidence, points })));
    expect(criteriaCurves(parsed)[0]?.harm).toEqual([1, null, 1e12, 1e-6]);
  });
});

describe('bars of a sketch', () => {
  const sketch = (arm: ArmSketch['arm'], edges: number[], counts: number[]): ArmSketch => ({
    ...{ figure: 'latency', arm, unit: 'ms', edges, counts },
    count: counts.reduce((sum, each) => sum + each, 0),
    quantiles: [{ probability: 0.5, value: 4 }],
  });
  const powers = (from: number, count: number) => Array.from({ length: count }, (_, k) => 2 ** (from + k));

  test('both arms share one axis, whatever bins they were counted in', () => {
    const bars = sketchBars([
      sketch('stable', powers(0, 3), [0, 4, 4, 0]),
      sketch('candidate', powers(2, 3), [0, 4, 4, 0]),
    ]);
    expect(bars).toMatchObject({ low: 1, high: 16 });
    const [stable, candidate] = bars?.arms ?? [];
    expect(stable?.heights.map(each => each > 0)).toEqual([true, true, false, false]);
    expect(candidate?.heights.map(each => each > 0)).toEqual([false, false, true, true]);
    expect(stable?.quantiles[0]?.at).toBeCloseTo(0.5, 12);
  });

  test('zeros of a logarithmic sketch do not squeeze the rest', () => {
    const bars = sketchBars([sketch('stable', [1e-13, 1, 2, 4], [50, 0, 25, 25, 0])]);
    expect(bars?.low).toBe(1);
    expect(bars?.arms[0]?.heights.length).toBeLessThanOrEqual(4);
  });

  test('without samples there are no bars', () => {
    expect(sketchBars([])).toBeUndefined();
    expect(sketchBars([sketch('stable', [1, 2], [0, 0, 0])])).toBeUndefined();
    expect(sketchBars([sketch('stable', [], [0])])).toBeUndefined();
  });
});

test('figures have units, signs and no signs that fonts lack', () => {
  expect(formatEffect('latency-mean', 0.062)).toMatch(/^\+6\.2\s?%$/);
  expect(formatEffect('error-rate', -0.012)).toBe('−1.2 points');
  expect([1.3, 250, 2.1e6, 1e12, 3e-9, null].map(formatFigure)).toEqual(['1.3', '250', '2.1e6', '1e12', '3e-9', '–']);
  expect([850, 12_500, 200_000, 7_500_000].map(formatSpan)).toEqual(['850 ms', '12.5 s', '3 min 20 s', '2 h 5 min']);
});
