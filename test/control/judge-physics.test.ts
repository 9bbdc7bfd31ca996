// What only a judge of solvers asks: residuals, conservation, differences and errors of answers to the same request; and what comes after a switch.
import { type Random, seededRandom } from 'galerkin/base';
import { type JudgeConfig, type Judgement, openJudge } from 'galerkin/control';
import type { PairedSample, RequestSample } from 'galerkin/observe';
import { describe, expect, it } from 'vitest';
import { criterion, judgeConfig, sampleOf, versions } from './judge-traffic.js';

const nothing: PairedSample = {
  stableLatencyMs: 10,
  stableResidual: null,
  stableFluxImbalance: null,
  difference: null,
  stableError: null,
  candidateError: null,
};

/** Every request is answered by the stable version, and copied to the candidate. */
function shadow(config: JudgeConfig, pairs: number, copy: (random: Random) => Partial<RequestSample>) {
  const judge = openJudge(config, versions);
  const random = seededRandom(8);
  let judgement: Judgement = judge.judge(0);
  let used = 0;
  for (; used < pairs && judgement.verdict === 'continue'; used++) {
    judge.hear(sampleOf({}));
    judge.hear(sampleOf({ version: 2, kind: 'mirror', ...copy(random) }));
    judgement = judge.judge(0);
  }
  return { judgement, used };
}

describe('copies', () => {
  /** Residuals scatter by a factor of 50 from input to input, but the versions' hardly differ on the same one. */
  const residuals = (worse: number) => (random: Random) => {
    const stableResidual = Math.exp(2 * random.normal());
    const residual = stableResidual * worse * Math.exp(0.05 * random.normal());
    return { residual, accepted: true, paired: { ...nothing, stableResidual } };
  };

  it('show a residual that is 10 % larger in tens of pairs, though inputs differ fiftyfold', () => {
    const { judgement, used } = shadow(judgeConfig(criterion('residual', 0.1)), 500, residuals(1.1));
    expect(judgement.verdict).toBe('abort');
    expect(used).toBeLessThan(80);
    expect(judgement.criteria[0].effect).toBeCloseTo(0.1, 1);
  });

  it('let in one that is the same as quickly', () => {
    const { judgement, used } = shadow(judgeConfig(criterion('residual', 0.1)), 500, residuals(1));
    expect(judgement.verdict).toBe('promote');
    expect(used).toBeLessThan(80);
  });

  it('show a leak of mass, whatever its sign', () => {
    const leak = (random: Random) => {
      const stableFluxImbalance = 1e-3 * random.normal();
      return { fluxImbalance: -2 * stableFluxImbalance, accepted: true, paired: { ...nothing, stableFluxImbalance } };
    };
    expect(shadow(judgeConfig(criterion('conservation', 0.25)), 500, leak).judgement.verdict).toBe('abort');
  });

  it.each([
    [0.02, 'promote'],
    [0.09, 'abort'],
  ])('whose answers differ by %d on average lead to %s at a limit of 0.05', (mean, verdict) => {
    const apart = (random: Random) => ({ paired: { ...nothing, difference: mean * Math.exp(0.3 * random.normal()) } });
    const { judgement, used } = shadow(judgeConfig(criterion('difference', 0.05)), 1000, apart);
    expect(judgement.verdict).toBe(verdict);
    expect(used).toBeLessThan(150);
  });

  it('whose answers are not finite are no small difference', () => {
    const config = judgeConfig(criterion('difference', 0.05));
    expect(shadow(config, 300, () => ({ paired: nothing })).judgement.verdict).toBe('abort');
  });

  it.each([
    [0, 'promote'],
    [0.02, 'abort'],
  ])('checked against the truth, with errors larger by %d, lead to %s', (more, verdict) => {
    const errors = (random: Random) => {
      const stableError = 0.05 * Math.exp(0.5 * random.normal());
      return { paired: { ...nothing, stableError, candidateError: stableError + more + 0.005 * random.normal() } };
    };
    const { judgement } = shadow(judgeConfig(criterion('accuracy', 0.01)), 1000, errors);
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.criteria[0].stable).toBeGreaterThan(0.03);
  });

  it('are compared with what the client waited for', () => {
    const slow = (random: Random) => {
      const stableLatencyMs = Math.exp(random.normal());
      return {
        latencyMs: 1.3 * stableLatencyMs * Math.exp(0.1 * random.normal()),
        paired: { ...nothing, stableLatencyMs },
      };
    };
    const { judgement, used } = shadow(judgeConfig(criterion('latency-mean', 0.1)), 500, slow);
    expect(judgement.verdict).toBe('abort');
    expect(used).toBeLessThan(80);
  });
});

const noErrors = { difference: null, stableError: null, candidateError: null };

describe('after a switch, when the stable version answers no more', () => {
  const config = judgeConfig(criterion('latency-mean', 0.1), criterion('error-rate', 0.01));

  function switched(seed: number, facts: (random: Random) => Partial<RequestSample>) {
    const judge = openJudge(config, versions);
    const random = seededRandom(seed);
    const latencyMs = () => 10 * Math.exp(0.3 * random.normal());
    for (let k = 0; k < 1000; k++) judge.hear(sampleOf({ version: k % 10 === 0 ? 2 : 1, latencyMs: latencyMs() }));
    for (let used = 0; used < 2000; used++) {
      judge.hear(sampleOf({ version: 2, latencyMs: latencyMs(), ...facts(random) }));
      if (judge.judge(0).verdict === 'abort') return used;
    }
    return Number.POSITIVE_INFINITY;
  }

  it('the candidate is held against what the stable one was last', () => {
    expect(switched(1, random => ({ latencyMs: 20 * Math.exp(0.3 * random.normal()) }))).toBeLessThan(400);
    expect(switched(1, () => ({ ok: false, latencyMs: null }))).toBeLessThan(200);
  });

  it('that its clients were answered by warm instances, and only copies had times, makes no difference', () => {
    const afterShadow = (slower: number) => {
      const judge = openJudge(config, versions);
      const random = seededRandom(2);
      const noise = () => Math.exp(0.3 * random.normal());
      for (let k = 0; k < 500; k++) {
        // Copies wait in no queue, and nobody reads their inputs.
        const copy = { kind: 'mirror', latencyMs: 4 * noise() } as const;
        const paired = { stableResidual: null, stableFluxImbalance: null, ...noErrors };
        judge.hear(sampleOf({ latencyMs: null, warmLatencyMs: 10 * noise() }));
        judge.hear(sampleOf(copy));
        judge.hear(sampleOf({ ...copy, version: 2, paired: { ...paired, stableLatencyMs: copy.latencyMs * noise() } }));
      }
      for (let k = 0; k < 800; k++) judge.hear(sampleOf({ version: 2, latencyMs: slower * 10 * noise() }));
      return judge.judge(0).verdict;
    };
    expect(afterShadow(2)).toBe('abort');
    expect(afterShadow(1)).toBe('promote');
  });

  it('it is not refused if it stays as it was', () => {
    for (let seed = 1; seed <= 6; seed++) expect(switched(seed, () => ({}))).toBe(Number.POSITIVE_INFINITY);
  });
});
