// What a rule of type inference sees of a node, and what it answers: the types of the node's outputs, as far as it knows.
import type { Constant } from '../constant.js';
import type { ElementType } from '../element-type.js';
import type { Dimension, Node } from '../model.js';

export type Shape = readonly Dimension[];

export interface TensorType {
  readonly dtype: ElementType;
  /** undefined where not even the rank is known. */
  readonly shape: Shape | undefined;
}

export interface Call {
  readonly node: Node;
  /** Version of the node's operator set. */
  readonly opset: number;
  readonly inputs: readonly (TensorType | undefined)[];
  /** The whole numbers in input `at`, a list or a single one, where they are known or are sizes with a name. */
  integers(at: number): readonly Dimension[] | undefined;
  /** Input `at` as a constant. */
  constant(at: number): Constant | undefined;
}

/** Types of the outputs in order; a list that is too short leaves the rest unknown. */
export type Rule = (call: Call) => readonly (TensorType | undefined)[];
export type Rules = Readonly<Record<string, Rule>>;

export const typed = (dtype: ElementType | undefined, shape: Shape | undefined): TensorType | undefined =>
  dtype === undefined ? undefined : { dtype, shape };

/** The first input's type with another shape. */
export const reshaped = ({ inputs }: Call, shape: Shape | undefined): (TensorType | undefined)[] => [
  typed(inputs[0]?.dtype, shape),
];

/** Numbers alone, where all are. */
export function allKnown(sizes: readonly Dimension[] | undefined): number[] | undefined {
  if (sizes === undefined) return undefined;
  const known = sizes.filter(size => typeof size === 'number');
  return known.length === sizes.length ? known : undefined;
}

/** An axis counted from the front; undefined outside the rank. */
export function axisOf(axis: number, rank: number): number | undefined {
  const at = axis < 0 ? axis + rank : axis;
  return at >= 0 && at < rank ? at : undefined;
}
