// Specs: shape and element type of each array that a traced function takes. The first axis may be 'batch'.

import type { Array as Traced } from '@jax-js/jax';
import { GalerkinError } from '../base/index.js';
import { isElementType } from './onnx/element-type.js';
import { describeValue, type FlatTree, flattenTree, type Tree } from './tree.js';

/** Shape and element type of one array. `'batch'`, as the first size only, stays open until the program runs. */
export interface Spec {
  readonly shape: readonly (number | 'batch')[];
  readonly dtype: 'float16' | 'float32' | 'float64' | 'int32' | 'uint32' | 'bool';
}

/** An argument that is no array: in the place of a spec it stands for itself, and is a constant of the program. */
export type Static = number | string | boolean;

/** A tree of arrays with a spec in the place of each; numbers, texts and booleans stand for themselves. */
export type SpecsOf<T> = T extends Traced
  ? Spec
  : T extends Static
    ? T
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
    const wanted = 'dtype float16, float32, float64, int32, uint32 or bool';
    throw new GalerkinError('SPEC_INVALID', { path, wanted, got: describeValue(dtype) });
  }
}

export const isStatic = (value: unknown): value is Static =>
  typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';

/** The specs of all arguments in one order, and the arguments that stand for themselves. */
export interface ArgumentTree extends Omit<FlatTree<Spec>, 'build'> {
  /** By path. */
  readonly statics?: ReadonlyMap<string, Static>;
  build<Other>(leaves: readonly Other[]): Tree<Other | Static>;
}

/** The specs of all arguments, flattened and checked. @throws SPEC_INVALID */
export function flattenSpecs(specs: unknown): ArgumentTree {
  const isLeaf = (value: unknown): value is Spec | Static => isStatic(value) || isSpec(value);
  const all = flattenTree(specs, isLeaf, (path, value) => {
    throw new GalerkinError('SPEC_INVALID', { path, wanted: '{ shape, dtype }', got: describeValue(value) });
  });
  const named = all.leaves.map((leaf, k) => ({ leaf, path: all.paths[k] ?? '' }));
  const arrays = named.flatMap(({ leaf, path }) => (isStatic(leaf) ? [] : [{ leaf, path }]));
  for (const { leaf, path } of arrays) checkSpec(leaf, path);
  return {
    leaves: arrays.map(({ leaf }) => leaf),
    paths: arrays.map(({ path }) => path),
    statics: new Map(named.flatMap(({ leaf, path }) => (isStatic(leaf) ? [[path, leaf] as const] : []))),
    build: <Other>(items: readonly Other[]): Tree<Other | Static> => {
      let next = 0;
      return all.build(
        all.leaves.flatMap((leaf): (Other | Static)[] => (isStatic(leaf) ? [leaf] : items.slice(next, ++next))),
      );
    },
  };
}

export const isSymbolic = (spec: { readonly shape: readonly (number | 'batch')[] }): boolean =>
  spec.shape[0] === 'batch';

/** The shape with a number in the place of 'batch'. */
export function shapeAt(spec: Spec, batch: number): number[] {
  return spec.shape.map(size => (size === 'batch' ? batch : size));
}
