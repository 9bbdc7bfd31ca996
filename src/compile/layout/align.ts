// Alignment: the axes of several views, broadcast against each other as numpy does, cut into pieces that match one to one.
import type { Graph } from '../onnx/graph.js';
import { materializeView } from './materialize.js';
import { type Atom, sizeOf, splitAtom, type View } from './view.js';

/** One piece of an output axis: its size, and for each view the atom with memory behind it, if any. */
export interface Piece {
  readonly size: number;
  readonly atoms: readonly (Atom | undefined)[];
}

export interface Alignment {
  readonly views: readonly View[];
  /** Pieces of each output axis, the slowest first. */
  readonly axes: readonly (readonly Piece[])[];
}

/** The axis of `view` that stands at output axis `axis` of `rank`; shapes are flush right. */
function axisAt(view: View, axis: number, rank: number): { index: number; atoms: readonly Atom[] } {
  const index = axis - (rank - view.axes.length);
  return { index, atoms: (index < 0 ? undefined : view.axes[index]) ?? [] };
}

/** Sizes of the common pieces of several divisions of one length; undefined if they do not nest. */
function commonPieces(divisions: readonly (readonly Atom[])[]): number[] | undefined {
  const cuts = new Set<number>();
  for (const atoms of divisions) {
    let stride = 1;
    for (const atom of atoms.toReversed()) {
      stride *= atom.size;
      cuts.add(stride);
    }
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  const sizes: number[] = [];
  let previous = 1;
  for (const cut of sorted) {
    if (cut % previous !== 0) return undefined;
    sizes.unshift(cut / previous);
    previous = cut;
  }
  return sizes;
}

/** Cuts the atoms of one axis so that they have exactly these sizes. */
function cutAxis(view: View, index: number, sizes: readonly number[]): View {
  let result = view;
  sizes.forEach((size, position) => {
    const atom = result.axes[index]?.[position];
    if (atom !== undefined && atom.size !== size) result = splitAtom(result, atom, [size, atom.size / size]);
  });
  return result;
}

/** Cuts all views alike at one output axis; views of size 1 there are left alone. */
function alignAxis(graph: Graph, views: View[], { axis, rank }: { axis: number; rank: number }): number[] {
  const lengths = views.map(view => sizeOf(axisAt(view, axis, rank).atoms));
  const length = Math.max(...lengths);
  if (length === 1) return [];
  const full = views.map((_, k) => k).filter(k => lengths[k] === length);
  const divisions = (): (readonly Atom[])[] =>
    full.flatMap(k => views.slice(k, k + 1).map(v => axisAt(v, axis, rank).atoms));
  let sizes = commonPieces(divisions());
  if (sizes === undefined) {
    for (const k of full) views.splice(k, 1, ...views.slice(k, k + 1).map(view => materializeView(graph, view)));
    sizes = commonPieces(divisions()) ?? [length];
  }
  for (const k of full) {
    const [view] = views.slice(k, k + 1);
    if (view !== undefined) views[k] = cutAxis(view, axisAt(view, axis, rank).index, sizes);
  }
  return sizes;
}

/** Aligns views of shapes that broadcast against each other. */
export function align(graph: Graph, inputs: readonly View[]): Alignment {
  const views = [...inputs];
  const rank = Math.max(...views.map(view => view.axes.length));
  const sizes = Array.from({ length: rank }, (_, axis) => alignAxis(graph, views, { axis, rank }));
  const axes = sizes.map((pieces, axis) =>
    pieces.map((size, position): Piece => {
      const atoms = views.map(view => {
        const atom = axisAt(view, axis, rank).atoms[position];
        return atom === undefined || atom.broadcast ? undefined : atom;
      });
      return { size, atoms };
    }),
  );
  return { views, axes };
}
