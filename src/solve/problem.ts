// An equation with its data: domain, coefficients, weak form and the recipe of its samples; solved, learnt and checked from this one object.
import { GalerkinError, type Random } from '../base/index.js';
import type { Mesh } from './mesh.js';
import { type BilinearForm, bilinearForm, type LinearForm, linearForm, type WeakForm } from './weak-form.js';

/** A field over the grid, as a person and a manifest describe it. */
export interface FieldSpec {
  readonly name: string;
  /** As printed in a formula or on an axis. */
  readonly symbol: string;
  /** Unit, or '1' if it has none. */
  readonly unit: string;
  readonly description: string;
  /** Smallest and largest value that the problem accepts. */
  readonly range?: readonly [number, number];
  readonly finite: true;
}

export interface Problem {
  readonly name: string;
  readonly title: string;
  /** The equation with its boundary condition, in one line. */
  readonly equation: string;
  /** The mesh for n nodes per side; the unknown is zero on its boundary. */
  readonly mesh: (n: number) => Mesh;
  readonly coefficients: readonly FieldSpec[];
  /** Numbers that the forms name. */
  readonly constants: Readonly<Record<string, number>>;
  readonly unknown: FieldSpec;
  /** a(u, v): symmetric and positive definite for coefficients in their range. */
  readonly bilinear: BilinearForm;
  /** l(v). */
  readonly linear: LinearForm;
  /** One random set of coefficients, by name, [n, n] each. */
  readonly sample: (n: number, random: Random) => Record<string, Float64Array>;
}

/** The problem's two forms, checked for linearity. Throws FORM_NOT_LINEAR or FORM_INVALID. */
export function problemForms(problem: Problem): { readonly bilinear: WeakForm; readonly linear: WeakForm } {
  const vocabulary = { coefficients: problem.coefficients.map(({ name }) => name), constants: problem.constants };
  return {
    bilinear: bilinearForm(`${problem.name}: bilinear`, problem.bilinear, vocabulary),
    linear: linearForm(`${problem.name}: linear`, problem.linear, vocabulary),
  };
}

/** Throws COEFFICIENT_INVALID unless `values` has `length` finite values in the field's range. */
export function checkField({ name, range }: FieldSpec, values: ArrayLike<number> | undefined, length: number): void {
  const refuse = (wanted: string, got: string): never => {
    throw new GalerkinError('COEFFICIENT_INVALID', { name, wanted, got });
  };
  if (values?.length !== length) {
    refuse(`${length} values`, values === undefined ? 'none' : `${values.length} values`);
    return;
  }
  const [min, max] = range ?? [-Number.MAX_VALUE, Number.MAX_VALUE];
  for (let node = 0; node < length; node++) {
    const value = values[node];
    if (!(value >= min && value <= max)) {
      refuse(range ? `values from ${min} to ${max}` : 'finite values', `${value} at node ${node}`);
    }
  }
}
