// What a package says of its model, in the engine's terms. config.pbtxt and manifest agree: the model room has seen to that.
import { GalerkinError } from '../../base/index.js';
import type { Manifest, ModelPackage } from '../../model/index.js';
import { clientInputs } from '../sequences/own-tensors.js';
import type { ServedGuard, ServedModel, TensorSpec, Unroll } from './served-model.js';
import { readUnroll, unrollParameter } from './unroll.js';

function servedGuard({ guard, onnx }: Partial<Manifest>): ServedGuard | undefined {
  if (guard === undefined || onnx?.guard === undefined) return undefined;
  const { policy, residualBound, fluxBound, fallback } = guard;
  return { policy, bounds: { residualBound, fluxBound }, fallback };
}

/** A decoupled model says how its outputs become its next inputs: nothing else here answers more than once. */
function servedUnroll({ name, config, inputs, outputs }: ModelPackage): Unroll | undefined {
  const stated = (parameter: string): string | undefined => config.parameters[parameter]?.string_value;
  const feeds = stated(unrollParameter);
  const isDecoupled = config.model_transaction_policy?.decoupled === true;
  if (!isDecoupled && feeds === undefined) return undefined;
  if (!isDecoupled || feeds === undefined) {
    const why = `decoupled in model_transaction_policy and the parameter '${unrollParameter}' ('output -> input') go together: it has only one of them`;
    throw new GalerkinError('MODEL_UNSERVABLE', { model: name, why });
  }
  return readUnroll(
    { name, inputs, outputs },
    { feeds, steps: stated('unroll_steps'), maxSteps: stated('unroll_max_steps') },
  );
}

/** What config.pbtxt may say of an input that the engine does not do: better refused than passed over in silence. */
function assertServable({ name, config }: ModelPackage): void {
  const mask = config.parameters.mask_input?.string_value;
  for (const input of config.input) {
    const refused = [
      ...(input.allow_ragged_batch
        ? ["allow_ragged_batch (parameter 'buckets' batches fields of different sizes)"]
        : []),
      ...(input.optional && input.name !== mask ? ['optional'] : []),
    ];
    if (refused.length === 0) continue;
    const why = `its config.pbtxt makes input '${input.name}' ${refused.join(' and ')}, which is not supported`;
    throw new GalerkinError('MODEL_UNSERVABLE', { model: name, why });
  }
}

/** The mask of a model with shape buckets is made by the server where the client sends none. */
const withOptionalMask = (inputs: readonly TensorSpec[], mask: string | undefined): readonly TensorSpec[] =>
  mask === undefined ? inputs : inputs.map(spec => (spec.name === mask ? { ...spec, optional: true } : spec));

/** The served model, and how many instances its instance_group wants. Throws MODEL_UNSERVABLE. */
export function describePackage(model: ModelPackage): {
  served: ServedModel;
  instances: number;
} {
  assertServable(model);
  const { name, version, config, manifest } = model;
  const served: ServedModel = {
    name,
    version: String(version),
    title: manifest?.title ?? name,
    backend: config.backend,
    maxBatchSize: config.max_batch_size,
    inputs: withOptionalMask(clientInputs(model), config.parameters.mask_input?.string_value),
    outputs: model.outputs,
    guard: servedGuard(manifest ?? {}),
  };
  const unroll = servedUnroll(model);
  const instances = config.instance_group.reduce((sum, group) => sum + group.count, 0);
  return { served: unroll === undefined ? served : { ...served, unroll }, instances: Math.max(1, instances) };
}
