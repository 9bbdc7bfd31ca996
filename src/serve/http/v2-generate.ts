// generate and generate_stream: inputs by name as plain JSON, outputs by name as plain JSON, one answer or a stream of events.

import type { Tensor } from '../../base/index.js';
import { GalerkinError } from '../../base/index.js';
import type { TimedAnswer } from '../engine/engine.js';
import type { Question } from '../engine/question.js';
import type { ServedModel, TensorSpec } from '../engine/served-model.js';
import { wireShape } from '../engine/served-model.js';
import { checkSignature, checkValues } from '../engine/signature.js';
import type { Terms } from '../engine/terms.js';
import { describeJson, readJsonTensor } from '../tensors/json-read.js';
import { jsonText } from '../tensors/json-text.js';
import { duplicateKey } from './json-keys.js';
import { malformed, shortName } from './v2-header.js';
import { type Caller, type HeaderTerms, RequestTerms, readTerms } from './v2-terms.js';

export interface GenerateRequest {
  readonly question: Question;
  readonly id: string;
}

const maxElements = 2 ** 24;

/** The wire shape of so many elements: they fill the fixed axes, and what is left goes to the innermost free one. */
function shapeFor(model: ServedModel, spec: TensorSpec, count: number): number[] {
  const shape = [...wireShape(model, spec)];
  let left = count;
  for (const size of shape) if (size > 0) left /= size;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== -1) continue;
    shape[axis] = left;
    left = 1;
  }
  if (left === 1 && shape.every(Number.isInteger)) return shape;
  const what = `The schema can not convert input '${spec.name}' to tensor with proper shape`;
  throw malformed(what, `elements for shape [${wireShape(model, spec)}]`, `${count}`);
}

const wordsOf = (spec: TensorSpec, got: unknown): string => {
  if (spec.dtype === 'BYTES') return 'attempt to access JSON non-string as string';
  if (spec.dtype === 'BOOL') return 'attempt to access JSON non-boolean as boolean';
  return `attempt to access JSON ${describeJson(got)} as number`;
};

function readInput(model: ServedModel, spec: TensorSpec, value: unknown): Tensor {
  const count = Array.isArray(value) ? value.length : 1;
  if (count > maxElements) throw malformed(`input '${spec.name}'`, `at most ${maxElements} values`, `${count}`);
  const shape = shapeFor(model, spec, count);
  const read = readJsonTensor(spec.dtype, shape, value);
  if ('dtype' in read) return read;
  if (read.kind === 'value') throw malformed(`input '${spec.name}': ${wordsOf(spec, read.got)}`, read.wanted, read.got);
  const facts = { model: model.name, input: spec.name, unit: 'element count', expected: read.expected, got: read.got };
  throw new GalerkinError('INPUT_SIZE', facts);
}

/** Top-level members and those under "parameters" are one: inputs by their names, all others parameters. */
function membersOf(body: unknown): [string, unknown][] {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw malformed('generate request', 'an object of inputs by name', describeJson(body));
  }
  const { parameters, ...members } = { parameters: undefined, ...body };
  if (parameters === undefined) return Object.entries(members);
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) {
    throw malformed("Expected JSON object for keyword: 'parameters'", 'an object', describeJson(parameters));
  }
  return [...Object.entries(members), ...Object.entries(parameters)];
}

/**
 * Reads the request of generate.
 * @param text  the body, to find names given twice
 * @throws REQUEST_MALFORMED and the errors of ../engine/signature.ts
 */
export function readGenerate(
  model: ServedModel,
  { body, text }: { body: unknown; text: string },
  caller: Caller,
): GenerateRequest {
  const twice = duplicateKey(text);
  if (twice !== undefined)
    throw malformed(`input '${shortName(twice)}' already exists in request`, 'each name once', 'one twice');
  const tensors: [string, Tensor][] = [];
  const rest: [string, unknown][] = [];
  let id = '';
  for (const [name, value] of membersOf(body)) {
    const spec = model.inputs.find(each => each.name === name);
    if (spec !== undefined) tensors.push([name, readInput(model, spec, value)]);
    else if (name === 'id' && typeof value === 'string') id = value.slice(0, 1024);
    else rest.push([name, value]);
  }
  const claims = tensors.map(([name, { dtype, shape }]) => ({ name, datatype: dtype, shape }));
  const { items, inputs } = checkSignature(model, claims);
  const given = Object.fromEntries(tensors);
  for (const { spec } of inputs) {
    const tensor = given[spec.name];
    if (tensor !== undefined) checkValues(model, spec, tensor);
  }
  const terms: HeaderTerms = readTerms(Object.fromEntries(rest), text);
  const asked: Terms = new RequestTerms(id, terms, undefined, caller);
  return { id, question: { inputs: given, items, guard: terms.guard, maps: false, terms: asked } };
}

/** One value as itself, several as a list. */
function valueText(tensor: Tensor): string {
  const text = jsonText(tensor).toString();
  return tensor.data.length === 1 ? text.slice(1, -1) : text;
}

/** The answer of generate as JSON: the model, its outputs by name, and parameters of the answer. */
export function generateText(
  model: ServedModel,
  id: string,
  { outputs, parameters = {} }: Pick<TimedAnswer, 'outputs' | 'parameters'>,
): string {
  const members = [
    ...(id === '' ? [] : [`"id":${JSON.stringify(id)}`]),
    `"model_name":${JSON.stringify(model.name)}`,
    `"model_version":${JSON.stringify(model.version)}`,
    ...Object.entries(parameters).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`),
    ...Object.entries(outputs).map(([name, tensor]) => `${JSON.stringify(name)}:${valueText(tensor)}`),
  ];
  return `{${members.join(',')}}`;
}
