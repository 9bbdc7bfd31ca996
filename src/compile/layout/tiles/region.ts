// Which nodes to compute tile by tile: those around large arrays, as long as what is saved in memory traffic exceeds the cutting and joining.
import type { GraphNode } from '../../onnx/graph.js';
import { product } from '../view.js';
import type { Cut } from './cut.js';
import type { Shapes } from './shapes.js';
import { type Chosen, readsTiles, stagesOf, type Uses, usesOf } from './stages.js';

/** A graph as the choice sees it. */
export interface Tiling {
  readonly nodes: readonly GraphNode[];
  readonly shapes: Shapes;
  readonly tiles: number;
  /** How each node would be cut, where it can be. */
  readonly cuts: ReadonlyMap<GraphNode, Cut>;
  /** Tensors that somebody outside reads. */
  readonly outputs: ReadonlySet<string>;
}

/** Bytes of an array that does not stay in any cache: around these it pays to look for a region. */
export const largeBytes = 16 * 2 ** 20;
const middleBytes = 4 * 2 ** 20;
/** Milliseconds for each byte read or written, by how large the array is; and for each node. Timed on AVX-512 cores. */
const costs = { large: 33e-9, middle: 22e-9, small: 14e-9, node: 0.006 } as const;
/** Milliseconds that tiles must save to be worth the larger graph. */
const leastGainMs = 1;
const mostSweeps = 8;

const bytesOf = (shapes: Shapes, tensor: string): number => 4 * product(shapes.get(tensor) ?? [0]);

function traffic(bytes: number): number {
  return bytes * (bytes >= largeBytes ? costs.large : bytes >= middleBytes ? costs.middle : costs.small);
}

class Choice {
  readonly uses: Uses;

  constructor(readonly tiling: Tiling) {
    this.uses = usesOf(tiling.nodes);
  }

  #bytes(tensor: string): number {
    return bytesOf(this.tiling.shapes, tensor);
  }

  /** Cost of a tensor's whole form beside its tiles: joined where somebody reads it whole, cut where somebody reads tiles. */
  edge(tensor: string, chosen: Chosen): number {
    const made = this.uses.producer.get(tensor);
    const inside = made !== undefined && chosen.get(made)?.output === 'behind';
    const using = this.uses.readers.get(tensor) ?? [];
    const moves = inside
      ? this.tiling.outputs.has(tensor) || using.some(node => !readsTiles(chosen, node, tensor))
      : using.some(node => readsTiles(chosen, node, tensor));
    return moves ? 2 * traffic(this.#bytes(tensor)) + this.tiling.tiles * costs.node : 0;
  }

  /** Cost of one node: its memory traffic, whole or as tiles; `isHot` tells of which inputs the tiles are in a cache. */
  node(node: GraphNode, chosen: Chosen, isHot: (tensor: string) => boolean = () => true): number {
    const [output = ''] = node.outputs;
    const cut = chosen.get(node);
    const whole = (names: readonly string[]): number =>
      names.reduce((sum, name) => sum + traffic(this.#bytes(name)), 0);
    if (cut === undefined) return costs.node + whole([...node.inputs, output]);
    const { tiles } = this.tiling;
    let cost = tiles * costs.node + this.#bytes(output) * costs.small * (cut.output === 'behind' ? 1 : 2 * tiles);
    node.inputs.forEach((name, k) => {
      const times = cut.inputs[k] === true ? 1 : tiles;
      cost += isHot(name) ? this.#bytes(name) * costs.small * times : traffic(this.#bytes(name));
    });
    return cost;
  }

  /** Cost of all that depends on whether `node` is chosen. */
  around(node: GraphNode, chosen: Chosen): number {
    let cost = this.node(node, chosen);
    for (const tensor of new Set([...node.inputs, ...node.outputs])) cost += this.edge(tensor, chosen);
    return cost;
  }

  /** Cost of the whole graph; tiles of an earlier stage have left the caches. */
  total(chosen: Chosen): number {
    const stages = stagesOf(this.tiling.nodes, chosen);
    let cost = 0;
    for (const node of this.tiling.nodes) {
      const isHot = (tensor: string): boolean => {
        const made = this.uses.producer.get(tensor);
        return made === undefined || !chosen.has(made) || stages.get(made) === stages.get(node);
      };
      cost += this.node(node, chosen, isHot);
    }
    for (const tensor of new Set(this.tiling.nodes.flatMap(node => [...node.inputs, ...node.outputs])))
      cost += this.edge(tensor, chosen);
    return cost;
  }

  /** Nodes added or dropped one by one while that lowers the cost. */
  refine(first: Chosen): Chosen {
    const chosen = new Map(first);
    for (let changed = true, sweeps = 0; changed && sweeps < mostSweeps; sweeps++) {
      changed = false;
      for (const [node, cut] of this.tiling.cuts) {
        const before = this.around(node, chosen);
        if (!chosen.delete(node)) chosen.set(node, cut);
        if (this.around(node, chosen) < before) changed = true;
        else if (!chosen.delete(node)) chosen.set(node, cut);
      }
    }
    return chosen;
  }

  /** With all nodes between chosen ones, so that tiles need not wait for each other in the middle. */
  bridge(chosen: Chosen): Chosen {
    const { nodes, cuts } = this.tiling;
    const after = new Set<GraphNode>(chosen.keys());
    for (const node of nodes) {
      if (node.inputs.some(input => after.has(this.uses.producer.get(input) ?? node))) after.add(node);
    }
    const before = new Set<GraphNode>(chosen.keys());
    for (const node of nodes.toReversed()) {
      const readers = node.outputs.flatMap(output => this.uses.readers.get(output) ?? []);
      if (readers.some(reader => before.has(reader))) before.add(node);
    }
    return new Map([...cuts].filter(([node]) => after.has(node) && before.has(node)));
  }
}

/** The nodes to tile; none if that saves too little. */
export function chooseRegion(tiling: Tiling): Chosen {
  const choice = new Choice(tiling);
  const isLarge = (tensor: string): boolean => bytesOf(tiling.shapes, tensor) >= largeBytes;
  const around = [...tiling.cuts].filter(([node]) => [...node.inputs, ...node.outputs].some(isLarge));
  const refined = choice.refine(new Map(around));
  let best: Chosen = new Map();
  let least = choice.total(best) - leastGainMs;
  for (const chosen of [refined, choice.bridge(refined)]) {
    const cost = choice.total(chosen);
    if (cost < least) [best, least] = [chosen, cost];
  }
  return best;
}
