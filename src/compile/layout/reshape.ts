// Reshape of a view: atoms are regrouped, and cut where a new axis ends inside one; only an uneven cut moves bytes.
import type { Graph } from '../onnx/graph.js';
import { materialize } from './materialize.js';
import { type Atom, freshView, splitAtom, type View } from './view.js';

/** Atoms for an axis of `size`, taken from the front of `queue`; undefined if an atom cannot be cut there. */
interface Taken {
  readonly view: View;
  readonly queue: readonly Atom[];
  readonly axis: readonly Atom[];
}

function take(view: View, queue: readonly Atom[], size: number): Taken | undefined {
  const axis: Atom[] = [];
  let left = size;
  let current: Taken = { view, queue, axis };
  while (left > 1) {
    const [atom, ...rest] = current.queue;
    if (atom === undefined) return undefined;
    if (left % atom.size === 0) {
      axis.push(atom);
      left /= atom.size;
      current = { ...current, queue: rest };
    } else {
      if (atom.size % left !== 0) return undefined;
      const cut = splitAtom({ ...current.view, axes: [current.queue] }, atom, [left, atom.size / left]);
      current = { ...current, view: { ...cut, axes: [] }, queue: cut.axes[0] ?? [] };
    }
  }
  return current;
}

/** The same elements, in row-major order, in another shape. */
export function reshapeView(graph: Graph, view: View, shape: readonly number[]): View {
  const axes: (readonly Atom[])[] = [];
  let current: Taken = { view, queue: view.axes.flat(), axis: [] };
  for (const size of shape) {
    const next = take(current.view, current.queue, size);
    if (next === undefined) return reshapeBytes(graph, view, shape);
    axes.push(next.axis);
    current = next;
  }
  return { ...view, atoms: current.view.atoms, axes };
}

function reshapeBytes(graph: Graph, view: View, shape: readonly number[]): View {
  const tensor = graph.node('Reshape', [materialize(graph, view), graph.integers(shape)]);
  return freshView(tensor, shape, view.dtype);
}
