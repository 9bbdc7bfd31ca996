// A judge forgets nothing that it would need: restored from JSON at any point, it says the same to the last bit; and it takes what comes.
import { seededRandom } from 'galerkin/base';
import { type JudgedMetric, judgedMetrics, openJudge } from 'galerkin/control';
import type { RequestSample } from 'galerkin/observe';
import { describe, expect, it } from 'vitest';
import { criterion, judgeConfig, sampleOf, samplesOf, usualConfig, versions } from './judge-traffic.js';

const all = judgeConfig(...judgedMetrics.map((metric: JudgedMetric) => criterion(metric, 0.2)));

/** Traffic in which everything is measured, of both kinds, and some of it is missing. */
function* richSamples(seed: number, count: number): Generator<RequestSample> {
  const random = seededRandom(seed);
  const positive = () => Math.exp(random.normal());
  const maybe = (value: number): number | null => (random.uniform() < 0.1 ? null : value);
  for (let sequence = 1; sequence <= count; sequence++) {
    const version = 1 + random.integer(3);
    const figures = {
      residual: maybe(positive()),
      fluxImbalance: maybe(random.normal()),
      computeMs: maybe(positive()),
    };
    const isMirror = version === 2 && random.uniform() < 0.4;
    const stable = {
      stableLatencyMs: positive(),
      stableResidual: maybe(positive()),
      stableFluxImbalance: maybe(positive()),
    };
    const errors = {
      difference: maybe(0.1 * positive()),
      stableError: maybe(positive()),
      candidateError: maybe(positive()),
    };
    const paired = isMirror ? { ...stable, ...errors } : null;
    const ok = random.uniform() < 0.97;
    const accepted = random.uniform() < 0.05;
    yield sampleOf({
      sequence,
      version,
      kind: isMirror ? 'mirror' : 'answer',
      ok,
      latencyMs: positive(),
      ...figures,
      accepted,
      paired,
    });
  }
}

describe('a judge that is restored', () => {
  it.each([1, 2, 3])('from JSON at any point says the same to the last bit (seed %d)', seed => {
    const random = seededRandom(seed);
    const whole = openJudge(all, versions);
    let broken = openJudge(all, versions);
    let last: unknown;
    for (const sample of richSamples(seed, 1500)) {
      whole.hear(sample);
      broken.hear(sample);
      if (random.uniform() < 0.03) broken = openJudge(all, versions, JSON.parse(JSON.stringify(broken.remember())));
      if (sample.sequence % 50 > 0) continue;
      const judgement = whole.judge(sample.sequence);
      expect(broken.judge(sample.sequence)).toStrictEqual(judgement);
      expect(JSON.parse(JSON.stringify(judgement))).toStrictEqual(judgement);
      last = judgement;
    }
    expect(broken.sketches()).toStrictEqual(whole.sketches());
    expect(last).toMatchObject({ criteria: expect.arrayContaining([expect.objectContaining({ metric: 'accuracy' })]) });
  });

  it('is not touched by what its memory goes through afterwards', () => {
    const judge = openJudge(usualConfig, versions);
    for (const sample of samplesOf({ seed: 1, requests: 300 })) judge.hear(sample);
    const memory = judge.remember();
    const [before, text] = [judge.judge(0), JSON.stringify(memory)];
    const other = openJudge(usualConfig, versions, memory);
    for (const sample of samplesOf({ seed: 2, requests: 300, slower: 3 })) other.hear(sample);
    expect(judge.judge(0)).toStrictEqual(before);
    expect(JSON.stringify(memory)).toBe(text);
  });

  const memory = () => openJudge(usualConfig, versions).remember();
  it.each([
    ['of other versions', { ...memory(), versions: { stable: 1, candidate: 3 } }],
    ['of other criteria', { ...memory(), metrics: ['residual'] }],
    ['without a part', { ...memory(), capital: undefined }],
    ['with a part of another kind', { ...memory(), tests: memory().metrics }],
    ['that is empty', {}],
  ])('refuses a memory %s', (_, damaged) => {
    expect(() => openJudge(usualConfig, versions, damaged)).toThrow(expect.objectContaining({ code: 'JUDGE_MEMORY' }));
  });
});

describe('a judge that hears nonsense', () => {
  const strange = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -5, 0, 1e308, 5e-324];

  it('stays finite, and its judgement survives JSON', () => {
    const judge = openJudge(all, versions);
    const random = seededRandom(1);
    const any = () => strange[random.integer(strange.length)];
    for (let k = 0; k < 5000; k++) {
      const paired = {
        stableLatencyMs: any(),
        stableResidual: any(),
        stableFluxImbalance: any(),
        difference: any(),
        stableError: any(),
        candidateError: any(),
      };
      const figures = {
        latencyMs: any(),
        computeMs: any(),
        residual: any(),
        fluxImbalance: any(),
        items: any(),
        atMs: any(),
      };
      const version = 1 + random.integer(2);
      const isMirror = random.uniform() < 0.3;
      judge.hear(
        sampleOf({ version, ...figures, kind: isMirror ? 'mirror' : 'answer', paired: isMirror ? paired : null }),
      );
      if (k % 500 > 0) continue;
      const judgement = judge.judge(0);
      expect(JSON.parse(JSON.stringify(judgement))).toStrictEqual(judgement);
      expect(JSON.parse(JSON.stringify(judge.remember()))).toStrictEqual(judge.remember());
    }
  });

  it('passes over samples of other versions, and over the order of their times', () => {
    const plain = openJudge(usualConfig, versions);
    const stirred = openJudge(usualConfig, versions);
    for (const sample of samplesOf({ seed: 4, requests: 500 })) {
      plain.hear(sample);
      stirred.hear({ ...sample, atMs: 1e6 - sample.atMs });
      stirred.hear({ ...sample, version: 7, ok: false, latencyMs: 1e9 });
    }
    expect(stirred.judge(0)).toStrictEqual(plain.judge(0));
  });

  it('does not grow with 200,000 samples', () => {
    const judge = openJudge(usualConfig, versions);
    const random = seededRandom(6);
    const few = Array.from({ length: 997 }, () =>
      sampleOf({
        version: 1 + random.integer(2),
        latencyMs: Math.exp(3 * random.normal()),
        residual: Math.exp(9 * random.normal()),
        accepted: true,
      }),
    );
    const hear = (count: number) => {
      for (let k = 0; k < count; k++) judge.hear(few[k % few.length]);
    };
    hear(20_000);
    const early = JSON.stringify(judge.remember()).length;
    hear(180_000);
    expect(JSON.stringify(judge.remember()).length).toBeLessThan(1.3 * early);
    expect(early).toBeLessThan(30_000);
  });
});
