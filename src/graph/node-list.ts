// The nodes of a graph in their order, as a linked list: put in, taken out and exchanged in constant time.
import { invariant } from '../base/index.js';
import type { Node } from './model.js';

class Place {
  node: Node | undefined;
  before: Place = this;
  after: Place = this;

  constructor(node?: Node) {
    this.node = node;
  }
}

export class NodeList {
  /** The empty place before the first node and after the last. */
  readonly #ring = new Place();
  readonly #places = new Map<Node, Place>();

  constructor(nodes: readonly Node[]) {
    for (const node of nodes) this.#put(node, this.#ring);
  }

  get size(): number {
    return this.#places.size;
  }

  has(node: Node): boolean {
    return this.#places.has(node);
  }

  /** In order; a copy, so that the list may be changed meanwhile. */
  toArray(): Node[] {
    const nodes: Node[] = [];
    for (let place = this.#ring.after; place.node !== undefined; place = place.after) nodes.push(place.node);
    return nodes;
  }

  insertBefore(next: Node, node: Node): void {
    this.#put(node, this.#placeOf(next));
  }

  append(node: Node): void {
    this.#put(node, this.#ring);
  }

  replace(old: Node, node: Node): void {
    const place = this.#placeOf(old);
    this.#places.delete(old);
    invariant(!this.#places.has(node), `node '${node.name}' is in the graph once`);
    place.node = node;
    this.#places.set(node, place);
  }

  remove(node: Node): void {
    const { before, after } = this.#placeOf(node);
    before.after = after;
    after.before = before;
    this.#places.delete(node);
  }

  #put(node: Node, after: Place): void {
    invariant(!this.#places.has(node), `node '${node.name}' is in the graph once`);
    const place = new Place(node);
    place.before = after.before;
    place.after = after;
    after.before.after = place;
    after.before = place;
    this.#places.set(node, place);
  }

  #placeOf(node: Node): Place {
    const place = this.#places.get(node);
    invariant(place !== undefined, `node '${node.name}' is in the graph`);
    return place;
  }
}
