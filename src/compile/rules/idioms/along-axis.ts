// Operators that go along one axis, applied to a view as it lies in memory.
import { isolate, rejoin } from '../../layout/materialize.js';
import { product, sizeOf, type View } from '../../layout/view.js';
import type { Attributes, Graph } from '../../onnx/graph.js';

interface Along {
  readonly axis: number;
  /** Inputs behind the tensor and attributes of the node, by the position of the axis in the tensor. */
  readonly node: (position: number) => { readonly more?: readonly string[]; readonly attributes: Attributes };
}

/** The position of a dimension that is exactly these elements apart and long. */
function dimensionOf(dims: readonly number[], before: number, size: number): number | undefined {
  const position = dims.findIndex((length, k) => length === size && product(dims.slice(0, k)) === before);
  return position < 0 ? undefined : position;
}

/** Applies an operator that keeps the shape; the tensor is only reshaped where no dimension is the axis alone. */
export function alongAxis(graph: Graph, view: View, { operator, axis, node }: Along & { operator: string }): View {
  const isolated = isolate(graph, view, axis);
  const position = dimensionOf(isolated.view.dims, sizeOf(isolated.before), isolated.size);
  const { more = [], attributes } = node(position ?? 1);
  const source = position === undefined ? isolated.tensor : isolated.view.tensor;
  const tensor = graph.node(operator, [source, ...more], attributes);
  return position === undefined ? rejoin(isolated, tensor, [isolated.size]) : { ...isolated.view, tensor };
}
