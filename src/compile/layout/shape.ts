// Slices, pads, joins and flips of one axis at a time, in whatever layout the view has.
import type { Graph } from '../onnx/graph.js';
import { paddedBlocks, rememberBlocks } from './blocks.js';
import { isolate, materialize, rejoin } from './materialize.js';
import { atomOf, freshView, literalView, shapeOf, sizeOf, transposeView, type View } from './view.js';

/** Positions [start, end) of one axis. */
export function sliceView(
  graph: Graph,
  view: View,
  { axis, start, end }: { axis: number; start: number; end: number },
): View {
  const atoms = view.axes[axis] ?? [];
  const size = end - start;
  if (size === sizeOf(atoms)) return view;
  if (atoms.every(atom => atom.broadcast)) {
    return { ...view, axes: view.axes.with(axis, size === 1 ? [] : [atomOf(size, true)]) };
  }
  const isolated = isolate(graph, view, axis);
  const [starts, ends, axes] = [[start], [end], [1]].map(values => graph.integers(values));
  return rejoin(isolated, graph.node('Slice', [isolated.tensor, starts ?? '', ends ?? '', axes ?? '']), [size]);
}

/** Zeros before and behind one axis. */
export function padView(
  graph: Graph,
  view: View,
  { axis, before, after }: { axis: number; before: number; after: number },
): View {
  if (before === 0 && after === 0) return view;
  if (view.literal === 0) {
    const shape = shapeOf(view);
    return literalView(graph, 0, { dtype: view.dtype, shape: shape.with(axis, (shape[axis] ?? 1) + before + after) });
  }
  const isolated = isolate(graph, view, axis);
  const pads = graph.integers([0, before, 0, 0, after, 0]);
  const zero = graph.scalar(view.dtype, 0);
  const padded = rejoin(isolated, graph.node('Pad', [isolated.tensor, pads, zero]), [isolated.size + before + after]);
  if (before >= 0 && after >= 0) rememberBlocks(graph, padded, paddedBlocks(view, { axis, before, after }));
  return padded;
}

/** One axis backwards. */
export function flipView(graph: Graph, view: View, axis: number): View {
  const atoms = view.axes[axis] ?? [];
  if (atoms.every(atom => atom.broadcast)) return view;
  const isolated = isolate(graph, view, axis);
  const [starts, ends, axes] = [[-1], [-(2 ** 31)], [1]].map(values => graph.integers(values));
  const inputs = [isolated.tensor, starts ?? '', ends ?? '', axes ?? '', starts ?? ''];
  return rejoin(isolated, graph.node('Slice', inputs), [isolated.size]);
}

/** Logical axes in the order of the view's memory, repeated and single ones in front, `axis` as one. */
function memoryOrderOf(view: View): number[] {
  const place = (axis: number): number => {
    const first = view.axes[axis]?.find(atom => !atom.broadcast);
    return first === undefined ? -1 : view.atoms.indexOf(first);
  };
  return view.axes.map((_, axis) => axis).sort((a, b) => place(a) - place(b));
}

/** Views joined along one axis, in the layout of the first. */
export function concatViews(graph: Graph, views: readonly View[], axis: number): View {
  const [first] = views;
  if (first === undefined || views.length === 1) return first ?? freshView('', [], 'float32');
  const order = memoryOrderOf(first);
  const tensors = views.map(view => materialize(graph, transposeView(view, order)));
  const tensor = graph.node('Concat', tensors, { axis: order.indexOf(axis) });
  const shape = shapeOf(first).with(
    axis,
    views.reduce((total, view) => total + sizeOf(view.axes[axis] ?? []), 0),
  );
  const joined = freshView(
    tensor,
    order.map(from => shape[from] ?? 1),
    first.dtype,
  );
  return transposeView(
    joined,
    order.map((_, to) => order.indexOf(to)),
  );
}
