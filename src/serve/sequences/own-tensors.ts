// The tensors of a sequence model that no client sees: controls and states, which the server feeds and keeps itself.
import { dtypeOf, type ModelPackage, type TensorSpec } from '../../model/index.js';
import { controlTypes } from './control-tensors.js';

const plain = { unit: '1', description: '', finite: false } as const;

/** Controls and states as inputs; none for a model without sequences. */
function ownInputs({ config: { sequence_batching: sequences } }: ModelPackage): TensorSpec[] {
  if (sequences === undefined) return [];
  const controls = controlTypes(sequences.control_input).map(each => ({ ...each, ...plain, dims: [1] }));
  const states = sequences.state.map(({ input_name: name, data_type, dims }) => ({
    ...plain,
    name,
    dtype: dtypeOf(data_type) ?? 'BYTES',
    dims,
  }));
  return [...controls, ...states];
}

/** What clients send: the inputs without those that the server feeds itself. */
export function clientInputs(model: ModelPackage): readonly TensorSpec[] {
  const own = new Set(ownInputs(model).map(({ name }) => name));
  return own.size === 0 ? model.inputs : model.inputs.filter(({ name }) => !own.has(name));
}

/** The package as its instances see it: with the inputs that the server feeds itself. */
export function instancePackage(model: ModelPackage): ModelPackage {
  const own = ownInputs(model);
  return own.length === 0 ? model : { ...model, inputs: [...clientInputs(model), ...own] };
}
