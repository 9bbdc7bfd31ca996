// The report of a compression: what was changed, what was left alone, and the bytes of all constants before and after.
import { type Graph, type GraphEditor, type Model, subgraphsOf } from '../../graph/index.js';
import type { Compressed } from '../compressed.js';
import type { Skipped } from './product.js';

/** Bytes of all constants, those of inner graphs and of Constant nodes included. */
export function constantBytes({ constants, nodes }: Graph): number {
  let bytes = 0;
  for (const { bytes: own } of constants.values()) bytes += own.byteLength;
  for (const node of nodes) {
    for (const attribute of Object.values(node.attributes))
      if (attribute.kind === 'tensor') bytes += attribute.value.bytes.byteLength;
    for (const graph of subgraphsOf(node)) bytes += constantBytes(graph);
  }
  return bytes;
}

export interface Changes {
  readonly method: string;
  readonly changed: readonly string[];
  readonly skipped: readonly Skipped[];
}

/** The model with its new graph, and what became of it. */
export function compressedOf(model: Model, graph: Graph, { method, changed, skipped }: Changes): Compressed {
  const report = {
    method,
    changed,
    skipped,
    bytesBefore: constantBytes(model.graph),
    bytesAfter: constantBytes(graph),
  };
  return { model: { ...model, graph }, report };
}

/** The graph as edited, without Constant nodes that nobody reads any more. */
export function finished(editor: GraphEditor): Graph {
  for (const node of editor.nodes) {
    const isRead = node.outputs.some(name => editor.isOutput(name) || editor.readers(name).length > 0);
    if (node.operator === 'Constant' && node.domain === '' && !isRead) editor.remove(node);
  }
  return editor.finish();
}

/** The model with an operator set declared. */
export const withOpset = (model: Model, domain: string, version: number): Model => ({
  ...model,
  opsets: new Map([...model.opsets, [domain, Math.max(version, model.opsets.get(domain) ?? 0)]]),
});
