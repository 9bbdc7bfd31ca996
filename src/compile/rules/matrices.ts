// Parts of stacks of matrices: ranges of rows and columns, and matrices put together from them.
import { concatViews, sliceView } from '../layout/shape.js';
import type { View } from '../layout/view.js';
import type { Graph } from '../onnx/graph.js';

type Range = readonly [start: number, end: number];

/** Rows and columns [start, end) of the last two axes. */
export function part(graph: Graph, view: View, [rows, columns]: readonly [Range, Range]): View {
  const rank = view.axes.length;
  const cut = sliceView(graph, view, { axis: rank - 2, start: rows[0], end: rows[1] });
  return sliceView(graph, cut, { axis: rank - 1, start: columns[0], end: columns[1] });
}

/** Side by side; no parts of no width. */
export const beside = (graph: Graph, parts: readonly View[]): View => joined(graph, parts, 1);
/** One below the other. */
export const below = (graph: Graph, parts: readonly View[]): View => joined(graph, parts, 2);

function joined(graph: Graph, parts: readonly View[], fromEnd: number): View {
  const [first] = parts;
  const [only] = parts.length === 1 ? parts : [];
  return only ?? concatViews(graph, parts, (first?.axes.length ?? fromEnd) - fromEnd);
}
