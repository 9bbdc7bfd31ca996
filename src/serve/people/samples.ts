// The held-out samples of a package as nested lists: inputs and truths to look at.
import { GalerkinError } from '../../base/index.js';
import { sampleSet } from '../../model/index.js';
import type { RunningModel } from '../engine/engine.js';
import { type Nested, nestedJson } from '../tensors/json-write.js';

export interface Sample {
  readonly index: number;
  readonly inputs: Readonly<Record<string, Nested>>;
  readonly outputs: Readonly<Record<string, Nested>>;
}

/** How many samples the model's package holds; 0 when it has none. */
export async function sampleCount({ package: model }: RunningModel): Promise<number> {
  return (await sampleSet(model))?.count ?? 0;
}

/** Sample `text`, a whole number. Throws SAMPLE_OUT_OF_RANGE, REQUEST_MALFORMED. */
export async function sampleAt({ served, package: model }: RunningModel, text: string): Promise<Sample> {
  const samples = await sampleSet(model);
  const count = samples?.count ?? 0;
  if (!/^\d{1,9}$/.test(text)) {
    const got = `'${text.slice(0, 40)}'`;
    throw new GalerkinError('REQUEST_MALFORMED', {
      what: 'sample index',
      wanted: `a whole number below ${count}`,
      got,
    });
  }
  const index = Number(text);
  if (samples === undefined) throw new GalerkinError('SAMPLE_OUT_OF_RANGE', { model: served.name, index, count });
  return {
    index,
    inputs: Object.fromEntries(served.inputs.map(({ name }) => [name, nestedJson(samples.input(index, name))])),
    outputs: Object.fromEntries(served.outputs.map(({ name }) => [name, nestedJson(samples.output(index, name))])),
  };
}
