// Writes a graph with its chosen nodes repeated for each tile: stage by stage, and in a stage tile by tile.
import { type Graph, type GraphNode, ownPrefix, readsOf } from '../../onnx/graph.js';
import { product } from '../view.js';
import { type Cut, leadOf } from './cut.js';
import type { Tiling } from './region.js';
import type { Shape } from './shapes.js';
import { type Chosen, isLast, stagesOf, usesOf } from './stages.js';

const tileName = (tensor: string, tile: number): string => `${ownPrefix}${tile}/${tensor}`;

/** When a tile may begin: after tensors with so many elements together. */
interface Gate {
  readonly tensors: readonly string[];
  readonly elements: number;
}

class Emission {
  readonly nodes: GraphNode[] = [];
  readonly #graph: Graph;
  readonly #tiling: Tiling;
  /** Tensors made as tiles that are not joined yet. */
  readonly #apart = new Set<string>();
  /** Tiles that exist, by name. */
  readonly #made = new Set<string>();

  constructor(tiling: Tiling, graph: Graph) {
    this.#tiling = tiling;
    this.#graph = graph;
  }

  #shape(tensor: string): Shape {
    return this.#tiling.shapes.get(tensor) ?? [];
  }

  #add(operator: string, inputs: readonly string[], output: string, attributes: GraphNode['attributes'] = {}): string {
    this.nodes.push({ operator, domain: '', inputs, outputs: [output], attributes });
    return output;
  }

  #tileShape(tensor: string): number[] {
    const shape = this.#shape(tensor);
    const lead = leadOf(shape);
    return shape.with(lead, (shape[lead] ?? 1) / this.#tiling.tiles);
  }

  /**
   * A tile cut from a whole tensor. The runtime orders nodes depth first, so that tiles would run abreast and none
   * stay in a cache: a tile's place is therefore computed from the sizes, known beforehand, of what the tile before
   * it made last.
   */
  #slice(tensor: string, tile: number, gate: Gate | undefined): string {
    const name = tileName(tensor, tile);
    if (this.#made.has(name)) return name;
    this.#made.add(name);
    const shape = this.#tileShape(tensor);
    const axis = leadOf(this.#shape(tensor));
    const length = shape[axis] ?? 1;
    const [end, along] = [this.#graph.integers([(tile + 1) * length]), this.#graph.integers([axis])];
    if (gate === undefined)
      return this.#add('Slice', [tensor, this.#graph.integers([tile * length]), end, along], name);
    const sizes = gate.tensors.map((one, k) => this.#add('Size', [one], `${name}/size${k}`));
    const total =
      sizes.length === 1
        ? (sizes[0] ?? '')
        : sizes.reduce((sum, size, k) => this.#add('Add', [sum, size], `${name}/sum${k}`));
    const start = this.#add('Add', [total, this.#graph.integers([tile * length - gate.elements])], `${name}/start`);
    const cut = this.#add('Slice', [tensor, start, end, along], `${name}/cut`);
    return this.#add('Reshape', [cut, this.#graph.integers(shape)], name);
  }

  #join(tensor: string): void {
    if (!this.#apart.delete(tensor)) return;
    const tiles = Array.from({ length: this.#tiling.tiles }, (_, tile) => tileName(tensor, tile));
    this.#add('Concat', tiles, tensor, { axis: leadOf(this.#shape(tensor)) });
  }

  /** Joins what is read whole. */
  joinAll(tensors: Iterable<string>): void {
    for (const tensor of tensors) this.#join(tensor);
  }

  /** The node for one tile; what it reads whole is joined already. */
  tile(one: GraphNode, cut: Cut, { tile, gate }: { tile: number; gate: Gate | undefined }): void {
    const [output = ''] = one.outputs;
    const inputs = one.inputs.map((tensor, k) => {
      if (cut.inputs[k] === true) return this.#slice(tensor, tile, gate);
      return one.operator === 'Reshape' ? this.#graph.integers(this.#tileShape(output)) : tensor;
    });
    const name = tileName(output, tile);
    this.nodes.push({ ...one, inputs, outputs: [name] });
    this.#made.add(name);
    if (cut.output === 'behind') this.#apart.add(output);
    else if (tile === this.#tiling.tiles - 1) {
      this.#add(
        'Sum',
        Array.from({ length: this.#tiling.tiles }, (_, k) => tileName(output, k)),
        output,
      );
    }
  }

  /** What the tiles after this one wait for. */
  gateOf(last: readonly (readonly [GraphNode, Cut])[], tile: number): Gate {
    const elements = last.map(([one, cut]) => {
      const [output = ''] = one.outputs;
      return product(cut.output === 'behind' ? this.#tileShape(output) : this.#shape(output));
    });
    return {
      tensors: last.map(([one]) => tileName(one.outputs[0] ?? '', tile)),
      elements: elements.reduce((sum, count) => sum + count, 0),
    };
  }
}

/** The graph with `chosen` as tiles; the names of its other tensors stay. */
export function emitTiles(tiling: Tiling, chosen: Chosen, graph: Graph): GraphNode[] {
  const emission = new Emission(tiling, graph);
  const stages = stagesOf(tiling.nodes, chosen);
  const uses = usesOf(tiling.nodes);
  const count = 1 + Math.max(0, ...stages.values());
  for (let stage = 0; stage < count; stage++) {
    const ours = tiling.nodes.filter(node => stages.get(node) === stage);
    for (const node of ours.filter(one => !chosen.has(one))) {
      emission.joinAll(readsOf(node));
      emission.nodes.push(node);
    }
    const tiled = ours.flatMap((node): [GraphNode, Cut][] => {
      const cut = chosen.get(node);
      return cut === undefined ? [] : [[node, cut]];
    });
    for (const [node, cut] of tiled) emission.joinAll(node.inputs.filter((_, k) => cut.inputs[k] !== true));
    const last = tiled.filter(([node]) => isLast(node, { chosen, stages, uses }));
    let gate: Gate | undefined;
    for (let tile = 0; tile < tiling.tiles && tiled.length > 0; tile++) {
      for (const [node, cut] of tiled) emission.tile(node, cut, { tile, gate });
      gate = emission.gateOf(last, tile);
    }
  }
  emission.joinAll(tiling.outputs);
  return emission.nodes;
}
