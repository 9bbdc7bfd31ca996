// Tiles: the nodes around an array larger than any cache are computed piece by piece, so that each piece stays in one.
import type { Graph, GraphNode } from '../../onnx/graph.js';
import { product } from '../view.js';
import { type Cut, cutOf, leadOf } from './cut.js';
import { emitTiles } from './emit.js';
import { chooseRegion, largeBytes, type Tiling } from './region.js';
import { type Shape, type Shapes, shapesOf } from './shapes.js';

/** Bytes of one tile of the largest array: a few of them fit into a core's own cache. */
const tileBytes = 2 * 2 ** 20;
const mostTiles = 64;

/** How many tiles: a divisor of the large arrays' slowest axes that makes tiles of about the wanted size. */
function tileCount(large: readonly Shape[]): number {
  const most = Math.max(0, ...large.map(shape => 4 * product(shape)));
  const wanted = Math.min(mostTiles, Math.ceil(most / tileBytes));
  for (let tiles = wanted; tiles > 1; tiles--) {
    const fitting = large.filter(shape => (shape[leadOf(shape)] ?? 1) % tiles === 0);
    if (2 * fitting.length > large.length) return tiles;
  }
  return 1;
}

/**
 * A graph of the same outputs in which large arrays are computed tile by tile. Sums over the cut axis become sums of
 * the tiles' sums, so that results may differ in rounding.
 * @param outputs tensors that are read from outside; every other may vanish.
 */
export function tileGraph(
  nodes: readonly GraphNode[],
  { graph, inputs, outputs }: { graph: Graph; inputs: Shapes; outputs: readonly string[] },
): readonly GraphNode[] {
  const { constants } = graph;
  const shapes = shapesOf(nodes, { inputs, constants });
  const made = nodes.flatMap(node => node.outputs).map(name => shapes.get(name) ?? []);
  const large = made.filter(shape => 4 * product(shape) >= largeBytes);
  const tiles = tileCount(large);
  if (tiles === 1) return nodes;
  const cuts = new Map<GraphNode, Cut>();
  for (const node of nodes) {
    const cut = cutOf(node, { shapes, constants, tiles });
    if (cut !== undefined) cuts.set(node, cut);
  }
  const tiling: Tiling = { nodes, shapes, tiles, cuts, outputs: new Set(outputs) };
  const chosen = chooseRegion(tiling);
  return chosen.size === 0 ? nodes : emitTiles(tiling, chosen, graph);
}
