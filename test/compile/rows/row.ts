// What a row of the tests of primitives is: a function, the arrays it takes, and numbers where random ones do not fit.
import type { Spec } from 'galerkin/compile';
import { type ArrayFunction, f32 } from '../parity.js';

export { f32 };
export const f64 = (...shape: number[]): Spec => ({ shape, dtype: 'float64' });
export const i32 = (...shape: number[]): Spec => ({ shape, dtype: 'int32' });
export const u32 = (...shape: number[]): Spec => ({ shape, dtype: 'uint32' });
export const bool = (...shape: number[]): Spec => ({ shape, dtype: 'bool' });

export interface Row {
  readonly does: string;
  readonly fn: ArrayFunction;
  readonly specs: readonly Spec[];
  readonly values?: readonly (readonly number[])[];
  /** Largest deviation relative to the largest number; 1e-5 where not said. */
  readonly tolerance?: number;
}

/** Rows by the primitive that they hold. */
export type Rows = Readonly<Record<string, readonly Row[]>>;

export const square = f32(4, 5);
export const edges = [-2, -0.5, -0, 0, 0.25, 1, 3, 1e-20];
export const positive = [[0.1, 0.5, 1, 2, 30, 1e4]];
