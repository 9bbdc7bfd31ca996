// The report of a release: it says what happened, draws whatever it is given, and lets no word of a release become markup.
import {
  type CriterionReport,
  type ReleaseEvidence,
  type ReleasePhase,
  releasePhases,
  releaseReport,
} from 'galerkin/control';
import { describe, expect, test } from 'vitest';
import { releaseEvidence } from './release-evidence.js';

const evil = `"><script>alert(1)</script><img src=x onerror='alert(2)'>\u202e\u0000&amp;</style><!--`;

/** Names of all tags in order: the structure of a page. */
const tagsOf = (page: string): string[] => page.match(/<\/?[a-z][a-z0-9]*/g) ?? [];

/** Every number in a path, a circle or a rectangle. */
const coordinatesOf = (page: string): number[] =>
  [...page.matchAll(/ (?:d|x|y|x1|y1|cx|cy|width|height)="([^"]*)"/g)].flatMap(([, text = '']) =>
    [...text.matchAll(/-?[\d.]+(?:e-?\d+)?/g)].map(([number]) => Number(number)),
  );

const withCriteria = (
  evidence: ReleaseEvidence,
  change: (report: CriterionReport, k: number) => CriterionReport,
): ReleaseEvidence => ({
  ...evidence,
  points: evidence.points.map((point, k) => ({
    ...point,
    judgement: { ...point.judgement, criteria: point.judgement.criteria.map(each => change(each, k)) },
  })),
});

