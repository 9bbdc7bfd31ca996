// Which outputs a request wants, and in what form: tensors, or the best classes.
import { GalerkinError } from '../../base/index.js';
import type { ServedModel } from '../engine/served-model.js';
import type { WireOutput } from './infer-message.js';
import { malformed, shortName } from './malformed.js';
import { isShared, placeOf, type SharedPlace } from './shared-tensors.js';

export interface WantedOutput {
  readonly name: string;
  /** Best classes of each item to give instead of the tensor; 0: the tensor. */
  readonly classes: number;
  /** Where in shared memory to put it; undefined: into the response. */
  readonly place: SharedPlace | undefined;
}

const wantedByModel = new WeakMap<ServedModel, readonly WantedOutput[]>();

/** All outputs of a model, made once. */
function allOutputs(model: ServedModel): readonly WantedOutput[] {
  const known = wantedByModel.get(model);
  if (known !== undefined) return known;
  const all = model.outputs.map(({ name }) => ({ name, classes: 0, place: undefined }));
  wantedByModel.set(model, all);
  return all;
}

function classesOf({ name, parameters }: WireOutput): number {
  if (parameters.size === 0) return 0;
  const classes = parameters.get('classification') ?? 0;
  if (typeof classes === 'number' && Number.isSafeInteger(classes) && classes >= 0) return classes;
  throw malformed(
    `invalid value for 'classification' parameter of output '${shortName(name)}'`,
    'a whole number',
    'another',
  );
}

/**
 * The outputs that a request names, or all.
 * @throws OUTPUT_UNKNOWN; REQUEST_MALFORMED for one that is named twice
 */
export function wantedOutputs(model: ServedModel, outputs: readonly WireOutput[]): readonly WantedOutput[] {
  if (outputs.length === 0) return allOutputs(model);
  const seen = new Set<string>();
  return outputs.map(output => {
    const { name } = output;
    if (!model.outputs.some(spec => spec.name === name)) {
      const known = model.outputs.map(each => each.name);
      throw new GalerkinError('OUTPUT_UNKNOWN', { model: model.name, output: shortName(name), known });
    }
    if (seen.has(name)) throw malformed('outputs', 'each output once', `'${name}' twice`);
    seen.add(name);
    const place = isShared(output.parameters) ? placeOf(output.parameters, name) : undefined;
    return { name, classes: classesOf(output), place };
  });
}
