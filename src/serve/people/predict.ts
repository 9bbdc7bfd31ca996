// POST /predict: inference for people, nested lists in and out, one item without its batch axis or a batch with it.
import type { z } from 'zod';
import { faultLines, GalerkinError, type Tensor } from '../../base/index.js';
import type { TimedAnswer } from '../engine/engine.js';
import type { Question } from '../engine/question.js';
import type { ServedModel, TensorSpec } from '../engine/served-model.js';
import { checkSignature, checkValues } from '../engine/signature.js';
import { plainTerms, type Terms } from '../engine/terms.js';
import { describeJson, nestedShape, readJsonTensor } from '../tensors/json-read.js';
import { type Nested, nestedJson } from '../tensors/json-write.js';
import type { Caller } from './caller.js';
import { guardForPeople } from './guard.js';
import { type PredictBody, predictBody } from './schemas.js';

/** The members of a request, for messages. */
export const predictForm = '{ model, version?, inputs, guard?, maps?, priority?, timeoutMs? }';

/** Checks the form of a body; `what` names it in the refusal. Throws REQUEST_MALFORMED. */
export function readPredictBody(body: unknown, what = 'request'): PredictBody {
  return checkBody(body, predictBody, { what, wanted: predictForm });
}

/** Holds a body against its schema. Throws REQUEST_MALFORMED with the first five faults and their places. */
export function checkBody<T>(
  body: unknown,
  schema: z.ZodType<T>,
  { what, wanted }: { readonly what: string; readonly wanted: string },
): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const got = faultLines(parsed.error).slice(0, 5).join('; ').slice(0, 300);
  throw new GalerkinError('REQUEST_MALFORMED', { what, wanted, got });
}

/** A question, and whether the answer should drop the batch axis that the question left out. */
export interface Prediction {
  readonly question: Question;
  readonly single: boolean;
  readonly outOfRange: readonly string[];
}

function shapeOf(
  model: ServedModel,
  spec: TensorSpec | undefined,
  data: unknown,
): { shape: number[]; single: boolean } {
  const shape = nestedShape(data);
  const single = model.maxBatchSize > 0 && shape.length === spec?.dims.length;
  return { shape: single ? [1, ...shape] : shape, single };
}

function readTensor(model: ServedModel, spec: TensorSpec, shape: readonly number[], data: unknown): Tensor {
  const { dtype, name } = spec;
  if (dtype === 'FP16' || dtype === 'BF16') {
    throw new GalerkinError('REQUEST_MALFORMED', {
      what: `input '${name}'`,
      wanted: `${dtype} by /v2 in binary`,
      got: 'JSON',
    });
  }
  const read = readJsonTensor(dtype, shape, data);
  if ('dtype' in read) return read;
  if (read.kind === 'count') {
    throw new GalerkinError('INPUT_SIZE', {
      model: model.name,
      input: name,
      unit: 'element count',
      expected: read.expected,
      got: read.got,
    });
  }
  const what = `input '${name}' at index ${read.index}`;
  throw new GalerkinError('REQUEST_MALFORMED', { what, wanted: `${read.wanted} for ${dtype}`, got: read.got });
}

function termsOf(
  { priority = 0, timeoutMs = 0 }: PredictBody,
  { tenant, signal }: Pick<Caller, 'tenant' | 'signal'>,
): Terms {
  return { ...plainTerms, priority, timeoutUs: Math.round(timeoutMs * 1000), tenant, signal };
}

/** Checks the inputs of `body` against the model. Throws as ../engine/signature.ts does. */
export function readPrediction(
  model: ServedModel,
  body: PredictBody,
  caller: Pick<Caller, 'tenant' | 'signal'> = plainTerms,
): Prediction {
  const given = Object.entries(body.inputs).map(([name, data]) => {
    const spec = model.inputs.find(each => each.name === name);
    if (spec !== undefined && spec.dims.length > 0 && !Array.isArray(data)) {
      const wanted = `nested lists of shape [${spec.dims}]`;
      throw new GalerkinError('REQUEST_MALFORMED', { what: `input '${name}'`, wanted, got: describeJson(data) });
    }
    return { name, data, datatype: spec?.dtype ?? 'unknown', ...shapeOf(model, spec, data) };
  });
  const { items, inputs } = checkSignature(model, given);
  const outOfRange: string[] = [];
  const tensors = inputs.map(({ spec, shape }, place): [string, Tensor] => {
    const tensor = readTensor(model, spec, shape, given[place]?.data);
    if (!checkValues(model, spec, tensor)) outOfRange.push(spec.name);
    return [spec.name, tensor];
  });
  const terms = termsOf(body, caller);
  const question = { inputs: Object.fromEntries(tensors), items, guard: body.guard, maps: body.maps ?? false, terms };
  return { question, single: given.every(each => each.single), outOfRange };
}

const nestAll = (tensors: Readonly<Record<string, Tensor>>, dropFirst: boolean): Record<string, Nested> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, nestedJson(tensor, dropFirst)]));

export type PredictionAnswer = ReturnType<typeof writePrediction>;

/** The answer as JSON for people; figures that are not finite become null. */
export function writePrediction(
  model: ServedModel,
  { single, outOfRange, question }: Prediction,
  answered: TimedAnswer,
) {
  const { guard, outputs, maps, answeredBy, latencyMs } = answered;
  return {
    model: model.name,
    version: model.version,
    outputs: nestAll(outputs, single),
    ...(question.maps ? { maps: nestAll(maps, single) } : {}),
    ...(guard && { guard: guardForPeople(guard) }),
    ...(outOfRange.length > 0 ? { inputsOutOfRange: outOfRange } : {}),
    answeredBy,
    latencyMs: Math.round(latencyMs * 1000) / 1000,
  };
}
