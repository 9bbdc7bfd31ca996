// Blocks: arrays padded with zeros are remembered as blocks along an axis, so that a sum of such arrays is a join and adds no zeros.
import type { Graph } from '../onnx/graph.js';
import { shapeOf, sizeOf, type View } from './view.js';

/** One block along the axis: a view, or zeros. */
export interface Block {
  readonly size: number;
  readonly view: View | undefined;
}

export interface Blocks {
  readonly axis: number;
  readonly blocks: readonly Block[];
}

interface Known extends Blocks {
  /** The axes of the view that was made; another view of the tensor is read in another order. */
  readonly axes: View['axes'];
}

const known = new WeakMap<Graph, Map<string, Known>>();
const mostBlocks = 64;

/** Remembers what `result` is made of. */
export function rememberBlocks(graph: Graph, result: View, { axis, blocks }: Blocks): void {
  if (blocks.length > mostBlocks) return;
  const all = known.get(graph) ?? new Map<string, Known>();
  known.set(graph, all);
  all.set(result.tensor, { axes: result.axes, axis, blocks });
}

/** The blocks of a padded view, or of a sum of such. */
export function blocksOf(graph: Graph, view: View): Blocks | undefined {
  const found = known.get(graph)?.get(view.tensor);
  return found !== undefined && found.axes === view.axes ? found : undefined;
}

/** A view between zeros. */
export function paddedBlocks(
  view: View,
  { axis, before, after }: { axis: number; before: number; after: number },
): Blocks {
  const size = sizeOf(view.axes[axis] ?? []);
  const all = [
    { size: before, view: undefined },
    { size, view },
    { size: after, view: undefined },
  ];
  return { axis, blocks: all.filter(block => block.size > 0) };
}

/** Blocks whose zeros are cut at these places too; undefined if a view would have to be cut. */
function recut({ blocks }: Blocks, ends: readonly number[]): Block[] | undefined {
  const result: Block[] = [];
  let start = 0;
  for (const block of blocks) {
    const end = start + block.size;
    const within = ends.filter(one => one > start && one <= end);
    if (block.view !== undefined && within.length > 1) return undefined;
    let from = start;
    for (const one of within) {
      result.push({ size: one - from, view: block.view });
      from = one;
    }
    start = end;
  }
  return result;
}

function endsOf({ blocks }: Blocks): number[] {
  let end = 0;
  return blocks.map(({ size }) => (end += size));
}

/** Both cut at the same places: pairs of blocks; undefined if they do not fit. */
export function pairedBlocks(x: Blocks, y: Blocks): readonly (readonly [Block, Block])[] | undefined {
  if (x.axis !== y.axis) return undefined;
  const ends = [...new Set([...endsOf(x), ...endsOf(y)])].sort((a, b) => a - b);
  const [left, right] = [recut(x, ends), recut(y, ends)];
  if (left === undefined || right === undefined || left.length !== right.length) return undefined;
  return left.flatMap((block, k) => {
    const other = right[k];
    return other === undefined ? [] : [[block, other] as const];
  });
}

export const sameShape = (x: View, y: View): boolean => `${shapeOf(x)}` === `${shapeOf(y)}`;
