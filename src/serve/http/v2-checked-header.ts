// The JSON form of a v2 inference request, held against its model: read once for as long as clients repeat it.
import { z } from 'zod';
import { GalerkinError } from '../../base/index.js';
import type { ServedModel } from '../engine/served-model.js';
import { type CheckedInput, checkSignature } from '../engine/signature.js';
import { type SeenHeaders, seenHeaders } from './seen-headers.js';
import type { CutJson } from './v2-cut.js';
import {
  type HeaderInput,
  type HeaderOutput,
  type InferHeader,
  malformed,
  readInferHeader,
  shortName,
} from './v2-header.js';
import { type HeaderTerms, readTerms } from './v2-terms.js';

/** A piece of a region of shared memory that a tensor lies in. */
export interface ShmPlace {
  readonly region: string;
  readonly offset: number;
  readonly byteSize: number;
}

/** One output that the client wants, and how. */
export interface WantedOutput {
  readonly name: string;
  readonly binary: boolean;
  /** Best classes of each item instead of the tensor; 0: the tensor. */
  readonly classes: number;
  readonly place: ShmPlace | undefined;
}

/** Where the values of an input are. */
export type InputSource =
  | { readonly kind: 'list'; readonly cut: number }
  | { readonly kind: 'data'; readonly data: unknown }
  | { readonly kind: 'tail'; readonly bytes: number }
  | { readonly kind: 'memory'; readonly place: ShmPlace };

export interface PlannedInput extends CheckedInput {
  readonly source: InputSource;
}

/** A header that fits its model. */
export interface CheckedHeader {
  /** As the header has it; '' where it was cut out, or there is none. */
  readonly id: string;
  readonly terms: HeaderTerms;
  readonly items: number;
  readonly inputs: readonly PlannedInput[];
  readonly outputs: readonly WantedOutput[];
  /** The names of the outputs, if the request names any. */
  readonly outputNames: readonly string[] | undefined;
}

const cutSchema = z.strictObject({ cut: z.int().min(0) });

function placeOf(parameters: HeaderInput['parameters'] | HeaderOutput['parameters']): ShmPlace | undefined {
  if (parameters?.shared_memory_region === undefined) return undefined;
  const {
    shared_memory_region: region,
    shared_memory_offset: offset = 0,
    shared_memory_byte_size: byteSize = 0,
  } = parameters;
  return { region, offset, byteSize };
}

function sourceOf({ data, parameters }: HeaderInput): InputSource {
  const place = placeOf(parameters);
  if (place !== undefined) return { kind: 'memory', place };
  if (parameters?.binary_data_size !== undefined) return { kind: 'tail', bytes: parameters.binary_data_size };
  const cut = cutSchema.safeParse(data);
  return cut.success ? { kind: 'list', cut: cut.data.cut } : { kind: 'data', data };
}

function wantedOutput(model: ServedModel, { name, parameters = {} }: HeaderOutput, binary: boolean): WantedOutput {
  if (!model.outputs.some(spec => spec.name === name)) {
    const known = model.outputs.map(each => each.name);
    throw new GalerkinError('OUTPUT_UNKNOWN', { model: model.name, output: shortName(name), known });
  }
  return {
    name,
    binary: parameters.binary_data ?? binary,
    classes: parameters.classification ?? 0,
    place: placeOf(parameters),
  };
}

function wantedOutputs(model: ServedModel, outputs: readonly HeaderOutput[], binary: boolean): readonly WantedOutput[] {
  if (outputs.length === 0) return allOutputs(model, binary);
  const seen = new Set<string>();
  return outputs.map(output => {
    const wanted = wantedOutput(model, output, binary);
    if (seen.has(wanted.name)) {
      throw malformed(
        `Duplicate output name '${wanted.name}' is not allowed in a request`,
        'each output once',
        'one twice',
      );
    }
    seen.add(wanted.name);
    return wanted;
  });
}

/** Every output of the model as a whole tensor. */
export const allOutputs = (model: ServedModel, binary: boolean): readonly WantedOutput[] =>
  model.outputs.map(({ name }) => ({ name, binary, classes: 0, place: undefined }));

function checkHeader(model: ServedModel, header: InferHeader, text: string): CheckedHeader {
  const terms = readTerms(header.parameters, text);
  const { items, inputs } = checkSignature(model, header.inputs);
  return {
    id: header.id ?? '',
    terms,
    items,
    inputs: inputs.map((input, at) => ({
      ...input,
      source: sourceOf(header.inputs[at] ?? { name: '', datatype: '', shape: [] }),
    })),
    outputs: wantedOutputs(model, header.outputs, terms.binary),
    outputNames: header.outputs.length === 0 ? undefined : header.outputs.map(({ name }) => name),
  };
}

/** Nothing in it but forms: single values would be kept for nothing, and what names one request never comes again. */
const isForm = ({ id, inputs, terms }: CheckedHeader): boolean =>
  id === '' && terms.sequence === undefined && inputs.every(({ source }) => source.kind !== 'data');

const seenByModel = new WeakMap<ServedModel, SeenHeaders<CheckedHeader>>();

/** The headers seen by a model. */
export function seenBy(model: ServedModel): SeenHeaders<CheckedHeader> {
  let seen = seenByModel.get(model);
  if (seen === undefined) {
    seen = seenHeaders(isForm);
    seenByModel.set(model, seen);
  }
  return seen;
}

/**
 * Reads the form of a request and holds it against the model.
 * @throws REQUEST_MALFORMED, OUTPUT_UNKNOWN and the errors of ../engine/signature.ts
 */
export function readForm(model: ServedModel, { form }: CutJson): CheckedHeader {
  return seenBy(model).recall(form, () => {
    const text = Buffer.from(form, 'latin1').toString('utf8');
    return checkHeader(model, readInferHeader(text), text);
  });
}
