// Specs: shape and element type of each array that a traced function takes. The first axis may be 'batch'.

import type { Array as Traced } from '@jax-js/jax';
import { GalerkinError } from '../base/index.js';
import { isElementType } from './onnx/element-type.js';
import { describeValue, type FlatTree, flattenTree } from './tree.js';

/** Shape and element type of one array. `'batch'`, as the first size only, stays open until the program runs. */
export interface Spec {
  readonly shape: readonly (number | 'batch')[];
  readonly dtype: 'float32' | 'float64' | 'int32' | 'uint32' | 'bool';
}

/** A tree of arrays with a spec in the place of each. */
export type SpecsOf<T> = T extends Traced
  ? Spec
  : T extends object
    ? { readonly [Key in keyof T]: SpecsOf<T[Key]> }
    : never;

function isSpec(value: unknown): value is Spec {
  if (typeof value !== 'object' || value === null || !('shape' in value && 'dtype' in value)) return false;
  return Array.isArray(value.shape) && typeof value.dtype === 'string';
}

function checkSpec({ shape, dtype }: Spec, path: string): void {
  const isFault = (size: number | 'batch', axis: number): boolean =>
    size === 'batch' ? axis !== 0 : !(Number.isSafeInteger(size) && size >= 1);
  if (shape.some(isFault)) {
    throw new GalerkinError('SPEC_INVALID', {
      path,
      wanted: "whole sizes from 1, with 'batch' at most in front",
      got: `[${shape}]`,
    });
  }
  if (!isElementType(dtype)) {
    const wanted = 'dtype float32, float64, int32, uint32 or bool';
    throw new GalerkinError('SPEC_INVALID', { path, wanted, got: describeValue(dtype) });
  }
}

/** The specs of all arguments, flattened and checked. @throws SPEC_INVALID */
export function flattenSpecs(specs: unknown): FlatTree<Spec> {
  const flat = flattenTree(specs, isSpec, (path, value) => {
    throw new GalerkinError('SPEC_INVALID', { path, wanted: '{ shape, dtype }', got: describeValue(value) });
  });
  flat.leaves.forEach((spec, k) => {
    checkSpec(spec, flat.paths[k] ?? '');
  });
  return flat;
}

export const isSymbolic = (spec: { readonly shape: readonly (number | 'batch')[] }): boolean =>
  spec.shape[0] === 'batch';

/** The shape with a number in the place of 'batch'. */
export function shapeAt(spec: Spec, batch: number): number[] {
  return spec.shape.map(size => (size === 'batch' ? batch : size));
}
