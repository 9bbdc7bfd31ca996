// The JSON header of a v2 inference request, held against its model: read once for as long as clients repeat it.
import { GalerkinError } from '../../base/index.js';
import type { ServedModel } from '../engine/served-model.js';
import { type CheckedInput, checkSignature } from '../engine/signature.js';
import { type SeenHeaders, seenHeaders } from './seen-headers.js';
import { type InferHeader, malformed, readInferHeader } from './v2-header.js';

/** One output that the client wants, and how. */
export interface WantedOutput {
  readonly name: string;
  readonly binary: boolean;
}

/** A header that fits its model. */
export interface CheckedHeader {
  readonly header: InferHeader;
  readonly items: number;
  readonly inputs: readonly CheckedInput[];
  readonly outputs: readonly WantedOutput[];
}

function wantedOutputs(model: ServedModel, { outputs, parameters }: InferHeader): WantedOutput[] {
  const binary = parameters.binary_data_output ?? false;
  if (outputs === undefined || outputs.length === 0) return model.outputs.map(({ name }) => ({ name, binary }));
  const seen = new Set<string>();
  return outputs.map(output => {
    const name = output.name;
    if (!model.outputs.some(spec => spec.name === name)) {
      throw new GalerkinError('OUTPUT_UNKNOWN', {
        model: model.name,
        output: name.slice(0, 80),
        known: model.outputs.map(each => each.name),
      });
    }
    if (seen.has(name)) throw malformed('outputs', 'each output once', `'${name}' twice`);
    seen.add(name);
    return { name, binary: output.parameters?.binary_data ?? binary };
  });
}

/** Nothing in it but forms: data would be kept for nothing, and an id never comes again. */
const isForm = ({ header }: CheckedHeader): boolean =>
  header.id === undefined && header.inputs.every(({ data }) => data === undefined);

const seenByModel = new WeakMap<ServedModel, SeenHeaders<CheckedHeader>>();

/**
 * Reads the JSON at the start of a request and holds it against the model.
 * @throws REQUEST_MALFORMED, OUTPUT_UNKNOWN and the errors of ../engine/signature.ts
 */
export function readHeader(model: ServedModel, bytes: Uint8Array): CheckedHeader {
  let seen = seenByModel.get(model);
  if (seen === undefined) {
    seen = seenHeaders(isForm);
    seenByModel.set(model, seen);
  }
  return seen.recall(bytes, () => {
    const header = readInferHeader(bytes);
    const { items, inputs } = checkSignature(model, header.inputs);
    return { header, items, inputs, outputs: wantedOutputs(model, header) };
  });
}
