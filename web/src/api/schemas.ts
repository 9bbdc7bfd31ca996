// What the server's JSON must look like, as far as the studio reads it; everything else passes unread.
import * as z from 'zod/mini';

// Compiled checks would need eval, which the page's content security policy forbids.
z.config({ jitless: true });

const tensorInfo = z.object({
  name: z.string(),
  shape: z.optional(z.array(z.number())),
  unit: z.optional(z.string()),
  description: z.optional(z.string()),
});

const rows = z.array(z.array(z.number()));

const modelInfo = z.object({
  name: z.string(),
  version: z.union([z.string(), z.number()]),
  title: z.optional(z.string()),
  maxBatchSize: z.optional(z.number()),
  inputs: z.optional(z.array(tensorInfo)),
  outputs: z.optional(z.array(tensorInfo)),
  metrics: z.optional(z.looseObject({ testError: z.optional(z.number()) })),
  guard: z.optional(
    z.object({
      policy: z.enum(['annotate', 'reject', 'fallback']),
      residualBound: z.optional(z.nullable(z.number())),
      fluxBound: z.optional(z.nullable(z.number())),
    }),
  ),
  samples: z.optional(z.number()),
  ready: z.optional(z.boolean()),
});

export const modelsSchema = z.object({ models: z.array(modelInfo) });

export const sampleSchema = z.object({
  index: z.number(),
  inputs: z.record(z.string(), rows),
  outputs: z.record(z.string(), rows),
});

const latency = z.object({ p50: z.nullable(z.number()), p95: z.nullable(z.number()) });

export const statsSchema = z.object({
  uptimeSeconds: z.number(),
  models: z.array(z.object({ name: z.string(), requests: z.number(), latencyMs: latency })),
});

// JSON has no infinity or NaN: such a figure reads as absent.
const figure = z.catch(z.optional(z.number()), undefined);

/** The guard's verdict as parameters of a v2 response. */
export const guardSchema = z.object({
  residual: figure,
  residual_bound: figure,
  flux_imbalance: figure,
  flux_bound: figure,
  refused_residual: figure,
  guard: z.optional(z.enum(['accepted', 'flagged', 'rejected', 'fallback'])),
  answered_by: z.optional(z.enum(['surrogate', 'solver', 'mixed'])),
  latency_ms: figure,
  inputs_out_of_range: z.optional(z.string()),
});

export type ModelInfo = z.infer<typeof modelInfo>;
export type TensorInfo = z.infer<typeof tensorInfo>;
export type Sample = z.infer<typeof sampleSchema>;
export type Stats = z.infer<typeof statsSchema>;
export type GuardParameters = z.infer<typeof guardSchema>;
