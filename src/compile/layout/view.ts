// A view: an ONNX tensor read in another logical shape. Transposes, reshapes and broadcasts edit views and move no bytes.
import type { ElementType } from '../onnx/element-type.js';
import type { Graph } from '../onnx/graph.js';

/** A run of consecutive positions. Identity matters: the same atom in memory order and in an axis is the same run. */
export interface Atom {
  readonly size: number;
  /** Repeated along this run: no memory stands behind it. */
  readonly broadcast: boolean;
}

/** A logical axis: its atoms, the slowest first. Axes of size 1 have none. */
export type Axis = readonly Atom[];

export interface View {
  /** Name of the ONNX tensor. */
  readonly tensor: string;
  /** Shape of the ONNX tensor; any grouping of its atoms. */
  readonly dims: readonly number[];
  /** Atoms with memory, in memory order. */
  readonly atoms: readonly Atom[];
  readonly axes: readonly Axis[];
  readonly dtype: ElementType;
  /** The value of all elements, where they are equal and known. */
  readonly literal?: number;
  /** Multiplies all elements, but not yet: see rules/factor.ts. The layout never sees one. */
  readonly factor?: number;
}

export const atomOf = (size: number, broadcast = false): Atom => ({ size, broadcast });

/** Product of sizes; 1 for none. */
export function product(sizes: readonly number[]): number {
  let result = 1;
  for (const size of sizes) result *= size;
  return result;
}

export function sizeOf(atoms: readonly { readonly size: number }[]): number {
  let result = 1;
  for (const atom of atoms) result *= atom.size;
  return result;
}

export const shapeOf = (view: View): number[] => view.axes.map(sizeOf);

export function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** A tensor in its own row-major layout. */
export function freshView(tensor: string, shape: readonly number[], dtype: ElementType): View {
  const axes = shape.map(size => (size === 1 ? [] : [atomOf(size)]));
  return { tensor, dims: shape, atoms: axes.flat(), axes, dtype };
}

/** `value` everywhere: a scalar constant with broadcast axes only. */
export function literalView(
  graph: Graph,
  value: number,
  { dtype, shape }: { dtype: ElementType; shape: readonly number[] },
): View {
  const axes = shape.map(size => (size === 1 ? [] : [atomOf(size, true)]));
  return { tensor: graph.scalar(dtype, value), dims: [], atoms: [], axes, dtype, literal: value };
}

/** Cuts one atom into a slower and a faster part, wherever it stands. */
export function splitAtom(view: View, atom: Atom, [slow, fast]: readonly [number, number]): View {
  const parts = [atomOf(slow, atom.broadcast), atomOf(fast, atom.broadcast)];
  const cut = (atoms: readonly Atom[]): Atom[] => atoms.flatMap(one => (one === atom ? parts : [one]));
  return { ...view, atoms: cut(view.atoms), axes: view.axes.map(cut) };
}

/** Logical axes in another order. */
export function transposeView(view: View, permutation: readonly number[]): View {
  return { ...view, axes: permutation.map(axis => view.axes[axis] ?? []) };
}

/** A view to `shape` in which `newAxes` are repeated; the view's other axes keep their order. */
export function broadcastView(view: View, shape: readonly number[], newAxes: readonly number[]): View {
  let next = 0;
  const axes = shape.map((size, axis): Axis => {
    const kept = newAxes.includes(axis) ? [] : (view.axes[next++] ?? []);
    return kept.length === 0 && size > 1 ? [atomOf(size, true)] : kept;
  });
  return { ...view, axes };
}
