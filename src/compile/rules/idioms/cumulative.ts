// The idiom of cumulative sums: the tracer sums a masked square of repeats; CumSum goes through the axis once.
import type { Atom } from '../../jaxpr.js';
import type { View } from '../../layout/view.js';
import type { ElementType } from '../../onnx/element-type.js';
import type { Graph } from '../../onnx/graph.js';
import { settle } from '../factor.js';
import { alongAxis } from './along-axis.js';
import { type Facts, type Idiom, literal, type Pattern } from './pattern.js';

/** The numbers of a constant of the recording. */
function numbersOf(graph: Graph, view: View | undefined): number[] | undefined {
  if (view === undefined) return undefined;
  if (view.literal !== undefined) return view.axes.length === 1 ? [view.literal] : undefined;
  const data = graph.constants.get(view.tensor)?.data;
  return data === undefined ? undefined : Array.from<number | bigint, number>(data, Number);
}

/** 0 if entry j is summed into entry i for all j <= i, -1 if for all j < i. */
function diagonalOf(columns: readonly number[], rows: readonly number[]): 0 | -1 | undefined {
  if (!columns.every((value, k) => value === k) || rows.length !== columns.length) return undefined;
  if (rows.every((value, k) => value === k)) return 0;
  return rows.every((value, k) => value === k - 1) ? -1 : undefined;
}

const summable: readonly ElementType[] = ['float32', 'float64', 'int32'];

/** Sums along the last axis, if the mask is a triangle. */
const emit: Idiom['emit'] = ({ graph }, [x, columns, rows]) => {
  const [j, i] = [numbersOf(graph, columns), numbersOf(graph, rows)];
  if (x === undefined || x.literal !== undefined || j === undefined || i === undefined || !summable.includes(x.dtype))
    return undefined;
  const diagonal = diagonalOf(j, i);
  if (diagonal === undefined) return undefined;
  return alongAxis(graph, settle(graph, x), {
    operator: 'CumSum',
    axis: x.axes.length - 1,
    node: position => ({
      more: [graph.scalar('int64', position)],
      attributes: { exclusive: diagonal === -1 ? 1 : 0 },
    }),
  });
};

/** The masked array, and the two arrays of positions that make the mask. */
function maskedRepeat(facts: Facts, atom: Atom | undefined): readonly Atom[] | undefined {
  const chosen = facts.made(atom, 'where');
  const [mask, repeated, zero] = chosen?.inputs ?? [];
  const compared = facts.made(mask, 'compare');
  const repeat = facts.made(repeated, 'broadcast');
  const [columns, rowColumn] = compared?.inputs ?? [];
  const rows = facts.made(rowColumn, 'reshape')?.inputs[0];
  const x = repeat?.inputs[0];
  if (compared?.params.op !== 'less_equal' || literal(zero) !== 0) return undefined;
  if (x === undefined || columns === undefined || rows === undefined) return undefined;
  const axis: unknown = repeat?.params.axis;
  const inserted = x.aval.shape.length - 1;
  const repeats = Array.isArray(axis) && axis.length === 1 && axis[0] === inserted;
  return repeats && `${rowColumn?.aval.shape}` === `${[rows.aval.shape[0], 1]}` ? [x, columns, rows] : undefined;
}

/** Sums over the last axis of where(j <= i, repeats of x, 0). */
export const cumulativeSum: Pattern = (root, facts) => {
  const axis: unknown = root.params.axis;
  const [input] = root.inputs;
  if (root.params.op !== 'Add' || !Array.isArray(axis) || axis.length !== 1) return undefined;
  if (input === undefined || axis[0] !== input.aval.shape.length - 1) return undefined;
  const inputs = maskedRepeat(facts, input);
  return inputs === undefined ? undefined : { inputs, emit };
};
