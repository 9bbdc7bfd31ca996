// New names for every value and node of an ONNX graph, the graphs inside its nodes included.
import type { AttributeProto, GraphProto, NodeProto, SparseTensorProto } from 'onnx-buf';

const named = (name: string, rename: (name: string) => string): string => (name === '' ? '' : rename(name));

function renameSparse({ values }: SparseTensorProto, rename: (name: string) => string): void {
  if (values !== undefined) values.name = named(values.name, rename);
}

function renameAttribute(attribute: AttributeProto, rename: (name: string) => string): void {
  for (const graph of attribute.g === undefined ? attribute.graphs : [attribute.g, ...attribute.graphs])
    renameValues(graph, rename);
}

function renameNode(node: NodeProto, rename: (name: string) => string): void {
  node.name = named(node.name, rename);
  node.input = node.input.map(name => named(name, rename));
  node.output = node.output.map(name => named(name, rename));
  for (const attribute of node.attribute) renameAttribute(attribute, rename);
}

/** Renames in place. What is said of values besides (value_info, quantization) is dropped: runtimes infer it. */
export function renameValues(graph: GraphProto, rename: (name: string) => string): void {
  for (const node of graph.node) renameNode(node, rename);
  for (const value of [...graph.input, ...graph.output, ...graph.initializer]) value.name = named(value.name, rename);
  for (const sparse of graph.sparseInitializer) renameSparse(sparse, rename);
  graph.valueInfo = [];
  graph.quantizationAnnotation = [];
}
