// Contractions: sum(x * y) over the last axis becomes one batched matrix product; broadcast operands are never written out.
import { invariant } from '../../base/index.js';
import type { Graph } from '../onnx/graph.js';
import { type DotPlan, planDot } from './dot-plan.js';
import { elementwise } from './elementwise.js';
import { type Contraction, contractionOf, type Leg, type Operand, type Role } from './legs.js';
import { inOrder, withDims } from './materialize.js';
import { reduceView, scaleView } from './reduce.js';
import { atomOf, sizeOf, type View } from './view.js';

/** A run of batch legs that the same operands have. */
interface BatchGroup {
  readonly left: boolean;
  readonly right: boolean;
  readonly summed: boolean;
  readonly legs: Leg[];
}

function batchGroups(plan: DotPlan): BatchGroup[] {
  const groups: BatchGroup[] = [];
  for (const leg of plan.batch) {
    const left = plan.left.batch.includes(leg);
    const right = plan.right.batch.includes(leg);
    const summed = leg.role === 'inner';
    const last = groups.at(-1);
    if (last?.left === left && last.right === right && last.summed === summed) last.legs.push(leg);
    else groups.push({ left, right, summed, legs: [leg] });
  }
  return groups;
}

/** The operand's bytes in the planned order, with the planned dimensions. */
function placeOperand(
  graph: Graph,
  operand: Operand,
  { order, dims }: { order: readonly Leg[]; dims: readonly number[] },
): string {
  const atoms = order.flatMap(leg => operand.atomOf.get(leg) ?? []);
  return withDims(graph, inOrder(graph, operand.view, atoms), dims);
}

interface Factor {
  readonly tensor: string;
  readonly transposed: boolean;
  readonly rank: number;
}

/** MatMul, with transposes folded in where the runtime has a kernel for it. */
function matmul(graph: Graph, a: Factor, { b, fused }: { b: Factor; fused: boolean }): string {
  if (!a.transposed && !b.transposed) return graph.node('MatMul', [a.tensor, b.tensor]);
  if (fused) {
    return graph.node('FusedMatMul', [a.tensor, b.tensor], {
      transA: Number(a.transposed),
      transB: Number(b.transposed),
    });
  }
  const flipped = ({ tensor, transposed, rank }: Factor): string => {
    const perm = Array.from({ length: rank }, (_, axis) => axis);
    perm.splice(-2, 2, rank - 1, rank - 2);
    return transposed ? graph.node('Transpose', [tensor], { perm }) : tensor;
  };
  return graph.node('MatMul', [flipped(a), flipped(b)]);
}

/** Whether to compute the transposed product: a single column becomes a row, else the larger operand's free axes stay. */
function isSwapped({ left, right }: Contraction, plan: DotPlan): boolean {
  if (plan.columns === 1 || plan.rows === 1) return plan.columns === 1;
  return sizeOf(left.legs) >= sizeOf(right.legs) ? plan.left.innerFirst : !plan.right.innerFirst;
}

/** Emits the planned product; the larger operand's free axes keep their place in memory. */
function emitDot(
  graph: Graph,
  contraction: Contraction,
  plan: DotPlan,
): { tensor: string; dims: number[]; legs: Leg[] } {
  const { left, right } = contraction;
  const groups = batchGroups(plan);
  const stack = (side: 'left' | 'right'): number[] => groups.map(group => (group[side] ? sizeOf(group.legs) : 1));
  const matrix = (outer: number, innerFirst: boolean): number[] =>
    innerFirst ? [plan.inner, outer] : [outer, plan.inner];
  const rank = groups.length + 2;
  const x = placeOperand(graph, left, {
    order: plan.left.order,
    dims: [...stack('left'), ...matrix(plan.rows, plan.left.innerFirst)],
  });
  const y = placeOperand(graph, right, {
    order: plan.right.order,
    dims: [...stack('right'), ...matrix(plan.columns, plan.right.innerFirst)],
  });
  const swap = isSwapped(contraction, plan);
  const fused = left.view.dtype === 'float32';
  const tensor = swap
    ? matmul(
        graph,
        { tensor: y, transposed: plan.right.innerFirst, rank },
        { b: { tensor: x, transposed: !plan.left.innerFirst, rank }, fused },
      )
    : matmul(
        graph,
        { tensor: x, transposed: plan.left.innerFirst, rank },
        { b: { tensor: y, transposed: !plan.right.innerFirst, rank }, fused },
      );
  graph.matmulFlops += 2 * sizeOf(plan.batch) * plan.rows * plan.columns * plan.inner;
  const free = swap ? [...plan.right.free, ...plan.left.free] : [...plan.left.free, ...plan.right.free];
  const matrixDims = swap ? [plan.columns, plan.rows] : [plan.rows, plan.columns];
  return sumGroups(graph, groups, { tensor, matrixDims, legs: [...plan.batch, ...free] });
}

/** Sums the batch dimensions that were split off the inner ones. */
function sumGroups(
  graph: Graph,
  groups: readonly BatchGroup[],
  { tensor, matrixDims, legs }: { tensor: string; matrixDims: readonly number[]; legs: Leg[] },
): { tensor: string; dims: number[]; legs: Leg[] } {
  const summed = groups.flatMap((group, index) => (group.summed ? [index] : []));
  const kept = groups.filter(group => !group.summed).map(group => sizeOf(group.legs));
  const reduced =
    summed.length === 0 ? tensor : graph.node('ReduceSum', [tensor, graph.integers(summed)], { keepdims: 0 });
  return { tensor: reduced, dims: [...kept, ...matrixDims], legs: legs.filter(leg => leg.role !== 'inner') };
}

/** True where a matrix product would only multiply numbers: nothing to sum and one side whole, or single rows against single columns. */
function isElementwise({ left, right }: Contraction): boolean {
  const has = (role: Role): boolean =>
    left.legs.some(leg => leg.role === role) || right.legs.some(leg => leg.role === role);
  if (!has('inner')) return !(has('row') && has('column'));
  return has('batch') && !has('row') && !has('column');
}

/** sum(x * y) over the last axis, shapes broadcast. */
export function dotView(graph: Graph, inputs: readonly [View, View]): View {
  const contraction = contractionOf(graph, inputs);
  const { left, right } = contraction;
  if (isElementwise(contraction)) {
    const multiplied = elementwise(graph, 'Mul', { inputs: [left.view, right.view], dtype: left.view.dtype });
    const summed = reduceView(graph, multiplied, { axes: [multiplied.axes.length - 1], by: 'Add' });
    return scaleView(graph, summed, contraction.repeats);
  }
  const plan = planDot({ left: left.legs, right: right.legs });
  invariant(plan !== undefined, 'every contraction has a plan');
  const { tensor, dims, legs } = emitDot(graph, contraction, plan);
  const made = new Map(legs.map(leg => [leg, atomOf(leg.size)]));
  const axes = contraction.axes.map(pieces =>
    pieces.map(({ size, leg }) => (leg === undefined ? undefined : made.get(leg)) ?? atomOf(size, true)),
  );
  const view = { tensor, dims, atoms: legs.flatMap(leg => made.get(leg) ?? []), axes, dtype: left.view.dtype };
  return scaleView(graph, view, contraction.repeats);
}
