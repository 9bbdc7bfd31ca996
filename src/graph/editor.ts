// An editor: a graph that is changed node by node, knows who makes and who reads each value, and ends as plain data again.
import { invariant } from '../base/index.js';
import { subgraphsOf } from './attributes.js';
import { type Constant, constantOf } from './constant.js';
import type { ElementType } from './element-type.js';
import type { Attributes, Graph, Node } from './model.js';

/** All names that a graph and the graphs inside its nodes read from around them. */
export function namesRead(node: Node): string[] {
  const inner = subgraphsOf(node).flatMap(graph => {
    const own = new Set([
      ...graph.inputs.map(({ name }) => name),
      ...graph.constants.keys(),
      ...graph.nodes.flatMap(({ outputs }) => outputs),
    ]);
    const read = [...graph.nodes.flatMap(namesRead), ...graph.outputs.map(({ name }) => name)];
    return read.filter(name => !own.has(name));
  });
  return [...node.inputs.filter(name => name !== ''), ...inner];
}

/** Every name that occurs anywhere, inner graphs included. */
function allNames(graph: Graph): string[] {
  return [
    ...graph.inputs.map(({ name }) => name),
    ...graph.constants.keys(),
    ...graph.nodes.flatMap(node => [...node.inputs, ...node.outputs, ...subgraphsOf(node).flatMap(allNames)]),
  ];
}

export interface NewNode {
  readonly operator: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly attributes?: Attributes;
}

export class GraphEditor {
  readonly #graph: Graph;
  readonly #nodes: Set<Node>;
  readonly #constants: Map<string, Constant>;
  readonly #makers = new Map<string, Node>();
  readonly #readers = new Map<string, Set<Node>>();
  readonly #names: Set<string>;
  /** New nodes are put before the node that they were made for. */
  readonly #before = new Map<Node, Node[]>();
  #fresh = 0;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#nodes = new Set(graph.nodes);
    this.#constants = new Map(graph.constants);
    this.#names = new Set(allNames(graph));
    for (const node of graph.nodes) this.#link(node);
  }

  /** The nodes as they are now, each after those that it reads. */
  get nodes(): Node[] {
    return [...this.#nodes].flatMap(node => this.#withNew(node));
  }

  #withNew(node: Node): Node[] {
    return [...(this.#before.get(node) ?? []).flatMap(one => this.#withNew(one)), node];
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
    return this.#graph.inputs.some(({ name }) => name === value);
  }

  isOutput(value: string): boolean {
    return this.#graph.outputs.some(({ name }) => name === value);
  }

  /** A name that nothing has yet. */
  fresh(hint: string): string {
    let name = hint;
    while (this.#names.has(name)) name = `${hint}_${this.#fresh++}`;
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
    invariant(this.#holds(place), `node '${place.name}' is in the graph`);
    this.#before.set(place, [...(this.#before.get(place) ?? []), node]);
    this.#link(node);
  }

  #holds(node: Node): boolean {
    return this.#nodes.has(node) || [...this.#before.values()].some(list => list.includes(node));
  }

  /** Puts `node` into the place of `old`; what was inserted before stays before. */
  replace(old: Node, node: Node): void {
    invariant(this.#holds(old), `node '${old.name}' is in the graph`);
    this.#unlink(old);
    const before = this.#before.get(old);
    this.#before.delete(old);
    if (before !== undefined) this.#before.set(node, before);
    if (this.#nodes.has(old)) {
      const nodes = [...this.#nodes].map(one => (one === old ? node : one));
      this.#nodes.clear();
      for (const one of nodes) this.#nodes.add(one);
    }
    for (const [place, list] of this.#before) {
      if (list.includes(old))
        this.#before.set(
          place,
          list.map(one => (one === old ? node : one)),
        );
    }
    this.#link(node);
  }

  /** Takes a node away. Its outputs must have no readers left when the graph is finished. */
  remove(old: Node): void {
    const before = this.#before.get(old) ?? [];
    this.#before.delete(old);
    this.#unlink(old);
    const list = [...this.#nodes].flatMap(one => (one === old ? before : [one]));
    this.#nodes.clear();
    for (const one of list) this.#nodes.add(one);
    for (const [place, ones] of this.#before) {
      if (ones.includes(old))
        this.#before.set(
          place,
          ones.flatMap(one => (one === old ? before : [one])),
        );
    }
  }

  /** Lets all direct readers of `old` read `value` instead. Bodies of loops and outputs of the graph keep the old name. */
  redirect(old: string, value: string): void {
    for (const node of this.readers(old)) {
      if (!node.inputs.includes(old)) continue;
      this.replace(node, { ...node, inputs: node.inputs.map(name => (name === old ? value : name)) });
    }
  }

  #link(node: Node): void {
    for (const output of node.outputs) {
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

  /** The graph as it is now, without constants that nobody reads. */
  finish(): Graph {
    const { nodes } = this;
    const read = new Set([...nodes.flatMap(namesRead), ...this.#graph.outputs.map(({ name }) => name)]);
    const constants = new Map([...this.#constants].filter(([name]) => read.has(name) || this.isInput(name)));
    return { ...this.#graph, nodes, constants };
  }
}
