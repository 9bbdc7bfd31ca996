// What replicas say to each other, checked on both sides: the status of a route, samples, and refusals with their code.
import { z } from 'zod';
import { GalerkinError, isGalerkinError } from '../../base/index.js';
import { type RouteStatus, routeSchema } from '../../model/index.js';
import type { SampleBatch } from '../../observe/index.js';

const figure = z.number().nullable();
const count = z.int().min(0);

export const routeStatusSchema = z.object({
  route: routeSchema,
  ready: z.array(z.int().min(1)),
  faults: z.record(z.string(), z.string()),
  baselineFault: z.string().optional(),
}) satisfies z.ZodType<RouteStatus>;

/** What a server does with a model: the route that it obeys, and the version that answers requests that name none. */
export const trafficSchema = z.object({
  status: routeStatusSchema.nullable(),
  standing: z.int().min(1).nullable(),
});

const sampleSchema = z.object({
  sequence: count,
  atMs: z.number(),
  version: z.int().min(1),
  kind: z.enum(['answer', 'mirror']),
  ok: z.boolean(),
  latencyMs: figure,
  warmLatencyMs: z.number().optional(),
  computeMs: figure,
  items: z.number(),
  residual: figure,
  fluxImbalance: figure,
  accepted: z.boolean().nullable(),
  paired: z
    .object({
      stableLatencyMs: z.number(),
      stableResidual: figure,
      stableFluxImbalance: figure,
      difference: figure,
      stableError: figure,
      candidateError: figure,
    })
    .nullable(),
});

export const sampleBatchSchema = z.object({
  samples: z.array(sampleSchema),
  next: count,
  lost: count,
}) satisfies z.ZodType<SampleBatch>;

/** Refusals that mean something to a controller, with their facts; anything else is a replica that does not answer. */
const refusalSchema = z.discriminatedUnion('code', [
  z.object({
    code: z.literal('ROUTE_STALE'),
    fields: z.object({
      model: z.string(),
      term: z.number(),
      revision: z.number(),
      currentTerm: z.number(),
      currentRevision: z.number(),
    }),
  }),
  z.object({ code: z.literal('ROUTE_INVALID'), fields: z.object({ faults: z.array(z.string()) }) }),
  z.object({
    code: z.literal('MODEL_UNKNOWN'),
    fields: z.object({
      model: z.string(),
      version: z
        .string()
        .optional()
        .transform(value => value),
      known: z.array(z.string()),
    }),
  }),
  z.object({ code: z.literal('MODEL_LOAD_FAILED'), fields: z.object({ model: z.string(), why: z.string() }) }),
]);
type Refusal = z.infer<typeof refusalSchema>;

export const applyAnswerSchema = z.union([
  z.object({ status: routeStatusSchema }),
  z.object({ refused: refusalSchema }),
]);
export type ApplyAnswer = { readonly status: RouteStatus } | { readonly refused: Refusal };

/** The refusal in `error`, if it is one of those that travel. */
export function refusalIn(error: unknown): Refusal | undefined {
  if (!isGalerkinError(error)) return undefined;
  return refusalSchema.safeParse({ code: error.code, fields: error.fields }).data;
}

/** The error that the other side had. */
export function errorOf(refused: Refusal): GalerkinError {
  switch (refused.code) {
    case 'ROUTE_STALE':
      return new GalerkinError(refused.code, refused.fields);
    case 'ROUTE_INVALID':
      return new GalerkinError(refused.code, refused.fields);
    case 'MODEL_UNKNOWN':
      return new GalerkinError(refused.code, { ...refused.fields, version: refused.fields.version });
    case 'MODEL_LOAD_FAILED':
      return new GalerkinError(refused.code, refused.fields);
  }
}
