// Evidence of releases as a control plane would tell it, made from a seed: for tests of what is drawn, not of what is decided.
import { seededRandom } from 'galerkin/base';
import {
  type ArmSketch,
  type CriterionReport,
  type EvidencePoint,
  type JudgedMetric,
  type JudgeVerdict,
  type ReleaseEvidence,
  type ReleasePhase,
  releaseSchema,
  type Stage,
} from 'galerkin/control';

export interface EvidenceWish {
  readonly phase?: ReleasePhase;
  readonly points?: number;
  readonly everyMs?: number;
  readonly metrics?: readonly JudgedMetric[];
  /** Stands wherever a person or a program wrote words. */
  readonly words?: string;
  readonly id?: string;
}

export const begunMs = Date.UTC(2026, 10, 22, 14, 0, 0);

const stable: Readonly<Partial<Record<JudgedMetric, number>>> = {
  'latency-mean': 3.1,
  'latency-p50': 2.9,
  'latency-p95': 5.2,
  'latency-p99': 7.9,
  'error-rate': 0.002,
  'guard-rate': 0.01,
  residual: 0.031,
  conservation: 2.4e-4,
};
const margins: Readonly<Partial<Record<JudgedMetric, number>>> = {
  'error-rate': 0.01,
  'guard-rate': 0.05,
  'latency-p99': 0.5,
};
const rates: readonly JudgedMetric[] = ['error-rate', 'guard-rate', 'accuracy'];

/** One criterion after `samples` of each arm: an interval that narrows around an effect, e-values that grow with what it proves. */
function criterion(metric: JudgedMetric, samples: number, effect: number): CriterionReport {
  const margin = margins[metric] ?? 0.1;
  const half = (4 * margin) / Math.sqrt(1 + samples / 12);
  const base = stable[metric] ?? 0.05;
  const verdict: JudgeVerdict = effect - half > 0 ? 'abort' : effect + half < margin ? 'promote' : 'continue';
  const strength = (distance: number): number =>
    Math.exp(Math.min(600, (samples * distance * Math.abs(distance)) / margin ** 2 / 20));
  return {
    metric,
    test: metric.startsWith('latency-p') ? 'time-uniform band of the quantile' : 'normal-mixture confidence sequence',
    verdict: samples < 10 ? 'continue' : verdict,
    stableSamples: 3 * samples,
    candidateSamples: samples,
    stable: samples < 3 ? null : base,
    candidate: samples < 3 ? null : rates.includes(metric) ? base + effect : base * (1 + effect),
    effect: samples < 3 ? null : effect,
    lower: samples < 5 ? null : effect - half,
    upper: samples < 5 ? null : effect + half,
    margin,
    harm: strength(effect),
    safety: strength(margin - effect),
  };
}

