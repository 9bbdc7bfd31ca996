// The rows of one execution: each request with its controls and states, blank rows between them where rows are slots, joined.
import type { Tensor } from '../../base/index.js';
import type { Tensors } from '../backends/backend.js';
import { itemsOf } from '../batching/tensor-view.js';
import { joinItems } from '../tensors/bytes.js';
import { type Marks, writeControls } from './control-tensors.js';
import { zeros } from './data-tensor.js';
import { writeStates } from './implicit-state.js';
import type { Turn } from './sequence.js';
import type { SequencePlan } from './sequence-plan.js';

const blankMarks: Marks = Object.freeze({ start: false, end: false, ready: false, id: '0' });

/** The inputs of a request as the model takes them. */
export function rowOf(turn: Turn, { controls, states }: SequencePlan): Tensors {
  const row: Record<string, Tensor> = { ...turn.work.inputs };
  const { start, end, id, sequence } = turn;
  writeControls(controls, { start, end, ready: true, id }, row);
  writeStates(states, start ? undefined : sequence?.state, row);
  return row;
}

/** A row that holds no request: zeros in the shapes of one that does, and READY is false. */
export function blankRow(like: Tensors, { controls }: SequencePlan): Tensors {
  const row: Record<string, Tensor> = {};
  for (const name in like) {
    const tensor = like[name];
    if (tensor !== undefined) row[name] = zeros(tensor.dtype, tensor.shape);
  }
  writeControls(controls, blankMarks, row);
  return row;
}

/** Rows of equal shapes as one batch; a single one as it is. */
export function joinRows(rows: readonly Tensors[]): Tensors {
  const [first] = rows;
  if (first === undefined || rows.length === 1) return first ?? {};
  const joined: Record<string, Tensor> = {};
  for (const name in first) {
    joined[name] = joinItems(rows.flatMap(row => (row[name] === undefined ? [] : [row[name]])));
  }
  return joined;
}

/** True if every tensor has an entry for each row. */
export function fallsApart(tensors: Tensors, rows: number): boolean {
  return Object.values(tensors).every(({ shape }) => shape[0] === rows);
}

/** Of the tensors that `takes` names, the part of one row. Numbers are views on the batch's memory. */
export function rowFrom(
  tensors: Tensors,
  { row, rows }: { readonly row: number; readonly rows: number },
  takes: (name: string) => boolean,
): Tensors {
  const own: Record<string, Tensor> = {};
  for (const name in tensors) {
    const tensor = tensors[name];
    if (tensor !== undefined && takes(name)) own[name] = rows === 1 ? tensor : itemsOf(tensor, row, 1);
  }
  return own;
}
