// What a package says of its model, in the engine's terms: config.pbtxt gives the signature, the manifest its physics.
import { GalerkinError } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import { isDType } from '../tensors/bytes.js';
import type { ServedGuard, ServedModel, TensorSpec } from './served-model.js';

type ConfigTensor = ModelPackage['config']['input'][number];
type ManifestField = ModelPackage['manifest']['inputs'][number];

function tensorSpec(model: string, tensor: ConfigTensor, fields: readonly ManifestField[]): TensorSpec {
  const name = tensor.name;
  const word = tensor.dataType.replace(/^TYPE_/, '');
  const dtype = word === 'STRING' ? 'BYTES' : word;
  if (!isDType(dtype))
    throw new GalerkinError('MODEL_UNSERVABLE', { model, why: `'${name}' has datatype ${tensor.dataType}` });
  const field = fields.find(each => each.name === name);
  return {
    name,
    dtype,
    dims: tensor.dims,
    ...(field?.unit === undefined ? {} : { unit: field.unit }),
    ...(field?.description === undefined ? {} : { description: field.description }),
    ...(field?.range === undefined ? {} : { range: field.range }),
    finite: field?.finite ?? false,
  };
}

function servedGuard({ manifest }: ModelPackage): ServedGuard | undefined {
  const { guard } = manifest;
  if (guard === undefined || manifest.digests['guard.onnx'] === undefined) return undefined;
  const { policy, bound: residualBound, fluxBound, fallback } = guard;
  return { policy, bounds: { residualBound, fluxBound }, fallback };
}

/** The served model, and how many instances its instance_group wants. Throws MODEL_UNSERVABLE. */
export function describePackage(model: ModelPackage): { served: ServedModel; instances: number } {
  const { name, version, config, manifest } = model;
  const served: ServedModel = {
    name,
    version: String(version),
    title: manifest.title,
    backend: config.backend || 'onnxruntime',
    maxBatchSize: config.maxBatchSize,
    inputs: config.input.map(tensor => tensorSpec(name, tensor, manifest.inputs)),
    outputs: config.output.map(tensor => tensorSpec(name, tensor, manifest.outputs)),
    guard: servedGuard(model),
  };
  const instances = (config.instanceGroup ?? []).reduce((sum, group) => sum + (group.count ?? 1), 0);
  return { served, instances: Math.max(1, instances) };
}
