// An editor: a graph that is changed node by node, knows who makes and who reads each value, and ends as plain data again.
import { type Constant, constantOf } from './constant.js';
import type { ElementType } from './element-type.js';
import type { Attributes, Graph, Node } from './model.js';
import { allNames, namesMade, namesRead, reading } from './names.js';
import { NodeList } from './node-list.js';
import { ordered } from './order.js';

export interface NewNode {
  readonly operator: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly attributes?: Attributes;
}

/** All changes cost constant time, or time linear in the readers that they change. */
export class GraphEditor {
  readonly #graph: Graph;
  readonly #nodes: NodeList;
  readonly #constants: Map<string, Constant>;
  readonly #makers = new Map<string, Node>();
  readonly #readers = new Map<string, Set<Node>>();
  readonly #names: Set<string>;
  readonly #inputs: ReadonlySet<string>;
  readonly #outputs: ReadonlySet<string>;
  #fresh = 0;

  /** `taken` are names that fresh ones must differ from; those of the graph are added to it. */
  constructor(graph: Graph, taken: Set<string> = new Set()) {
    this.#graph = graph;
    this.#nodes = new NodeList(graph.nodes);
    this.#constants = new Map(graph.constants);
    this.#names = taken;
    for (const name of allNames(graph)) taken.add(name);
    this.#inputs = new Set(graph.inputs.map(({ name }) => name));
    this.#outputs = new Set(graph.outputs.map(({ name }) => name));
    for (const node of graph.nodes) this.#link(node);
  }

  /** The nodes as they are now, in order; a copy. */
  get nodes(): Node[] {
    return this.#nodes.toArray();
  }

  has(node: Node): boolean {
    return this.#nodes.has(node);
  }

  maker(value: string): Node | undefined {
    return this.#makers.get(value);
  }

  /** The nodes that read a value, also from inside a loop's or a branch's body. */
  readers(value: string): readonly Node[] {
    return [...(this.#readers.get(value) ?? [])];
  }

  /** The constant behind a name; undefined for computed values, and for defaults that a feed may replace. */
  constant(value: string): Constant | undefined {
    return this.isInput(value) ? undefined : this.#constants.get(value);
  }

  isInput(value: string): boolean {
    return this.#inputs.has(value);
  }

  isOutput(value: string): boolean {
    return this.#outputs.has(value);
  }

  /** A name that nothing has yet. */
  fresh(hint: string): string {
    let name = hint;
    while (name === '' || this.#names.has(name)) name = `${hint}_${this.#fresh++}`;
    this.#names.add(name);
    return name;
  }

  /** Adds a constant under a fresh name, which it returns. */
  addConstant(
    hint: string,
    dtype: ElementType,
    content: { readonly shape: readonly number[]; readonly values: ArrayLike<number> },
  ): string {
    return this.putConstant(constantOf(this.fresh(hint), dtype, content));
  }

  /** Adds or replaces a constant under its own name, which it returns. */
  putConstant(constant: Constant): string {
    this.#names.add(constant.name);
    this.#constants.set(constant.name, constant);
    return constant.name;
  }

  /** Adds a node with one output before `place`; returns the output's name. */
  insertBefore(place: Node, { operator, domain = '', inputs, attributes = {} }: NewNode): string {
    const output = this.fresh(`${operator.toLowerCase()}_of_${inputs[0] ?? 'nothing'}`);
    this.insertNodeBefore(place, { name: output, operator, domain, inputs, outputs: [output], attributes });
    return output;
  }

  /** The same for a whole node, whose names the caller has made fresh. */
  insertNodeBefore(place: Node, node: Node): void {
    this.#nodes.insertBefore(place, node);
    this.#link(node);
  }

  /** Puts `node` into the place of `old`; what was inserted before stays before. */
  replace(old: Node, node: Node): void {
    this.#nodes.replace(old, node);
    this.#unlink(old);
    this.#link(node);
  }

  /** Takes a node away. Its outputs must have no readers left when the graph is finished. */
  remove(old: Node): void {
    this.#nodes.remove(old);
    this.#unlink(old);
  }

  /**
   * Lets all readers of `old` read `value` instead, bodies of loops and branches included, unless `value` means
   * something else in them. Outputs of the graph keep the old name.
   */
  redirect(old: string, value: string): void {
    if (old === value) return;
    for (const node of this.readers(old)) this.replace(node, reading(node, old, value));
  }

  #link(node: Node): void {
    for (const output of node.outputs) {
      if (output === '') continue;
      this.#makers.set(output, node);
      this.#names.add(output);
    }
    for (const name of namesRead(node)) {
      const readers = this.#readers.get(name) ?? new Set();
      readers.add(node);
      this.#readers.set(name, readers);
    }
  }

  #unlink(node: Node): void {
    for (const output of node.outputs) if (this.#makers.get(output) === node) this.#makers.delete(output);
    for (const name of namesRead(node)) this.#readers.get(name)?.delete(node);
  }

  /** The graph as it is now: nodes in a right order, without constants that nobody reads and types of values that are gone. */
  finish(): Graph {
    const nodes = ordered(this.nodes);
    const read = new Set([...nodes.flatMap(namesRead), ...this.#outputs]);
    const constants = new Map([...this.#constants].filter(([name]) => read.has(name) || this.isInput(name)));
    const graph = { ...this.#graph, nodes, constants };
    const made = namesMade(graph);
    return { ...graph, values: new Map([...graph.values].filter(([name]) => made.has(name))) };
  }
}
