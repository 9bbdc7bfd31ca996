// Reductions: over memory by a Reduce operator; over repeats by arithmetic, without writing them out.
import { elementTypes } from '../onnx/element-type.js';
import type { Graph } from '../onnx/graph.js';
import { materializeView, withDims } from './materialize.js';
import { type Atom, sizeOf, type View } from './view.js';

export type Reduction = 'Add' | 'Mul' | 'Max' | 'Min';

const operators: Readonly<Record<Reduction, string>> = {
  Add: 'ReduceSum',
  Mul: 'ReduceProd',
  Max: 'ReduceMax',
  Min: 'ReduceMin',
};

/** Neighbouring atoms merged into runs that are all reduced or all kept. */
function runsOf(atoms: readonly Atom[], reduced: ReadonlySet<Atom>): { reduced: boolean; size: number }[] {
  const runs: { reduced: boolean; size: number }[] = [];
  for (const atom of atoms) {
    const last = runs.at(-1);
    if (last !== undefined && last.reduced === reduced.has(atom)) last.size *= atom.size;
    else runs.push({ reduced: reduced.has(atom), size: atom.size });
  }
  return runs;
}

/** The operator; sums of whole numbers are made in 64 bits and wrap round, where the runtime's own would stay at the limit. */
function reduceNode(
  graph: Graph,
  source: string,
  { axes, by, whole }: { axes: readonly number[]; by: Reduction; whole: boolean },
): string {
  const wide = whole && by === 'Add';
  const input = wide ? graph.node('Cast', [source], { to: elementTypes.int64.onnx }) : source;
  const reduced = graph.node(operators[by], [input, graph.integers(axes)], { keepdims: 0 });
  return wide ? graph.node('Cast', [reduced], { to: elementTypes.int32.onnx }) : reduced;
}

/** Reduces the atoms that have memory; axes are left as they are, so the caller drops what is gone. */
export function reduceAtoms(
  graph: Graph,
  view: View,
  { atoms, by }: { atoms: ReadonlySet<Atom>; by: Reduction },
): View {
  if (!view.atoms.some(atom => atoms.has(atom))) return view;
  const runs = runsOf(view.atoms, atoms);
  const axes = runs.flatMap((run, index) => (run.reduced ? [index] : []));
  const source = withDims(
    graph,
    view,
    runs.map(run => run.size),
  );
  const tensor = reduceNode(graph, source, { axes, by, whole: view.dtype === 'int32' });
  const dims = runs.flatMap(run => (run.reduced ? [] : [run.size]));
  return { ...view, tensor, dims, atoms: view.atoms.filter(atom => !atoms.has(atom)) };
}

/** The view times a number. */
export function scaleView(graph: Graph, view: View, factor: number): View {
  if (factor === 1) return view;
  return { ...view, tensor: graph.node('Mul', [view.tensor, graph.scalar(view.dtype, factor)]) };
}

/** Reduces logical axes and drops them. */
export function reduceView(graph: Graph, view: View, { axes, by }: { axes: readonly number[]; by: Reduction }): View {
  const atoms = new Set(axes.flatMap(axis => view.axes[axis] ?? []));
  const repeats = sizeOf([...atoms].filter(atom => atom.broadcast));
  if (view.literal !== undefined || (repeats > 1 && by === 'Mul')) {
    return reduceView(graph, materializeView(graph, view), { axes, by });
  }
  const reduced = reduceAtoms(graph, view, { atoms, by });
  const scaled = by === 'Add' ? scaleView(graph, reduced, repeats) : reduced;
  return { ...scaled, axes: view.axes.filter((_, axis) => !axes.includes(axis)) };
}
