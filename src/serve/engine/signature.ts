// Does a request fit the model's signature? Checked in the order and words of Triton, before any data are read.
import { GalerkinError, type Tensor } from '../../base/index.js';
import { type ServedModel, type TensorSpec, wireShape } from './served-model.js';

/** What a request says of one input. */
export interface InputClaim {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** Elements of one tensor that the server is willing to count; far beyond any body it accepts. */
const maxElements = 2 ** 40;

function checkNames(model: ServedModel, claims: readonly InputClaim[]): void {
  const expected = model.inputs.map(spec => spec.name);
  const got = claims.map(claim => claim.name);
  const missing = model.inputs
    .filter(({ name, optional }) => optional !== true && !got.includes(name))
    .map(({ name }) => name);
  const unexpected = got.filter((name, place) => !expected.includes(name) || got.indexOf(name) !== place);
  if (missing.length === 0 && unexpected.length === 0) return;
  throw new GalerkinError('INPUTS_MISMATCH', {
    model: model.name,
    expected,
    got: got.slice(0, 20).map(shortName),
    missing,
    unexpected: unexpected.slice(0, 20).map(shortName),
  });
}

const shortName = (name: string): string => (name.length > 80 ? `${name.slice(0, 80)}…` : name);

/** Items in the batch; 1 for a model without a batch axis. */
function countItems(model: ServedModel, claims: readonly InputClaim[]): number {
  if (model.maxBatchSize === 0) return 1;
  const [items] = claims[0]?.shape ?? [];
  for (const claim of claims) {
    const got = claim.shape[0];
    if (got !== items || got === undefined) throw shapeError(model, claim);
  }
  if (items === undefined || items < 1 || items > model.maxBatchSize) {
    throw new GalerkinError('BATCH_REFUSED', { model: model.name, max: model.maxBatchSize, got: items ?? 0 });
  }
  return items;
}

function shapeError(model: ServedModel, claim: InputClaim): GalerkinError<'INPUT_SHAPE'> {
  const spec = model.inputs.find(each => each.name === claim.name);
  return new GalerkinError('INPUT_SHAPE', {
    model: model.name,
    input: claim.name,
    expected: spec === undefined ? [] : wireShape(model, spec),
    got: claim.shape.slice(0, 20),
    batched: model.maxBatchSize > 0,
  });
}

function checkShape(model: ServedModel, spec: TensorSpec, claim: InputClaim): void {
  const wanted = wireShape(model, spec);
  const fits =
    wanted.length === claim.shape.length && wanted.every((size, axis) => size === -1 || size === claim.shape[axis]);
  let elements = 1;
  for (const size of claim.shape) elements *= size;
  if (!fits || elements > maxElements) throw shapeError(model, claim);
}

/** The claim with its spec, once it is known to fit. */
export interface CheckedInput {
  readonly spec: TensorSpec;
  readonly shape: readonly number[];
}

/**
 * Checks names, batch size, datatypes and shapes of a request, in that order.
 * @returns the number of items, and the inputs in the order of the claims.
 * @throws INPUTS_MISMATCH, BATCH_REFUSED, INPUT_DATATYPE, INPUT_SHAPE
 */
export function checkSignature(
  model: ServedModel,
  claims: readonly InputClaim[],
): { items: number; inputs: CheckedInput[] } {
  checkNames(model, claims);
  const inputs = claims.map(claim => {
    const spec = model.inputs.find(each => each.name === claim.name);
    if (spec === undefined || spec.dtype !== claim.datatype) {
      const expected = spec?.dtype ?? 'none';
      const got = shortName(claim.datatype);
      throw new GalerkinError('INPUT_DATATYPE', { model: model.name, input: claim.name, expected, got });
    }
    return { spec, shape: claim.shape };
  });
  const items = countItems(model, claims);
  inputs.forEach(({ spec }, place) => {
    const claim = claims[place];
    if (claim !== undefined) checkShape(model, spec, claim);
  });
  return { items, inputs };
}

/**
 * Checks the values of an input against its manifest.
 * @returns true if every value lies in the stated range (or none is stated).
 * @throws INPUT_NOT_FINITE where the manifest wants finite values
 */
export function checkValues(model: ServedModel, spec: TensorSpec, tensor: Tensor): boolean {
  if (tensor.dtype !== 'FP32' && tensor.dtype !== 'FP64') return true;
  const [min, max] = spec.range ?? [-Number.MAX_VALUE, Number.MAX_VALUE];
  const { data } = tensor;
  let inRange = true;
  for (let index = 0; index < data.length; index++) {
    const value = data[index] ?? Number.NaN;
    if (value >= min && value <= max) continue;
    if (spec.finite && !Number.isFinite(value)) {
      throw new GalerkinError('INPUT_NOT_FINITE', { model: model.name, input: spec.name, index, got: value });
    }
    inRange = false;
  }
  return inRange || spec.range === undefined;
}
