// What a package says of its model, in the engine's terms. config.pbtxt and manifest agree: the model room has seen to that.
import { GalerkinError } from '../../base/index.js';
import type { Manifest, ModelPackage, TensorManifest } from '../../model/index.js';
import type { ServedGuard, ServedModel, TensorSpec } from './served-model.js';

function tensorSpec({ name, dtype, shape, unit, description, range, finite }: TensorManifest): TensorSpec {
  return { name, dtype, dims: shape, unit, description, ...(range === undefined ? {} : { range }), finite };
}

function servedGuard({ guard, onnx }: Manifest): ServedGuard | undefined {
  if (guard === undefined || onnx?.guard === undefined) return undefined;
  const { policy, residualBound, fluxBound, fallback } = guard;
  return { policy, bounds: { residualBound, fluxBound }, fallback };
}

/** What config.pbtxt may ask for and this engine does not do: better refused than passed over in silence. */
function unsupported({ config }: ModelPackage): string | undefined {
  if (config.model_transaction_policy?.decoupled) return 'decoupled responses (model_transaction_policy)';
  if (config.response_cache?.enable) return 'a response cache (response_cache)';
  return undefined;
}

/** The served model, and how many instances its instance_group wants. Throws MODEL_UNSERVABLE. */
export function describePackage(model: ModelPackage): {
  served: ServedModel;
  instances: number;
} {
  const { name, version, config, manifest } = model;
  const asked = unsupported(model);
  if (asked !== undefined) {
    throw new GalerkinError('MODEL_UNSERVABLE', {
      model: name,
      why: `its config.pbtxt asks for ${asked}, which is not supported`,
    });
  }
  const served: ServedModel = {
    name,
    version: String(version),
    title: manifest.title,
    backend: config.backend,
    maxBatchSize: config.max_batch_size,
    inputs: manifest.inputs.map(tensorSpec),
    outputs: manifest.outputs.map(tensorSpec),
    guard: servedGuard(manifest),
  };
  const instances = config.instance_group.reduce((sum, group) => sum + group.count, 0);
  return { served, instances: Math.max(1, instances) };
}
