// Examples for the API document, one for each served model, that can be sent as they stand.
import { type DType, elementCount } from '../../base/index.js';
import type { ServedModel, TensorSpec } from '../engine/served-model.js';
import { type Nested, nestedJson } from '../tensors/json-write.js';

/** Values of one example beyond which it would bury the page; such models are left out. */
const maxValues = 4096;
/** Models with examples; a page with hundreds helps nobody. */
const maxModels = 20;

type Leaf = number | string | boolean;

/** A value that the input takes: the geometric middle of its range if it has one, else 1. */
function valueFor({ dtype, range }: TensorSpec): Leaf {
  if (dtype === 'BYTES') return 'text';
  if (dtype === 'BOOL') return true;
  const [low = 1, high = 1] = range ?? [];
  const middle = low > 0 ? Math.sqrt(low * high) : (low + high) / 2;
  return dtype === 'FP32' || dtype === 'FP64' ? Number(middle.toPrecision(3)) : Math.round(middle);
}

const shapeFor = ({ dims }: TensorSpec): number[] => dims.map(size => (size === -1 ? 1 : size));

const hasJson = (dtype: DType): boolean => dtype !== 'FP16' && dtype !== 'BF16';

/** The models that can be shown. */
export function shownModels(models: readonly ServedModel[]): readonly ServedModel[] {
  const isShown = ({ inputs }: ServedModel): boolean =>
    inputs.every(spec => hasJson(spec.dtype)) &&
    inputs.reduce((sum, spec) => sum + elementCount(shapeFor(spec)), 0) <= maxValues;
  return models.filter(isShown).slice(0, maxModels);
}

function nestedExample(spec: TensorSpec): Nested {
  const shape = shapeFor(spec);
  const value = valueFor(spec);
  const data = new Array<string>(elementCount(shape)).fill(String(value));
  const level = nestedJson({ dtype: 'BYTES', shape, data });
  return typeof value === 'string' ? level : typed(level, value);
}

const typed = (node: Nested, value: Leaf): Nested =>
  Array.isArray(node) ? node.map(child => typed(child, value)) : value;

/** A body for POST /predict. */
export const predictExample = ({ name, inputs }: ServedModel) => ({
  model: name,
  inputs: Object.fromEntries(inputs.map(spec => [spec.name, nestedExample(spec)])),
});

/** A body for POST /v2/models/NAME/infer. */
export const inferExample = ({ maxBatchSize, inputs }: ServedModel) => ({
  inputs: inputs.map(spec => {
    const dims = shapeFor(spec);
    const shape = maxBatchSize > 0 ? [1, ...dims] : dims;
    return {
      name: spec.name,
      datatype: spec.dtype,
      shape,
      data: new Array<Leaf>(elementCount(dims)).fill(valueFor(spec)),
    };
  }),
});
