// What the pictures of the report are made of: times, shares, scales and marks.
import { seededRandom } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { decadeTicks, linearScale, logScale, roundTicks, timeTicks } from '../../dist/control/report/scale.js';
import { shownDuration, shownNumber, shownPercent } from '../../dist/control/report/shown.js';
import { timelineOf } from '../../dist/control/report/timeline.js';
import { begunMs, releaseEvidence } from './release-evidence.js';

describe('the timeline', () => {
  test('begins without the candidate and ends with all or nothing', () => {
    const ends = (['promoted', 'aborted', 'reported', 'promoting', 'aborting'] as const).map(phase => {
      const { shares } = timelineOf(releaseEvidence({ phase }));
      expect(shares[0]).toEqual({ ms: 0, value: 0 });
      expect(shares.map(({ ms }) => ms)).toEqual(shares.map(({ ms }) => ms).toSorted((a, b) => a - b));
      return shares.at(-1)?.value;
    });
    expect(ends).toEqual([1, 0, 0, 1, 0]);
  });

  test('while it runs the share stays what the latest stage gives', () => {
    expect(timelineOf(releaseEvidence({ points: 3 })).shares.at(-1)?.value).toBe(0.5);
    expect(timelineOf(releaseEvidence({ points: 0 })).shares.at(-1)?.value).toBe(0);
  });

  test('stages follow each other without a gap', () => {
    const { spans, boundaries } = timelineOf(releaseEvidence({ phase: 'promoted' }));
    expect(spans.map(({ stage }) => stage)).toEqual([0, 1, 2, 3]);
    expect(spans.slice(1).map(({ fromMs }) => fromMs)).toEqual(spans.slice(0, -1).map(({ toMs }) => toMs));
    expect(boundaries).toEqual(spans.slice(1).map(({ fromMs }) => fromMs));
  });

  test('the decision is the phase before the last, not the end', () => {
    const evidence = releaseEvidence({ phase: 'aborted', points: 60 });
    expect(timelineOf(evidence).decisionMs).toBe(begunMs + 1500 + 59_000 + 150);
    expect(timelineOf(releaseEvidence()).decisionMs).toBeUndefined();
  });

  test('a clock that was set back leaves no point outside', () => {
    const evidence = releaseEvidence({ points: 10 });
    const points = evidence.points.map((point, k) => (k === 5 ? { ...point, atMs: begunMs - 60_000 } : point));
    const { startMs, shares } = timelineOf({ ...evidence, points });
    expect(startMs).toBe(begunMs - 60_000);
    expect(shares.every(({ ms }) => ms >= 0)).toBe(true);
  });
});

describe('scales', () => {
  test('marks are round, inside, ascending, and neither few nor many, whatever the domain', () => {
    const random = seededRandom(11);
    for (let k = 0; k < 500; k++) {
      const low = random.normal() * 10 ** (12 * random.uniform() - 6);
      const scale = linearScale([low, low + 10 ** (12 * random.uniform() - 6)], [0, 100]);
      const ticks = roundTicks(scale, 5);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(11);
      const places = ticks.map(tick => scale.at(tick));
      expect(places.every((place, i) => place >= -0.1 && place <= 100.1 && place > (places[i - 1] ?? -1))).toBe(true);
    }
  });

  test('a logarithmic scale has marks for one decade and for eighteen', () => {
    for (const [low, high] of [
      [0.5, 40],
      [1e-6, 1e12],
      [2, 9],
      [0.3, 0.4],
    ] as const) {
      const scale = logScale([low, high], [0, 100]);
      const ticks = decadeTicks(scale, 5);
      expect(ticks.length).toBeLessThanOrEqual(9);
      expect(ticks.every(tick => scale.at(tick) >= -0.1 && scale.at(tick) <= 100.1)).toBe(true);
    }
    expect(decadeTicks(logScale([1e-6, 1e12], [0, 1]), 5)).toHaveLength(5);
  });

  test('one value alone stands in the middle, and infinity a little outside', () => {
    const scale = linearScale([7, 7], [0, 100]);
    expect(scale.at(7)).toBe(50);
    expect(scale.at(Number.POSITIVE_INFINITY)).toBe(150);
    expect(logScale([1, 10], [0, 100]).at(0)).toBe(-50);
  });

  test('times have the unit that their step asks for', () => {
    const labels = (seconds: number) =>
      timeTicks(linearScale([0, 1000 * seconds], [0, 1]), 5).map(({ label }) => label);
    expect(labels(1)).toEqual(['0', '0.2 s', '0.4 s', '0.6 s', '0.8 s', '1 s']);
    expect(labels(60)).toEqual(['0', '15 s', '30 s', '45 s', '60 s']);
    expect(labels(150)).toEqual(['0', '0:30', '1:00', '1:30', '2:00', '2:30']);
    expect(labels(3600)).toContain('30 min');
    expect(labels(30 * 86_400)).toContain('7 d');
  });
});

describe('figures', () => {
  test('are written with three digits, a true minus, and signs of their own for what is no number', () => {
    expect([0, 3.1449, -0.00012, 12_345, 1e9, -4e-7, Number.NaN, -Infinity, null].map(shownNumber)).toEqual([
      '0',
      '3.14',
      '−1.2e-4',
      '12 345',
      '1e9',
      '−4e-7',
      '–',
      '−∞',
      '–',
    ]);
    expect([0.0123, null, Number.NaN].map(shownPercent)).toEqual(['1.23 %', '–', '–']);
    expect([0, 850, 12_500, 200_000, 7_500_000, -1].map(shownDuration)).toEqual([
      '0 ms',
      '850 ms',
      '12.5 s',
      '3 min 20 s',
      '2 h 5 min',
      '–',
    ]);
  });
});
