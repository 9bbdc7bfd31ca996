// The JSON part of a v2 inference request, its types checked; whether it fits a model is asked later.
import { z } from 'zod';
import { faultLines, GalerkinError } from '../../base/index.js';
import { parseJsonText } from './json-body.js';

/** Inputs, or outputs, in one request; a model of ours has a handful. */
const maxTensors = 1000;

const count = z.int().min(0);
/** Offsets beyond every memory are refused where the region is looked at, in the protocol's words. */
const offset = z.number().min(0);
const place = {
  shared_memory_region: z.string().optional(),
  shared_memory_offset: offset.optional(),
  shared_memory_byte_size: offset.optional(),
};

const inputSchema = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.number()).max(32),
  parameters: z.object({ binary_data_size: count.optional(), ...place }).optional(),
  data: z.unknown().optional(),
});

const outputSchema = z.object({
  name: z.string(),
  parameters: z.object({ binary_data: z.boolean().optional(), classification: count.optional(), ...place }).optional(),
});

const envelopeSchema = z.object({
  id: z.string().max(1024).optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  inputs: z.array(z.unknown()).max(maxTensors),
  outputs: z.array(z.unknown()).max(maxTensors).optional(),
});

export type HeaderInput = z.infer<typeof inputSchema>;
export type HeaderOutput = z.infer<typeof outputSchema>;

export interface InferHeader {
  readonly id: string | undefined;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly inputs: readonly HeaderInput[];
  readonly outputs: readonly HeaderOutput[];
}

/** The refusal of a v2 request that cannot be read. */
export const malformed = (what: string, wanted: string, got: string): GalerkinError<'REQUEST_MALFORMED'> =>
  new GalerkinError('REQUEST_MALFORMED', { what, wanted, got });

/** Names of a client's as messages repeat them. */
export const shortName = (name: string): string => (name.length > 80 ? `${name.slice(0, 80)}…` : name);

/** The value in the form of `schema`. @throws REQUEST_MALFORMED with the first fault */
export function check<T>(what: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value, { reportInput: false });
  if (parsed.success) return parsed.data;
  const [first = 'another form'] = faultLines(parsed.error);
  throw malformed(what, 'a v2 inference request', first.slice(0, 300));
}

function checkShape({ name, shape }: HeaderInput): void {
  let elements = 1;
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 0) {
      const what = "Unable to parse 'shape': attempt to access JSON non-unsigned-integer as unsigned-integer";
      throw malformed(what, `whole numbers from 0 for input '${shortName(name)}'`, String(size));
    }
    elements *= size;
  }
  // Zero elements do not excuse a size that no number of ours can hold.
  if (elements <= Number.MAX_SAFE_INTEGER / 8 && shape.every(Number.isSafeInteger)) return;
  throw malformed(
    `shape of input '${shortName(name)}' causes total element count to exceed maximum size of ${Number.MAX_SAFE_INTEGER}, ` +
      `byte size overflow for input '${shortName(name)}'`,
    'fewer elements',
    `[${shape.slice(0, 20)}]`,
  );
}

function checkSource({ name, data, parameters }: HeaderInput): void {
  const given = [
    ...(data === undefined ? [] : ["'data'"]),
    ...(parameters?.binary_data_size === undefined ? [] : ["'binary_data_size'"]),
    ...(parameters?.shared_memory_region === undefined ? [] : ["'shared_memory_region'"]),
  ];
  if (given.length === 1) return;
  throw malformed(
    "Input must set only one of the following fields: 'data', 'binary_data_size' in 'parameters', 'shared_memory_region' in " +
      `'parameters'. But${given.length === 0 ? ' no field is set' : ` set ${given.join(' ')}`}. Input '${shortName(name)}'`,
    'exactly one',
    given.length === 0 ? 'none' : String(given.length),
  );
}

function checkOutput({ parameters = {} }: HeaderOutput): void {
  if (parameters.shared_memory_region === undefined) return;
  const both =
    parameters.classification !== undefined
      ? 'classification'
      : parameters.binary_data === true
        ? 'binary_data'
        : undefined;
  if (both === undefined) return;
  throw malformed(`Output can't set both 'shared_memory_region' and '${both}'`, 'one of them', 'both');
}

/**
 * Reads the JSON of an inference request.
 * @param text JSON that is known to be nested no deeper than is safe
 * @throws REQUEST_MALFORMED with the first fault
 */
export function readInferHeader(text: string): InferHeader {
  const { id, parameters = {}, inputs, outputs = [] } = check('request', envelopeSchema, parseJsonText(text));
  return {
    id,
    parameters,
    inputs: inputs.map((each, at) => {
      const input = check(`inputs[${at}]`, inputSchema, each);
      checkShape(input);
      checkSource(input);
      return input;
    }),
    outputs: outputs.map((each, at) => {
      const output = check(`outputs[${at}]`, outputSchema, each);
      checkOutput(output);
      return output;
    }),
  };
}
