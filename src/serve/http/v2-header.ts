// The JSON part of a v2 inference request, its types checked; whether it fits a model is asked later.
import { z } from 'zod';
import { faultLines, GalerkinError } from '../../base/index.js';
import { guardPolicies } from '../engine/guard-verdict.js';
import { parseJsonBody } from './json-body.js';

/** Inputs, or outputs, in one request; a model of ours has a handful. */
const maxTensors = 1000;

const size = z.int().min(0);
const shape = z.array(size).max(32);
const scalar = z.union([z.boolean(), z.number(), z.string()]);

const inputSchema = z.object({
  name: z.string(),
  datatype: z.string(),
  shape,
  parameters: z.object({ binary_data_size: size.optional(), shared_memory_region: z.string().optional() }).optional(),
  data: z.unknown().optional(),
});

const outputSchema = z.object({
  name: z.string(),
  parameters: z.object({ binary_data: z.boolean().optional(), classification: z.unknown().optional() }).optional(),
});

const parametersSchema = z
  .object({
    binary_data_output: z.boolean().optional(),
    guard: z.enum(guardPolicies).optional(),
    guard_outputs: z.boolean().optional(),
  })
  .catchall(scalar);

const envelopeSchema = z.object({
  id: z.string().max(1024).optional(),
  parameters: parametersSchema.optional(),
  inputs: z.array(z.unknown()).max(maxTensors),
  outputs: z.array(z.unknown()).max(maxTensors).optional(),
});

export type HeaderInput = z.infer<typeof inputSchema>;
export type HeaderOutput = z.infer<typeof outputSchema>;
export type HeaderParameters = z.infer<typeof parametersSchema>;

export interface InferHeader {
  readonly id: string | undefined;
  readonly parameters: HeaderParameters;
  readonly inputs: readonly HeaderInput[];
  readonly outputs: readonly HeaderOutput[] | undefined;
}

function check<T>(what: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value, { reportInput: false });
  if (parsed.success) return parsed.data;
  const [first = 'another form'] = faultLines(parsed.error);
  throw malformed(what, 'a v2 inference request', first.slice(0, 300));
}

/** The refusal of a v2 request that cannot be read. */
export const malformed = (what: string, wanted: string, got: string): GalerkinError<'REQUEST_MALFORMED'> =>
  new GalerkinError('REQUEST_MALFORMED', { what, wanted, got });

function checkReserved(parameters: HeaderParameters): void {
  const reserved = Object.keys(parameters).find(name => name.startsWith('triton_'));
  if (reserved === undefined) return;
  throw malformed('parameters', "names without the reserved prefix 'triton_'", `'${reserved.slice(0, 80)}'`);
}

function checkSource(input: HeaderInput): HeaderInput {
  const given = [input.data !== undefined, input.parameters?.binary_data_size !== undefined].filter(Boolean).length;
  if (input.parameters?.shared_memory_region !== undefined) {
    throw malformed(
      `input '${input.name.slice(0, 80)}'`,
      "'data' or 'binary_data_size'",
      'shared memory, which is not served',
    );
  }
  if (given === 1) return input;
  throw malformed(
    `Input must set only one of the following fields: 'data', 'binary_data_size' in 'parameters'. Input '${input.name.slice(0, 80)}'`,
    'exactly one',
    given === 0 ? 'none' : 'both',
  );
}

function checkOutput(output: HeaderOutput): HeaderOutput {
  if (output.parameters?.classification === undefined) return output;
  throw malformed(`output '${output.name.slice(0, 80)}'`, 'a tensor', "'classification', which is not served");
}

/**
 * Reads the JSON of an inference request.
 * @throws REQUEST_MALFORMED with the first fault
 */
export function readInferHeader(bytes: Uint8Array): InferHeader {
  const { id, parameters = {}, inputs, outputs } = check('request', envelopeSchema, parseJsonBody(bytes));
  checkReserved(parameters);
  return {
    id,
    parameters,
    inputs: inputs.map((input, place) => checkSource(check(`inputs[${place}]`, inputSchema, input))),
    outputs: outputs?.map((output, place) => checkOutput(check(`outputs[${place}]`, outputSchema, output))),
  };
}
