// A release as its author writes it, in YAML, JSON or TypeScript: durations as '30s', shares as '5%'; and as everything after the door sees it.
import { z } from 'zod';
import { routeCondition, routeStickiness, wholeShare } from '../../model/index.js';
import { judgedMetrics, usualLeastMs } from '../judge/judgement.js';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const longestMs = 30 * 24 * unitMs.h;

/** '500ms', '30s', '1.5m', '2h' → milliseconds. */
export const duration = z.string().transform((text, context) => {
  const match = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)$/.exec(text.trim());
  const unit = match?.[2];
  const ms = unit === 'ms' || unit === 's' || unit === 'm' || unit === 'h' ? Number(match?.[1]) * unitMs[unit] : -1;
  if (ms >= 0 && ms <= longestMs) return ms;
  context.addIssue({
    code: 'custom',
    message: `wanted a duration such as '500ms', '30s', '5m' or '2h', up to 30 days, got '${text.slice(0, 40)}'`,
  });
  return z.NEVER;
});

const percentage = (text: string): number => {
  const match = /^(\d{1,3}(?:\.\d{1,4})?)\s*%$/.exec(text.trim());
  return match === null ? Number.NaN : Number(match[1]) / 100;
};

/** '5%' → 500: a share of the traffic, in parts of ten thousand. */
export const percent = z.string().transform((text, context) => {
  const share = Math.round(percentage(text) * wholeShare);
  if (share >= 0 && share <= wholeShare) return share;
  context.addIssue({ code: 'custom', message: `wanted a percentage from '0%' to '100%', got '${text.slice(0, 40)}'` });
  return z.NEVER;
});

/** '10%' → 0.1; a number stays what it is. */
const margin = z.union([z.number().min(0).max(1000), z.string()]).transform((value, context) => {
  const read = typeof value === 'number' ? value : percentage(value);
  if (read >= 0) return read;
  context.addIssue({ code: 'custom', message: `wanted a number, or a percentage such as '10%', got '${value}'` });
  return z.NEVER;
});

const timed = new Set<string>(['latency-mean', 'latency-p50', 'latency-p95', 'latency-p99', 'resource-use']);

const criterion = z
  .strictObject({
    metric: z.enum(judgedMetrics),
    margin,
    /** Of latency and resource use: differences below this time do not matter, whatever part they are; usually 0.5ms. */
    least: duration.optional(),
    /** Its proof is not needed for a promotion; its veto still counts. */
    advisory: z.boolean().default(false),
  })
  .transform(({ least, ...stated }) => ({
    ...stated,
    leastMs: least ?? (timed.has(stated.metric) ? usualLeastMs : 0),
  }));

/** Judged unless the document says otherwise; what a version does not measure is passed over. */
export const usualCriteria = Object.freeze([
  { metric: 'latency-mean', margin: '10%' },
  { metric: 'latency-p99', margin: '50%', advisory: true },
  { metric: 'error-rate', margin: '1%' },
  { metric: 'guard-rate', margin: '5%' },
  { metric: 'residual', margin: '10%' },
  { metric: 'conservation', margin: '25%' },
] as const satisfies readonly z.input<typeof criterion>[]);

const judge = z.strictObject({
  /** Probability that a version which is no worse is refused, over the whole release. */
  falseAlarm: z.number().gt(0).max(0.2).default(0.01),
  /** Probability that a version worse by more than a margin is promoted. */
  falsePass: z.number().gt(0).max(0.5).default(0.05),
  minSamples: z.int().min(10).max(1_000_000).default(50),
  criteria: z
    .array(criterion)
    .min(1)
    .max(judgedMetrics.length)
    .prefault([...usualCriteria]),
});

const hold = (usual: string) => duration.prefault(usual);
const share = (usual: string) => percent.prefault(usual);
const approve = z.boolean().default(false);
const rules = z.array(routeCondition).max(16).default([]);

const canaryStep = z.strictObject({
  /** Of the traffic that goes to the candidate. */
  weight: percent,
  /** Longest time before the step ends; the judge may end it sooner. */
  hold: hold('1m'),
  /** A person must promote before the next step. */
  approve,
});

export const strategyKinds = ['canary', 'blue-green', 'rolling', 'ab', 'shadow'] as const;
export type StrategyKind = (typeof strategyKinds)[number];

const strategy = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('canary'),
    steps: z
      .array(canaryStep)
      .min(1)
      .max(50)
      .refine(
        steps => steps.every(({ weight }, place) => weight >= (steps[place - 1]?.weight ?? 0)),
        'wanted weights that do not fall from one step to the next',
      ),
    sticky: routeStickiness.optional(),
    /** Requests that go to the candidate from the first step on. */
    rules,
    /** Copies besides, for comparing answers. */
    mirror: share('0%'),
    /** What proof before its time does: go to the next step, or to the end. */
    early: z.enum(['step', 'finish']).default('step'),
  }),
  z.strictObject({
    kind: z.literal('blue-green'),
    /** Before the switch: requests that see the candidate, and copies. */
    rules,
    mirror: share('100%'),
    hold: hold('1m'),
    approve,
    /** After the switch: how long the old version stays warm and watched, so that traffic can return at once. */
    watch: hold('1m'),
  }),
  z.strictObject({
    kind: z.literal('rolling'),
    /** Replicas that change at a time. */
    batch: z.int().min(1).max(1000).default(1),
    hold: hold('30s'),
    mirror: share('0%'),
  }),
  z.strictObject({
    kind: z.literal('ab'),
    split: share('50%'),
    sticky: routeStickiness.prefault({ kind: 'client-address' }),
    rules,
    hold: hold('10m'),
    /** At the end: keep the candidate if it is let in, or only report. */
    end: z.enum(['promote', 'report']).default('promote'),
  }),
  z.strictObject({
    kind: z.literal('shadow'),
    mirror: share('100%'),
    hold: hold('5m'),
    end: z.enum(['promote', 'report']).default('report'),
  }),
]);

const truth = z.strictObject({
  /** A model of the same repository that is right, such as the solver. */
  model: z.string().min(1).max(200),
  /** Of the mirrored copies. */
  share: share('1%'),
});

export const releaseSchema = z.strictObject({
  model: z.string().min(1).max(200),
  /** The candidate; by default the newest version in the repository. */
  version: z.int().min(1).optional(),
  /** What it is held against; by default the version that answers now. */
  baseline: z.int().min(1).optional(),
  description: z.string().max(500).default(''),
  strategy,
  judge: judge.prefault({}),
  /** Spot checks of copies against the truth; without them accuracy is not judged. */
  truth: truth.optional(),
  /**
   * Latency and cost are compared with fresh instances of the stable version that get as much traffic as the candidate, because
   * seldom asked instances are slower. Without them: less memory, and a small share looks slow.
   */
  freshBaseline: z.boolean().default(true),
  /** What happens where the time is over and the evidence is not enough. */
  inconclusive: z.enum(['abort', 'pause', 'promote']).default('abort'),
  /** What happens where the judge finds harm: traffic returns, or shares stay and a person decides. */
  onHarm: z.enum(['abort', 'pause']).default('abort'),
  /** The learned adviser; it can only make a release slower. */
  advisor: z
    .strictObject({ use: z.boolean().default(true), confidence: z.number().min(0.5).max(1).default(0.95) })
    .prefault({}),
});

/** As authors write it. */
export type ReleaseDocument = z.input<typeof releaseSchema>;
/** Complete: times in milliseconds, shares in parts of ten thousand, margins as numbers. */
export type ReleaseSpec = Readonly<z.infer<typeof releaseSchema>>;
export type Strategy = ReleaseSpec['strategy'];