function sketch(figure: ArmSketch['figure'], arm: ArmSketch['arm'], shift: number): ArmSketch {
  const random = seededRandom(7);
  const centre = figure === 'latency' ? 3 : 0.03;
  const edges = Array.from({ length: 60 }, (_, k) => centre * 10 ** (-1 + k / 30));
  const counts = Array.from({ length: 61 }, () => 0);
  const values = Array.from({ length: 2000 }, () => {
    return centre * shift * Math.exp(0.3 * random.normal());
  }).toSorted((a, b) => a - b);
  for (const value of values) {
    const bin = edges.findIndex(edge => value < edge);
    const at = bin < 0 ? 60 : bin;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  const quantiles = [0.5, 0.9, 0.95, 0.99].map(probability => ({
    probability,
    value: values[Math.floor(probability * 2000)] ?? 0,
  }));
  return { figure, arm, unit: figure === 'latency' ? 'ms' : '', count: 2000, edges, counts, quantiles };
}

const stages = (words: string): Stage[] =>
  [500, 2500, 5000, 10_000].map((candidateShare, k) => ({
    title: words === '' ? `canary ${candidateShare / 100} %` : words,
    candidateShare,
    replicas: 'all',
    rules: [],
    sticky: undefined,
    mirrorShare: k === 0 ? 1000 : 0,
    holdMs: 60_000,
    approve: k === 2,
    early: 'next',
    atEnd: k === 3 ? 'judge' : 'next',
  }));

function pointsOf(count: number, everyMs: number, judged: (k: number) => EvidencePoint['judgement']): EvidencePoint[] {
  return Array.from({ length: count }, (_, k) => {
    const stage = Math.min(3, Math.floor((4 * k) / Math.max(1, count)));
    const candidateShare = [500, 2500, 5000, 10_000][stage] ?? 0;
    return { atMs: begunMs + 1500 + k * everyMs, stage, candidateShare, judgement: judged(k) };
  });
}

const endings: Readonly<Partial<Record<ReleasePhase, string>>> = {
  promoted: 'no criterion is worse than its margin',
  aborted: 'Latency, mean: 62 % worse, and 0 % was let in',
};

/** A canary of darcy, 1 → 2: bad where it is aborted, good where not. */
export function releaseEvidence(wish: EvidenceWish = {}): ReleaseEvidence {
  const { phase = 'running', points: count = 120, everyMs = 1000, words = '', id = 'r-0001' } = wish;
  const metrics = wish.metrics ?? ['latency-mean', 'latency-p99', 'error-rate', 'residual'];
  const spec = releaseSchema.parse({
    model: words === '' ? 'darcy' : words.slice(0, 200),
    description: words === '' ? 'smaller network, int8' : words,
    strategy: { kind: 'canary', steps: [{ weight: '5%' }, { weight: '25%' }, { weight: '50%' }, { weight: '100%' }] },
  });
  const random = seededRandom(3);
  const effectOf = (metric: JudgedMetric): number =>
    phase === 'aborted' && metric === 'latency-mean' ? 0.62 : (margins[metric] ?? 0.1) * 0.1;
  const judged = (k: number): EvidencePoint['judgement'] => {
    const criteria = metrics.map(metric =>
      criterion(metric, 4 * k, effectOf(metric) * (1 + (0.3 * random.normal()) / Math.sqrt(1 + k))),
    );
    const verdict = criteria.some(each => each.verdict === 'abort')
      ? 'abort'
      : criteria.every(each => each.verdict === 'promote')
        ? 'promote'
        : 'continue';
    return {
      verdict,
      atMs: begunMs + 1500 + k * everyMs,
      reason: words || 'The interval of Latency, mean still reaches beyond its margin.',
      criteria,
    };
  };
  const points = pointsOf(count, everyMs, judged);
  const isEnded = phase === 'promoted' || phase === 'aborted' || phase === 'reported';
  const lastMs = points.at(-1)?.atMs ?? begunMs;
  const said = (
    sequence: number,
    atMs: number,
    kind: ReleaseEvidence['events'][number]['kind'],
    text: string,
    by = '',
  ) => ({ id, sequence, atMs, kind, text: words || text, by: by === '' ? '' : words || by });
  return {
    status: {
      ...{ id, spec, candidate: 2, baseline: 1, stages: stages(words), phase, stage: points.at(-1)?.stage ?? 0 },
      ...{
        stageSinceMs: lastMs,
        stageHeldMs: 0,
        stageSamples: 0,
        members: ['replica-1'],
        faults: {},
        waitingSinceMs: undefined,
        judging: { ...spec.judge },
        revision: 5,
        obeyed: ['replica-1'],
      },
      reason: words || (endings[phase] ?? 'the evidence is not enough yet'),
      ...{
        startedBy: words || 'ada',
        startedAtMs: begunMs,
        updatedAtMs: lastMs + 400,
        endedAtMs: isEnded ? lastMs + 400 : undefined,
      },
      judgement: points.at(-1)?.judgement,
      advice: {
        ...{
          atMs: lastMs,
          probability: phase === 'aborted' ? 0.97 : 0.04,
          advice: phase === 'aborted' ? 'hold' : 'go',
          confidence: 0.96,
        },
        drivers: [
          { feature: words || 'latency ratio, last 10 s', value: 1.62, contribution: phase === 'aborted' ? 2.4 : -1.2 },
          { feature: words || 'failures, trend', value: 0.002, contribution: -0.6 },
        ],
      },
    },
    events: [
      said(1, begunMs, 'phase', 'Started: version 2 against version 1. Why: new training run.', 'ada'),
      said(2, begunMs + 200, 'phase', 'Version 2 is being loaded everywhere, without traffic.'),
      ...points
        .filter(({ stage }, k) => stage !== points[k - 1]?.stage)
        .map(({ stage, atMs }) => said(10 + stage, atMs - 300, 'stage', `Stage ${stage + 1} of 4.`)),
      ...(isEnded
        ? [
            said(20, lastMs + 100, 'verdict', phase === 'aborted' ? 'abort: latency-mean' : 'promote'),
            said(
              21,
              lastMs + 150,
              'phase',
              phase === 'aborted' ? 'All traffic goes back to version 1.' : 'The last stage is over.',
            ),
            said(22, lastMs + 400, 'phase', phase),
          ]
        : []),
    ],
    points,
    sketches: [
      ...(['stable', 'candidate'] as const).map(arm =>
        sketch('latency', arm, arm === 'candidate' && phase === 'aborted' ? 1.62 : 1),
      ),
      ...(['stable', 'candidate'] as const).map(arm => sketch('residual', arm, arm === 'candidate' ? 1.05 : 1)),
    ],
  };
}
