// The legs of a contraction: each aligned piece is batch (both operands), row (left), column (right) or inner (summed).
import type { Graph } from '../onnx/graph.js';
import { type Alignment, align, type Piece } from './align.js';
import { reduceAtoms } from './reduce.js';
import { type Atom, sizeOf, type View } from './view.js';

export type Role = 'batch' | 'row' | 'column' | 'inner';

export interface Leg {
  readonly role: Role;
  readonly size: number;
}

/** One operand: its view and its legs in memory order. */
export interface Operand {
  readonly view: View;
  readonly legs: readonly Leg[];
  readonly atomOf: ReadonlyMap<Leg, Atom>;
}

export interface Contraction {
  readonly left: Operand;
  readonly right: Operand;
  /** Legs of each output axis; undefined where neither operand has memory. */
  readonly axes: readonly (readonly { readonly size: number; readonly leg: Leg | undefined }[])[];
  /** How often the whole sum repeats: sizes of inner pieces without memory in either operand. */
  readonly repeats: number;
}

function roleOf([left, right]: readonly (Atom | undefined)[], inner: boolean): Role | undefined {
  if (left !== undefined && right !== undefined) return inner ? 'inner' : 'batch';
  if (inner || (left === undefined && right === undefined)) return undefined;
  return left === undefined ? 'column' : 'row';
}

/** Sums, before the product, the inner pieces that only this operand has memory for; its last axis keeps the shared ones. */
function presum(graph: Graph, view: View, { inner, side }: { inner: readonly Piece[]; side: 0 | 1 }): View {
  const lonely = inner.flatMap(piece => (piece.atoms[1 - side] === undefined ? (piece.atoms[side] ?? []) : []));
  const summed = reduceAtoms(graph, view, { atoms: new Set(lonely), by: 'Add' });
  if (view.axes.length === 0) return summed;
  const shared = inner.flatMap(piece => (piece.atoms[1 - side] === undefined ? [] : (piece.atoms[side] ?? [])));
  return { ...summed, axes: view.axes.with(-1, shared) };
}

function operandOf(view: View, { pieces, side }: { pieces: ReadonlyMap<Piece, Leg>; side: 0 | 1 }): Operand {
  const legOf = new Map<Atom, Leg>();
  const atomOf = new Map<Leg, Atom>();
  for (const [piece, leg] of pieces) {
    const atom = piece.atoms[side];
    if (atom === undefined) continue;
    legOf.set(atom, leg);
    atomOf.set(leg, atom);
  }
  return { view, legs: view.atoms.flatMap(atom => legOf.get(atom) ?? []), atomOf };
}

/** Reads sum(x * y) over the last axis, shapes broadcast, as a contraction. */
export function contractionOf(graph: Graph, inputs: readonly [View, View]): Contraction {
  const { views, axes }: Alignment = align(graph, inputs);
  const [x = inputs[0], y = inputs[1]] = views;
  const inner = axes.at(-1) ?? [];
  const legs = new Map<Piece, Leg>();
  for (const piece of axes.flat()) {
    const role = roleOf(piece.atoms, inner.includes(piece));
    if (role !== undefined) legs.set(piece, { role, size: piece.size });
  }
  return {
    left: operandOf(presum(graph, x, { inner, side: 0 }), { pieces: legs, side: 0 }),
    right: operandOf(presum(graph, y, { inner, side: 1 }), { pieces: legs, side: 1 }),
    axes: axes.slice(0, -1).map(pieces => pieces.map(piece => ({ size: piece.size, leg: legs.get(piece) }))),
    repeats: sizeOf(inner.filter(piece => piece.atoms.every(atom => atom === undefined))),
  };
}
