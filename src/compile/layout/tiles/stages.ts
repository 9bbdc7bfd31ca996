// Stages of a tiled graph: within one, every tile runs from its first node to its last without waiting for another tile.
import type { GraphNode } from '../../onnx/graph.js';
import { readsOf } from '../../onnx/graph.js';
import type { Cut } from './cut.js';

export interface Uses {
  readonly producer: ReadonlyMap<string, GraphNode>;
  readonly readers: ReadonlyMap<string, readonly GraphNode[]>;
}

export function usesOf(nodes: readonly GraphNode[]): Uses {
  const producer = new Map<string, GraphNode>();
  const readers = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    for (const output of node.outputs) producer.set(output, node);
    for (const input of new Set(readsOf(node))) {
      const known = readers.get(input);
      if (known === undefined) readers.set(input, [node]);
      else known.push(node);
    }
  }
  return { producer, readers };
}

/** Nodes that are tiled, each with its cut. */
export type Chosen = ReadonlyMap<GraphNode, Cut>;

/** True if this node reads the tensor as tiles. */
export const readsTiles = (chosen: Chosen, node: GraphNode, tensor: string): boolean =>
  node.inputs.some((input, k) => input === tensor && chosen.get(node)?.inputs[k] === true);

/** The stage of each node: one more than that of tiles which it needs joined or summed. Nodes come in order. */
export function stagesOf(nodes: readonly GraphNode[], chosen: Chosen): ReadonlyMap<GraphNode, number> {
  const stages = new Map<GraphNode, number>();
  const made = new Map<string, { readonly tiles: number | undefined; readonly whole: number }>();
  for (const node of nodes) {
    let stage = 0;
    for (const tensor of readsOf(node)) {
      const source = made.get(tensor);
      if (source === undefined) continue;
      const asTiles = source.tiles !== undefined && readsTiles(chosen, node, tensor);
      stage = Math.max(stage, asTiles ? (source.tiles ?? 0) : source.whole);
    }
    stages.set(node, stage);
    const cut = chosen.get(node);
    const tiles = cut?.output === 'behind' ? stage : undefined;
    for (const output of node.outputs) made.set(output, { tiles, whole: cut === undefined ? stage : stage + 1 });
  }
  return stages;
}

/** Nodes of the region's stage that nothing else of the same tile and stage reads: a tile has ended when they have. */
export function isLast(
  node: GraphNode,
  { chosen, stages, uses }: { chosen: Chosen; stages: ReadonlyMap<GraphNode, number>; uses: Uses },
): boolean {
  if (chosen.get(node)?.output === 'summed') return true;
  const stage = stages.get(node);
  return !node.outputs.some(output =>
    (uses.readers.get(output) ?? []).some(reader => stages.get(reader) === stage && readsTiles(chosen, reader, output)),
  );
}
