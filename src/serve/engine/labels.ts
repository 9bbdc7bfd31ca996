// Names of classes, from the files that `label_filename` of config.pbtxt names: one to a line, beside the versions.
import { GalerkinError } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import type { TensorSpec } from './served-model.js';

const mostLabels = 1_000_000;

async function labelsIn(model: ModelPackage, file: string): Promise<readonly string[]> {
  const lines = new TextDecoder().decode(await model.sharedFile(file)).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length <= mostLabels) return lines;
  const why = `the labels in '${file}' are more than ${mostLabels}`;
  throw new GalerkinError('MODEL_UNSERVABLE', { model: model.name, why });
}

/** The outputs with their labels, where they have some. @throws what reading the file throws */
export async function withLabels(model: ModelPackage, outputs: readonly TensorSpec[]): Promise<readonly TensorSpec[]> {
  const files = new Map(model.config.output.map(({ name, label_filename: file }) => [name, file]));
  return Promise.all(
    outputs.map(async spec => {
      const file = files.get(spec.name) ?? '';
      return file === '' ? spec : { ...spec, labels: await labelsIn(model, file) };
    }),
  );
}
