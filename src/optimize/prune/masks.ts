// Masks: which weights stay, by the name of the constant that holds them; made from magnitudes, and applied.
import { GalerkinError } from '../../base/index.js';
import { constantOf, floatsOf, GraphEditor, lengthOf, type Model, tensor } from '../../graph/index.js';
import type { Compressed } from '../compressed.js';
import { constantBehind, type Product, transposed, type Weights } from '../quantize/product.js';
import { compressedOf } from '../quantize/report.js';

/** For each constant, 1 for a weight that stays and 0 for one that goes, in the constant's own order. */
export type Masks = ReadonlyMap<string, Uint8Array>;

/** Keeps all but the `count` smallest of some scores; of equal ones the first go. */
export function keepLargest(scores: Float32Array, count: number): Uint8Array {
  const mask = new Uint8Array(scores.length).fill(1);
  if (count <= 0) return mask;
  const threshold = scores.toSorted()[count - 1] ?? 0;
  let left = count;
  scores.forEach((score, k) => {
    if (score < threshold) {
      mask[k] = 0;
      left--;
    }
  });
  for (let k = 0; k < scores.length && left > 0; k++) {
    if (scores[k] !== threshold) continue;
    mask[k] = 0;
    left--;
  }
  return mask;
}

/** The smallest weights of a matrix go, wherever they are. */
export const magnitudeMask = ({ values }: Weights, ratio: number): Uint8Array =>
  keepLargest(values.map(Math.abs), Math.round(ratio * values.length));

/** Of every `m` weights in turn along the sum, the `n` largest stay; what is left over at the end is kept. */
export function nmMask({ weights, side }: Product, n: number, m: number): Uint8Array {
  const { values, batch, rows, columns } = weights;
  const mask = new Uint8Array(values.length).fill(1);
  // The sum goes down the columns of weights on the right, and along the rows of those on the left.
  const [lines, length, stride] = side === 'right' ? [columns, rows, columns] : [rows, columns, 1];
  for (let b = 0; b < batch; b++) {
    for (let line = 0; line < lines; line++) {
      const start = b * rows * columns + (side === 'right' ? line : line * columns);
      for (let k = 0; k + m <= length; k += m) {
        const at = Array.from({ length: m }, (_, i) => start + (k + i) * stride);
        const kept = keepLargest(
          Float32Array.from(at, i => Math.abs(values[i] ?? 0)),
          m - n,
        );
        at.forEach((i, j) => {
          mask[i] = kept[j] ?? 1;
        });
      }
    }
  }
  return mask;
}

/** Blocks of `height` rows and `width` columns go whole, those of least L2 norm first. */
export function blockMask(
  { values, batch, rows, columns }: Weights,
  { height, width, ratio }: { readonly height: number; readonly width: number; readonly ratio: number },
): Uint8Array {
  const [down, across] = [Math.ceil(rows / height), Math.ceil(columns / width)];
  const blockOf = (k: number): number => {
    const row = Math.floor(k / columns) % rows;
    const stack = Math.floor(k / (rows * columns));
    return (stack * down + Math.floor(row / height)) * across + Math.floor((k % columns) / width);
  };
  const squares = new Float32Array(batch * down * across);
  values.forEach((value, k) => {
    const block = blockOf(k);
    squares[block] = (squares[block] ?? 0) + value * value;
  });
  const kept = keepLargest(squares, Math.round(ratio * squares.length));
  return Uint8Array.from(values, (_, k) => kept[blockOf(k)] ?? 1);
}

/** A mask of a product's weights in the order of its constant. */
export function inOwnOrder(mask: Uint8Array, weights: Weights): Uint8Array {
  if (!weights.isTransposed) return mask;
  return Uint8Array.from(transposed(Float32Array.from(mask), weights));
}

function fail(name: string, wanted: string, got: string): never {
  throw new GalerkinError('OPTIMIZE_INPUT_INVALID', { what: `Mask of '${name}'`, wanted, got });
}

/** Puts new values into a float32 constant, also where a Constant node holds it. */
export function putValues(
  editor: GraphEditor,
  name: string,
  content: { readonly shape: readonly number[]; readonly values: Float32Array },
): void {
  const constant = constantOf(name, 'float32', content);
  const maker = editor.maker(name);
  if (maker === undefined) editor.putConstant(constant);
  else editor.replace(maker, { ...maker, attributes: { value: tensor(constant) } });
}

/**
 * Sets the weights that a mask takes away to zero. After each step of a training, this keeps pruned weights at zero.
 * @throws OPTIMIZE_INPUT_INVALID for a name that no float32 constant has, or a mask of another length.
 */
export function applyMasks(model: Model, masks: Masks): Compressed {
  const editor = new GraphEditor(model.graph);
  for (const [name, mask] of masks) {
    const constant = constantBehind(editor, name);
    if (constant?.dtype !== 'float32') fail(name, 'a float32 constant of that name', constant?.dtype ?? 'none');
    if (lengthOf(constant) !== mask.length) fail(name, `${lengthOf(constant)} values`, `${mask.length}`);
    const values = floatsOf(constant).map((value, k) => (mask[k] === 0 ? 0 : value));
    putValues(editor, name, { shape: constant.shape, values });
  }
  return compressedOf(model, editor.finish(), { method: 'masks', changed: [...masks.keys()], skipped: [] });
}
