// KServe v2 over HTTP: what its routes take and give, for the API document. Served answers are held against these by a test.
import { z } from 'zod';
import { named, nested } from './registry.js';

const shape = z.array(z.int());
const parameters = z.record(z.string(), z.union([z.boolean(), z.number(), z.string()]));

const tensorMetadata = z.object({ name: z.string(), datatype: z.string(), shape });

export const serverMetadata = named(
  'ServerMetadata',
  'Name and version of the server, and the extensions of the protocol that work here.',
  z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }),
);

export const modelMetadata = named(
  'ModelMetadata',
  'Signature of a model on the wire: the batch axis, where there is one, stands first as -1.',
  z.object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(tensorMetadata),
    outputs: z.array(tensorMetadata),
  }),
);

export const modelConfigAnswer = named(
  'ModelConfig',
  "The model's config.pbtxt as JSON, with the names of its fields.",
  z.looseObject({ name: z.string(), max_batch_size: z.int() }),
);

export const modelReadyAnswer = named(
  'ModelReady',
  'Whether the version can answer.',
  z.looseObject({ ready: z.boolean() }).partial(),
);

const requestInput = z.object({
  name: z.string(),
  datatype: z.string().describe('BOOL, UINT8 … UINT64, INT8 … INT64, FP16, BF16, FP32, FP64 or BYTES.'),
  shape,
  parameters: z
    .looseObject({
      binary_data_size: z.int().min(0).optional().describe('Bytes of this tensor after the JSON, instead of `data`.'),
    })
    .optional(),
  data: nested.optional().describe('Flat or nested list of values.'),
});

const requestOutput = z.object({
  name: z.string(),
  parameters: z
    .looseObject({
      binary_data: z.boolean().optional().describe('Give this output as bytes.'),
      classification: z.int().min(1).optional().describe('Give the largest values with their indices instead.'),
    })
    .optional(),
});

export const inferRequest = named(
  'InferRequest',
  'An inference request of KServe v2.',
  z.object({
    id: z.string().optional(),
    inputs: z.array(requestInput),
    outputs: z.array(requestOutput).optional(),
    parameters: parameters
      .optional()
      .describe(
        'binary_data_output, guard (annotate, reject, fallback), guard_outputs, priority, timeout, sequence_id and others.',
      ),
  }),
);

export const inferResponse = named(
  'InferResponse',
  'An answer of KServe v2; the guard’s figures and who answered are among its parameters.',
  z.object({
    id: z.string().optional(),
    model_name: z.string(),
    model_version: z.string(),
    parameters: parameters.optional(),
    outputs: z.array(
      z.object({
        name: z.string(),
        datatype: z.string(),
        shape,
        parameters: z.looseObject({ binary_data_size: z.int().optional() }).optional(),
        data: nested.optional(),
      }),
    ),
  }),
);