describe('the report of a release', () => {
  test('opens with the verdict and why, and says who began it and when', () => {
    const page = releaseReport(releaseEvidence({ phase: 'aborted' }));
    const [before = ''] = page.split('<h2>Traffic');
    for (const words of [
      'Version 2 of darcy was stopped; all requests went back to version 1.',
      'Latency, mean: 62 % worse, and 0 % was let in',
      'Why: new training run.',
      'ada',
      '2026-11-22 14:00:00',
      'canary',
    ])
      expect(before).toContain(words);
  });

  test.each(releasePhases)('has one sentence for the phase %s', phase => {
    const page = releaseReport(releaseEvidence({ phase }));
    expect(page.match(/<h1>[^<]*(?:Version|version) 2[^<]*\.<\/h1>/g)).toHaveLength(1);
    expect(page).toContain(`<p class="phase">${phase}</p>`);
  });

  test('shows each criterion with its effect, interval, margin, test and evidence against what is wanted', () => {
    const evidence = releaseEvidence({ phase: 'aborted', points: 60 });
    const page = releaseReport(evidence);
    expect(page.match(/class="criterion /g)).toHaveLength(4);
    expect(page.match(/class="criterion abort"/g)).toHaveLength(1);
    for (const words of [
      'margin +10 %',
      'margin +1 points',
      'normal-mixture confidence sequence',
      'harm 100',
      'safety 20',
    ])
      expect(page).toContain(words);
    expect(page.match(/class="band"/g)).toHaveLength(4);
    expect(page.match(/class="line harm"/g)).toHaveLength(4);
  });

  test('lets no word of a release become markup, style or a hidden sign', () => {
    const [hostile, harmless] = [evil, 'words'].map(words => releaseReport(releaseEvidence({ words, points: 5 })));
    expect(tagsOf(hostile ?? '')).toEqual(tagsOf(harmless ?? ''));
    for (const hidden of ['\u202e', '\u0000']) expect(hostile).not.toContain(hidden);
    expect((hostile ?? '').match(/alert/g)?.length).toBeGreaterThan(20);
  });

  test('needs nothing from anywhere', () => {
    const page = releaseReport(releaseEvidence({ phase: 'promoted' }));
    expect(page).not.toMatch(/https?:|url\(|src=|href=|<script|@import/);
    expect(page).toContain(`default-src 'none'`);
  });

  test.each([0, 1, 2, 600])('draws %d points', points => {
    const page = releaseReport(releaseEvidence({ points }));
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
    expect(page.includes('class="line harm"')).toBe(points > 1);
    expect(page.includes('class="dot harm"')).toBe(points === 1);
  });

  const odd = {
    null: null,
    infinite: Number.POSITIVE_INFINITY,
    sunken: Number.NEGATIVE_INFINITY,
    huge: 1e300,
    tiny: 5e-324,
    nothing: Number.NaN,
  };
  test.each(Object.entries(odd))('draws values that are %s inside the picture or cut at its edge', (_, value) => {
    const evidence = withCriteria(releaseEvidence({ phase: 'promoted', points: 40 }), (each, k) =>
      k % 3 === 0
        ? {
            ...each,
            effect: value,
            lower: value,
            upper: value,
            stable: value,
            candidate: value,
            harm: value ?? 1,
            safety: value ?? 1,
          }
        : each,
    );
    const last = evidence.points.at(-1)?.judgement;
    const page = releaseReport({ ...evidence, status: { ...evidence.status, judgement: last } });
    expect(page).not.toMatch(/NaN|undefined|\dInfinity/);
    const coordinates = coordinatesOf(page);
    expect(coordinates.length).toBeGreaterThan(500);
    expect(coordinates.filter(each => !(Math.abs(each) < 1000))).toEqual([]);
  });

  test('draws a release without stages, sketches, advice, events or judgement', () => {
    const evidence = releaseEvidence({ phase: 'pending', points: 0 });
    const status = { ...evidence.status, stages: [], advice: undefined, judgement: undefined };
    const page = releaseReport({ status, events: [], points: [], sketches: [] });
    for (const words of [
      'Nothing has been judged yet',
      'has no stages',
      'It has said nothing',
      'Nothing has been written down',
    ])
      expect(page).toContain(words);
  });

  test('says that curves were deleted, and what kept the comparison from fresh instances', () => {
    const evidence = releaseEvidence({ phase: 'promoted', points: 0 });
    const gone = { prunedAtMs: Date.UTC(2027, 1, 20), baselineFault: `no memory ${evil}` };
    const page = releaseReport({ ...evidence, sketches: [], status: { ...evidence.status, ...gone } });
    expect(page).toContain('deleted on 2027-02-20');
    expect(page).toContain('<b>No fresh baseline</b>: no memory &#34;');
    expect(page).not.toContain('<script>alert');
    expect(releaseReport(evidence)).not.toMatch(/deleted on|No fresh baseline/);
  });

  test('draws sketches with empty, single, negative and zero bins', () => {
    const sketches = [
      { edges: [], counts: [0], count: 0 },
      { edges: [2], counts: [1, 0], count: 1 },
      { edges: [-1, 0, 1], counts: [3, 2, 1, 4], count: 10 },
      { edges: [1e-13, 1, 1.1], counts: [50, 0, 25, 25], count: 100 },
    ].map(each => ({
      ...{ ...each, figure: 'latency' as const, arm: 'stable' as const, unit: 'ms' },
      quantiles: [{ probability: 0.5, value: Number.NaN }],
    }));
    for (const one of sketches) {
      const page = releaseReport({ ...releaseEvidence({ points: 1 }), sketches: [one] });
      expect(page).not.toMatch(/NaN|Infinity/);
      expect(page.includes('<rect')).toBe(one.count > 0);
    }
  });

  test('names the replicas that do not obey, and why', () => {
    const evidence = releaseEvidence();
    const faults = { 'replica-2': 'out of memory', 'replica-3': '' };
    const page = releaseReport({ ...evidence, status: { ...evidence.status, faults } });
    expect(page).toContain('<b>replica-2</b> does not obey: out of memory');
    expect(page).not.toContain('replica-3</b>');
  });

  test('marks the moment of the decision once there is one', () => {
    const decided: readonly ReleasePhase[] = ['promoted', 'aborted', 'reported'];
    for (const phase of ['running', 'paused', ...decided] as const)
      expect(releaseReport(releaseEvidence({ phase })).includes('class="decision"')).toBe(
        decided.some(each => each === phase),
      );
  });
});
