// What the routes of releases answer, as schemas: for the description of the API, and for clients that check what came.
import { z } from 'zod';
import { releasePhases } from '../release/status.js';

const share = z.int().min(0).max(10_000);
const figure = z.number().nullable();
const verdict = z.enum(['promote', 'continue', 'abort']);

export const stageAnswer = z.looseObject({
  title: z.string(),
  candidateShare: share,
  replicas: z.union([z.int(), z.literal('all')]),
  mirrorShare: share,
  holdMs: z.number(),
  approve: z.boolean(),
});

export const criterionAnswer = z.looseObject({
  metric: z.string(),
  test: z.string(),
  verdict,
  stableSamples: z.number(),
  candidateSamples: z.number(),
  stable: figure,
  candidate: figure,
  effect: figure,
  lower: figure,
  upper: figure,
  margin: z.number(),
  harm: figure,
  safety: figure,
});

export const judgementAnswer = z.looseObject({
  verdict,
  atMs: z.number(),
  reason: z.string(),
  criteria: z.array(criterionAnswer),
});

const adviceAnswer = z.looseObject({
  probability: z.number(),
  advice: z.enum(['hold', 'go']).optional(),
  confidence: z.number(),
  drivers: z.array(z.looseObject({ feature: z.string(), value: z.number(), contribution: z.number() })),
});

/** A release as it stands; `spec` is resolved: milliseconds, parts of ten thousand, numbers. */
export const statusAnswer = z.looseObject({
  id: z.string(),
  spec: z.looseObject({
    model: z.string(),
    description: z.string(),
    strategy: z.looseObject({ kind: z.string() }),
    judge: z.looseObject({ minSamples: z.number() }),
  }),
  candidate: z.int(),
  baseline: z.int(),
  stages: z.array(stageAnswer),
  phase: z.enum(releasePhases),
  stage: z.int().min(0),
  stageSinceMs: z.number(),
  stageHeldMs: z.number(),
  revision: z.int(),
  obeyed: z.array(z.string()),
  /** Why replicas do not obey, by name. */
  faults: z.record(z.string(), z.string()).optional(),
  /** Where and why a fresh baseline could not be opened. */
  baselineFault: z.string().optional(),
  reason: z.string(),
  startedBy: z.string(),
  startedAtMs: z.number(),
  updatedAtMs: z.number(),
  endedAtMs: z.number().optional(),
  judgement: judgementAnswer.optional(),
  advice: adviceAnswer.optional(),
  /** When its curves were deleted. */
  prunedAtMs: z.number().optional(),
  /** Since when the model's own policy decides again, by whose word. */
  unrouted: z.looseObject({ atMs: z.number(), by: z.string(), versions: z.array(z.int()) }).optional(),
});
export type StatusAnswer = z.infer<typeof statusAnswer>;

export const pruneAnswer = z.object({
  dryRun: z.boolean(),
  releases: z.array(
    z.object({ id: z.string(), model: z.string(), endedAtMs: z.number(), points: z.int(), events: z.int() }),
  ),
});

export const unrouteAnswer = z.object({
  model: z.string(),
  release: z.string(),
  dryRun: z.boolean(),
  answers: z.int(),
  versions: z.array(z.int()).nullable(),
  text: z.string(),
});

export const listAnswer = z.object({ releases: z.array(statusAnswer) });

export const planAnswer = z.looseObject({
  model: z.string(),
  candidate: z.int(),
  baseline: z.int(),
  stages: z.array(stageAnswer),
  longestMs: z.number(),
  judged: z.array(z.string()),
  notJudged: z.array(z.object({ metric: z.string(), why: z.string() })),
  faults: z.array(z.string()),
  /** What was chosen where the document does not say. */
  notes: z.array(z.string()),
});
export type PlanAnswer = z.infer<typeof planAnswer>;

export const eventAnswer = z.looseObject({
  id: z.string(),
  sequence: z.int(),
  atMs: z.number(),
  kind: z.string(),
  text: z.string(),
  by: z.string(),
});
export type EventAnswer = z.infer<typeof eventAnswer>;

export const evidenceAnswer = z.looseObject({ status: statusAnswer, events: z.array(eventAnswer) });
