// From views to bytes: the tensor of a view in a wanted order of atoms, or whole in logical row-major order.
import { elementTypes } from '../onnx/element-type.js';
import type { Graph } from '../onnx/graph.js';
import { type Atom, freshView, product, sameList, shapeOf, sizeOf, type View } from './view.js';

/** A tensor with the shape that it has in the graph. */
export interface Placed {
  readonly tensor: string;
  readonly dims: readonly number[];
}

/** The same bytes with another shape. */
export function withDims(graph: Graph, { tensor, dims }: Placed, wanted: readonly number[]): string {
  return sameList(dims, wanted) ? tensor : graph.node('Reshape', [tensor, graph.integers(wanted)]);
}

interface Run {
  start: number;
  end: number;
  size: number;
}

/** Runs of atoms that stay neighbours in `order`, in memory order. */
function runsOf(atoms: readonly Atom[], order: readonly Atom[]): Run[] {
  const runs: Run[] = [];
  for (const atom of atoms) {
    const position = order.indexOf(atom);
    const last = runs.at(-1);
    if (last !== undefined && last.end === position - 1) {
      last.end = position;
      last.size *= atom.size;
    } else {
      runs.push({ start: position, end: position, size: atom.size });
    }
  }
  return runs;
}

/** The bytes of `view` with its atoms in `order`; a Transpose only where the order differs. */
export function inOrder(graph: Graph, view: View, order: readonly Atom[]): Placed {
  const runs = runsOf(view.atoms, order);
  const permutation = runs.map((_, index) => index).sort((a, b) => (runs[a]?.start ?? 0) - (runs[b]?.start ?? 0));
  if (permutation.every((from, to) => from === to)) return view;
  const sizes = runs.map(run => run.size);
  const tensor = graph.node('Transpose', [withDims(graph, view, sizes)], { perm: permutation });
  return { tensor, dims: permutation.map(index => sizes[index] ?? 1) };
}

/** Sizes before and after repeating, neighbours of one kind merged. */
function expansion(atoms: readonly Atom[]): { before: number[]; after: number[] } {
  const before: number[] = [];
  const after: number[] = [];
  let last: boolean | undefined;
  for (const atom of atoms) {
    const kept = atom.broadcast ? 1 : atom.size;
    if (last === atom.broadcast) {
      before.push((before.pop() ?? 1) * kept);
      after.push((after.pop() ?? 1) * atom.size);
    } else {
      before.push(kept);
      after.push(atom.size);
    }
    last = atom.broadcast;
  }
  return { before, after };
}

/** Axes of a tensor that the runtime's layouts for images know. */
const mostResized = 4;

/** The runtime counts places along an axis in single precision. */
const longestResized = 2 ** 24;
/** More often than this nothing is resized: what follows an open batch is larger at every size that it is lowered at. */
const mostTimes = 32;

/**
 * Sizes in memory, and how often each element stands in a row, axis by axis; undefined where the innermost elements are not
 * repeated so, or repeats stand before what they repeat. The runtime's Expand writes such repeats one by one: Resize is 5 to 40
 * times as fast. The first axis, which may be open, is never repeated; past 2^24 items of an open batch places along it are inexact.
 */
function repeatsOf({ axes, dtype }: View): { kept: number[]; times: number[] } | undefined {
  const last = axes.length - 1;
  if (dtype !== 'float32' || last < 1 || axes.length > mostResized) return undefined;
  const kept = axes.map(atoms => sizeOf(atoms.filter(atom => !atom.broadcast)));
  const times = axes.map(atoms => sizeOf(atoms.filter(atom => atom.broadcast)));
  const isBehind = axes.every(atoms => atoms.every((atom, k) => atom.broadcast || !atoms[k - 1]?.broadcast));
  const isExact = axes.every((atoms, k) => (times[k] ?? 1) <= mostTimes && sizeOf(atoms) < longestResized);
  const isFine = (kept[last] ?? 1) > 1 && (times[last] ?? 1) > 1 && times[0] === 1;
  return isBehind && isExact && isFine ? { kept, times } : undefined;
}

/** Each element several times in a row, by nearest-neighbour interpolation with whole factors, which is exact. */
function repeatElements(graph: Graph, source: string, times: readonly number[]): string {
  const scales = graph.constant('float32', [times.length], Float32Array.from(times));
  const nearest = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  return graph.node('Resize', [source, '', scales], nearest);
}

/** The view as a tensor of exactly its logical shape, row-major. Repeats are written out here and nowhere else. */
export function materialize(graph: Graph, view: View): string {
  const shape = shapeOf(view);
  const flat = view.axes.flat();
  const placed = inOrder(
    graph,
    view,
    flat.filter(atom => !atom.broadcast),
  );
  if (!flat.some(atom => atom.broadcast)) return withDims(graph, placed, shape);
  const repeats = repeatsOf(view);
  if (repeats !== undefined) return repeatElements(graph, withDims(graph, placed, repeats.kept), repeats.times);
  const { before, after } = expansion(flat);
  const source = placed.dims.length === 0 ? placed.tensor : withDims(graph, placed, before);
  const tensor = graph.node('Expand', [source, graph.integers(after)]);
  return withDims(graph, { tensor, dims: after }, shape);
}

/** A view whose every axis is memory, in logical order. */
export function materializeView(graph: Graph, view: View): View {
  return freshView(materialize(graph, view), shapeOf(view), view.dtype);
}

/** The view in another element type. */
export function castTo(graph: Graph, view: View, dtype: View['dtype']): View {
  if (view.dtype === dtype) return view;
  if (view.literal !== undefined) {
    const literal = dtype === 'bool' ? Number(view.literal !== 0) : view.literal;
    return { ...view, dtype, tensor: graph.scalar(dtype, literal), literal };
  }
  return { ...view, dtype, tensor: graph.node('Cast', [view.tensor], { to: elementTypes[dtype].onnx }) };
}

/** One logical axis as exactly one dimension of a tensor of three. */
export interface Isolated {
  readonly view: View;
  readonly axis: number;
  readonly tensor: string;
  readonly before: readonly Atom[];
  readonly after: readonly Atom[];
  readonly size: number;
}

/** Brings `axis` into one dimension, at index 1 of [before, axis, after], moving bytes only if its atoms are apart. */
export function isolate(graph: Graph, view: View, axis: number): Isolated {
  const atoms = view.axes[axis] ?? [];
  const first = atoms[0];
  const start = first === undefined ? 0 : view.atoms.indexOf(first);
  const together = start >= 0 && atoms.every((atom, index) => view.atoms[start + index] === atom);
  if (!together) return isolate(graph, materializeView(graph, view), axis);
  const before = view.atoms.slice(0, start);
  const after = view.atoms.slice(start + atoms.length);
  const size = sizeOf(atoms);
  return { view, axis, tensor: withDims(graph, view, [sizeOf(before), size, sizeOf(after)]), before, after, size };
}

/** The view in which the isolated axis has been replaced by `axes`, whose atoms stand in its place in memory. */
export function rejoin(isolated: Isolated, tensor: string, sizes: readonly number[]): View {
  const { view, axis, before, after } = isolated;
  const axes = sizes.map(size => (size === 1 ? [] : [{ size, broadcast: false }]));
  return {
    tensor,
    dims: [sizeOf(before), product(sizes), sizeOf(after)],
    atoms: [...before, ...axes.flat(), ...after],
    axes: view.axes.toSpliced(axis, 1, ...axes),
    dtype: view.dtype,
  };
}
