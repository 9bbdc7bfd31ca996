// Open sizes given numbers: the same model as it is for one batch size or one grid.
import { GalerkinError } from '../../base/index.js';
import type { Dimension, Model, Value } from '../model.js';

/** Numbers for open sizes by their names; `''` stands for sizes without a name. */
export type Sizes = Readonly<Record<string, number>>;

function bound({ name, type }: Value, sizes: Sizes): Value {
  if (type?.kind !== 'tensor' || type.shape === undefined) return { name, type };
  const shape = type.shape.map((size): Dimension => (typeof size === 'number' ? size : (sizes[size ?? ''] ?? size)));
  return { name, type: { ...type, shape } };
}

/** Names of the open sizes of a model's inputs, each once. */
export function openSizesOf({ graph }: Model): string[] {
  const names = graph.inputs
    .filter(({ name }) => !graph.constants.has(name))
    .flatMap(({ type }) => (type?.kind === 'tensor' ? (type.shape ?? []) : []))
    .flatMap(size => (typeof size === 'number' ? [] : [size ?? '']));
  return [...new Set(names)];
}

function assertSizes(model: Model, sizes: Sizes): void {
  const open = openSizesOf(model);
  for (const [name, size] of Object.entries(sizes)) {
    if (!open.includes(name)) {
      const wanted = open.length === 0 ? 'none, the model has no open size' : `one of [${open.join(', ')}]`;
      throw new GalerkinError('SIZE_INVALID', { name, wanted, got: 'another name' });
    }
    if (!(Number.isSafeInteger(size) && size >= 1))
      throw new GalerkinError('SIZE_INVALID', { name, wanted: 'a whole number from 1', got: `${size}` });
  }
}

/**
 * The model with these sizes in its inputs. What the file says of values between is dropped: it was said of open sizes.
 * @throws SIZE_INVALID
 */
export function bindSizes(model: Model, sizes: Sizes): Model {
  assertSizes(model, sizes);
  const { graph } = model;
  const inputs = graph.inputs.map(value => bound(value, sizes));
  const outputs = graph.outputs.map(value => bound(value, sizes));
  return { ...model, graph: { ...graph, inputs, outputs, values: new Map() } };
}
