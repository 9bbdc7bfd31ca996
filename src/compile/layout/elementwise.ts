// Elementwise operators: computed in the memory order of the largest operand; repeats become dimensions of size 1.

import type { ElementType } from '../onnx/element-type.js';
import type { Attributes, Graph } from '../onnx/graph.js';
import { align, type Piece } from './align.js';
import { inOrder, type Placed, withDims } from './materialize.js';
import { type Atom, atomOf, sameList, sizeOf, type View } from './view.js';

interface Group {
  /** Which operands have memory along it. */
  readonly present: readonly boolean[];
  readonly pieces: Piece[];
}

const isPresent = (piece: Piece): boolean => piece.atoms.some(atom => atom !== undefined);

/** All pieces with memory: in the order of operand `reference`, the rest behind their neighbours. */
function memoryOrder(all: readonly Piece[], reference: readonly Atom[], operand: number): Piece[] {
  const order = reference.flatMap(atom => all.filter(piece => piece.atoms[operand] === atom));
  all.forEach((piece, index) => {
    if (order.includes(piece) || !isPresent(piece)) return;
    const before = all.slice(0, index).findLast(other => order.includes(other));
    order.splice(before === undefined ? 0 : order.indexOf(before) + 1, 0, piece);
  });
  return order;
}

/** Neighbours that the same operands have become one dimension. */
function groupsOf(order: readonly Piece[]): Group[] {
  const groups: Group[] = [];
  for (const piece of order) {
    const present = piece.atoms.map(atom => atom !== undefined);
    const last = groups.at(-1);
    if (last?.present.every((value, k) => value === present[k])) last.pieces.push(piece);
    else groups.push({ present, pieces: [piece] });
  }
  return groups;
}

/**
 * The shape that arrays of one order in memory are computed in: the one that most have already. A flat one only if
 * all are flat: the runtime takes what is added to a flat array for a bias, and computes that on one thread.
 */
function commonDims(all: readonly (readonly number[])[]): readonly number[] {
  const votes = (dims: readonly number[]): number =>
    all.filter(other => sameList(other, dims)).length + (dims.length > 1 ? all.length : 0);
  return all.reduce((best, dims) => (votes(dims) > votes(best) ? dims : best));
}

/** Operands in one order of pieces: the tensors to compute with, and the shape of the result. */
function placeOperands(
  graph: Graph,
  views: readonly View[],
  groups: readonly Group[],
): { names: string[]; dims: readonly number[] } {
  const placed = views.map((view, k): Placed => {
    if (view.literal !== undefined) return view;
    return inOrder(
      graph,
      view,
      groups.flatMap(group => group.pieces).flatMap(piece => piece.atoms[k] ?? []),
    );
  });
  const arrays = placed.filter((_, k) => views[k]?.literal === undefined);
  const whole = groups.every(group => group.present.every((present, k) => present || views[k]?.literal !== undefined));
  if (whole && arrays.length > 0) {
    const dims = commonDims(arrays.map(array => array.dims));
    const named = placed.map((one, k) => (views[k]?.literal === undefined ? withDims(graph, one, dims) : one.tensor));
    return { names: named, dims };
  }
  const names = placed.map((one, k) => {
    if (views[k]?.literal !== undefined) return one.tensor;
    const dims = groups.map(group => (group.present[k] ? sizeOf(group.pieces) : 1));
    while (dims.length > 1 && dims[0] === 1) dims.shift();
    return withDims(graph, one, dims);
  });
  return { names, dims: groups.map(group => sizeOf(group.pieces)) };
}

/** Applies `operator` to operands that broadcast against each other. */
export function elementwise(
  graph: Graph,
  operator: string,
  { inputs, dtype, attributes = {} }: { inputs: readonly View[]; dtype: ElementType; attributes?: Attributes },
): View {
  const { views, axes } = align(graph, inputs);
  const sizes = views.map(view => sizeOf(view.atoms));
  const operand = sizes.indexOf(Math.max(...sizes));
  const order = memoryOrder(axes.flat(), views[operand]?.atoms ?? [], operand);
  const groups = groupsOf(order);
  const { names, dims } = placeOperands(graph, views, groups);
  const made = new Map(order.map(piece => [piece, atomOf(piece.size)]));
  return {
    tensor: graph.node(operator, names, attributes),
    dims,
    atoms: order.flatMap(piece => made.get(piece) ?? []),
    axes: axes.map(pieces => pieces.map(piece => made.get(piece) ?? atomOf(piece.size, true))),
    dtype,
  };
}
