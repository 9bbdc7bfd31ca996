// What the routes for people take and give: one schema a body, for checks, types and the API document.
import { z } from 'zod';
import { guardPolicies } from '../engine/guard-verdict.js';
import { figure, named, nested, refusalSchema } from '../openapi/registry.js';

/** Requests in one batch. */
export const maxBatchRequests = 256;

const verdict = z.enum(['accepted', 'flagged', 'rejected', 'fallback']);

export const predictBody = named(
  'PredictRequest',
  'Inputs of one item without the batch axis, or of a batch with it.',
  z.strictObject({
    model: z.string().describe('Name of the model.'),
    version: z.union([z.string(), z.number()]).optional().describe('The newest that is ready when absent.'),
    inputs: z.record(z.string(), nested).describe('Each input of the model by its name.'),
    guard: z
      .enum(guardPolicies)
      .optional()
      .describe("What to do with an answer over the bound; the model's own policy when absent."),
    maps: z.boolean().optional().describe("Give the guard's fields too, such as residual_map."),
    priority: z.int().min(0).optional().describe("1 is the highest; 0 and absent take the model's default."),
    timeoutMs: z
      .number()
      .min(0)
      .max(3_600_000)
      .optional()
      .describe('Longest wait in the queue; 0 and absent: as the model says.'),
  }),
);
export type PredictBody = z.infer<typeof predictBody>;

export const guardFigures = named(
  'GuardFigures',
  'What the physics check says of an answer: relative residual and flux imbalance beside their calibrated bounds; of a batch, the worst item.',
  z.object({
    residual: figure,
    residualBound: figure,
    fluxImbalance: figure,
    fluxBound: figure,
    verdict,
    refusedResidual: figure.optional().describe('Of the answer that the fallback replaced.'),
    refusedFluxImbalance: figure.optional(),
  }),
);

export const guardRefusal = named(
  'GuardRefusal',
  "The guard refused the answer (policy 'reject'); its figures stand beside the words.",
  refusalSchema.extend({ guard: guardFigures }),
);

export const predictAnswer = named(
  'Prediction',
  'The outputs, with the guard’s figures and who computed them.',
  z.object({
    model: z.string(),
    version: z.string(),
    outputs: z.record(z.string(), nested),
    maps: z.record(z.string(), nested).optional(),
    guard: guardFigures.optional(),
    inputsOutOfRange: z
      .array(z.string())
      .optional()
      .describe('Inputs with values outside the range that the model was made for.'),
    answeredBy: z.enum(['surrogate', 'solver', 'mixed', 'cache']),
    latencyMs: z.number(),
  }),
);

export const batchBody = named(
  'PredictBatch',
  'Independent requests, to one model or several.',
  z.strictObject({ requests: z.array(z.unknown()).min(1).max(maxBatchRequests) }),
);

/** As `batchBody`, with the form of each request, which is checked one by one. */
export const batchBodyInFull = named(
  'PredictBatchRequest',
  'Independent requests, to one model or several; each gets its own answer or error.',
  z.strictObject({ requests: z.array(predictBody).min(1).max(maxBatchRequests) }),
);

export const itemRefusal = named(
  'ItemRefusal',
  'Why this one request has no answer.',
  z.object({
    error: z.string(),
    code: z.string().describe('A code of docs/errors.md, or INTERNAL.'),
    status: z.int().describe('The HTTP status that the request would have had alone.'),
    guard: guardFigures.optional(),
  }),
);

export const batchAnswer = named(
  'PredictBatchAnswer',
  'One entry for each request, in their order.',
  z.object({ answers: z.array(z.union([predictAnswer, itemRefusal])) }),
);

const tensorInfo = z.object({
  name: z.string(),
  dtype: z.string(),
  shape: z.array(z.int()).describe('Of one item; -1 is any size.'),
  unit: z.string().optional(),
  description: z.string().optional(),
  range: z.array(z.number()).length(2).optional(),
  finite: z.boolean().optional(),
});

export const modelInfo = named(
  'Model',
  'One running version of a model: its signature, its guard, its figures of quality.',
  z.object({
    name: z.string(),
    version: z.string(),
    title: z.string(),
    backend: z.string(),
    maxBatchSize: z.int().describe('0: the tensors carry no batch axis.'),
    inputs: z.array(tensorInfo),
    outputs: z.array(tensorInfo),
    guard: z
      .object({
        policy: z.enum(guardPolicies),
        residualBound: figure,
        fluxBound: figure,
        fallback: z.string().optional(),
      })
      .optional(),
    metrics: z.record(z.string(), z.number()),
    samples: z.int().describe('Held-out fields in the package.'),
    ensemble: z
      .object({
        members: z.array(z.string()).describe('Step by step.'),
        isFused: z.boolean().describe('All steps are one graph.'),
        why: z.string().describe('Why they are not.'),
      })
      .optional(),
    ready: z.boolean(),
  }),
);
export type ModelInfo = z.infer<typeof modelInfo>;

export const modelList = named('ModelList', 'Every running version.', z.object({ models: z.array(modelInfo) }));

export const sampleCountAnswer = named(
  'SampleCount',
  'How many held-out fields the package holds.',
  z.object({ model: z.string(), count: z.int() }),
);

export const sampleAnswer = named(
  'Sample',
  'A held-out field: inputs, and the true outputs.',
  z.object({ index: z.int(), inputs: z.record(z.string(), nested), outputs: z.record(z.string(), nested) }),
);
