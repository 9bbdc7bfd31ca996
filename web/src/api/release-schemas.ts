// What the server's JSON about releases must look like, as far as the studio reads it.
import * as z from 'zod/mini';

// JSON has no infinity: a figure without bound arrives as null.
const figure = z.nullable(z.number());
const count = z.number();
const word = z.string();

export const phases = [
  'pending',
  'preparing',
  'running',
  'paused',
  'promoting',
  'aborting',
  'promoted',
  'aborted',
  'reported',
] as const;

export const metrics = [
  'latency-mean',
  'latency-p50',
  'latency-p95',
  'latency-p99',
  'error-rate',
  'guard-rate',
  'residual',
  'conservation',
  'difference',
  'accuracy',
  'resource-use',
] as const;

const verdict = z.enum(['promote', 'continue', 'abort']);

const criterion = z.object({
  metric: z.enum(metrics),
  test: word,
  verdict,
  stableSamples: count,
  candidateSamples: count,
  stable: figure,
  candidate: figure,
  effect: figure,
  lower: figure,
  upper: figure,
  margin: count,
  harm: figure,
  safety: figure,
});

const judgement = z.object({ verdict, atMs: count, reason: word, criteria: z.array(criterion) });

const advice = z.object({
  atMs: count,
  probability: count,
  advice: z.optional(z.enum(['hold', 'go'])),
  confidence: count,
  drivers: z.array(z.object({ feature: word, value: figure, contribution: figure })),
});

const stage = z.object({
  title: word,
  candidateShare: count,
  replicas: z.union([count, z.literal('all')]),
  mirrorShare: count,
  holdMs: count,
  approve: z.boolean(),
  atEnd: z.enum(['next', 'judge', 'report']),
});

const spec = z.object({
  model: word,
  description: word,
  strategy: z.object({ kind: z.enum(['canary', 'blue-green', 'rolling', 'ab', 'shadow']) }),
  advisor: z.object({ use: z.boolean() }),
});

export const statusSchema = z.object({
  id: word,
  spec,
  candidate: count,
  baseline: count,
  stages: z.array(stage),
  judging: z.object({
    falseAlarm: count,
    falsePass: count,
    minSamples: count,
    criteria: z.array(z.object({ metric: z.enum(metrics), margin: count, advisory: z.boolean() })),
  }),
  phase: z.enum(phases),
  stage: count,
  stageSinceMs: count,
  stageHeldMs: count,
  members: z.array(word),
  obeyed: z.array(word),
  faults: z.record(word, word),
  reason: word,
  startedBy: word,
  startedAtMs: count,
  updatedAtMs: count,
  endedAtMs: z.optional(z.nullable(count)),
  prunedAtMs: z.optional(z.nullable(count)),
  baselineFault: z.optional(z.nullable(word)),
  judgement: z.optional(z.nullable(judgement)),
  advice: z.optional(z.nullable(advice)),
});

const happened = z.object({
  id: word,
  sequence: count,
  atMs: count,
  kind: z.enum(['phase', 'stage', 'route', 'verdict', 'advice', 'command', 'fault']),
  text: word,
  by: word,
});

const sketch = z.object({
  figure: z.enum(['latency', 'residual', 'difference', 'compute']),
  arm: z.enum(['stable', 'candidate']),
  unit: word,
  count,
  edges: z.array(count),
  counts: z.array(count),
  quantiles: z.array(z.object({ probability: count, value: figure })),
});

export const releasesSchema = z.object({ releases: z.array(statusSchema) });

export const evidenceSchema = z.object({
  status: statusSchema,
  events: z.array(happened),
  points: z.array(z.object({ atMs: count, stage: count, candidateShare: count, judgement })),
  sketches: z.array(sketch),
});

/** What the WebSocket tells to those who subscribed to 'releases'. */
export const releaseEventSchema = z.object({
  type: z.literal('event'),
  event: z.literal('releases'),
  id: word,
  status: statusSchema,
});

export type ReleaseStatus = z.infer<typeof statusSchema>;
export type ReleasePhase = ReleaseStatus['phase'];
export type ReleaseEvidence = z.infer<typeof evidenceSchema>;
export type EvidencePoint = ReleaseEvidence['points'][number];
export type CriterionReport = z.infer<typeof criterion>;
export type Metric = CriterionReport['metric'];
export type Verdict = CriterionReport['verdict'];
export type ArmSketch = z.infer<typeof sketch>;
export type Advice = z.infer<typeof advice>;
export type Happened = z.infer<typeof happened>;
