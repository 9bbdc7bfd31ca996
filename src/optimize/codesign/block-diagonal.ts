// Block-diagonal weights with a remainder of low rank: a product becomes a stack of small dense products, and two thin ones.
import { integerOption, optionSchema, resolveOptions, seededRandom } from '../../base/index.js';
import {
  type Constant,
  floatOf,
  floatsOf,
  type Graph,
  GraphEditor,
  intOf,
  ints,
  type Model,
  type Node,
} from '../../graph/index.js';
import type { Compressed } from '../compressed.js';
import { rankOf } from '../quantize/product.js';
import { compressedOf } from '../quantize/report.js';
import { dot, largestEigenpairs } from './symmetric-eigen.js';

export const blockDiagonalOptions = optionSchema({
  blocks: integerOption({
    doc: 'Blocks on the diagonal; both sides of a weight must divide by it.',
    default: 4,
    min: 2,
    max: 1024,
  }),
  rank: integerOption({
    doc: 'Rank of the remainder that is kept beside the blocks; 0 for none.',
    default: 0,
    min: 0,
    max: 1024,
  }),
  leastWeights: integerOption({ doc: 'Smaller weights are left alone.', default: 4096, min: 1, max: 2 ** 31 }),
});

export interface BlockDiagonalOptions {
  /** Both sides of a weight must divide by it. @default 4 */
  readonly blocks?: number;
  /** Rank of the remainder that is kept beside the blocks; 0 for none. @default 0 */
  readonly rank?: number;
  /** Smaller weights are left alone. @default 4096 */
  readonly leastWeights?: number;
}

interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** The weight of a product as [inner, outer], or why it is not one. */
function weightOf(node: Node, editor: GraphEditor): Matrix | string {
  const isProduct =
    (node.operator === 'MatMul' && node.domain === '') || (node.operator === 'Gemm' && intOf(node, 'transA', 0) === 0);
  if (!isProduct) return '';
  const constant = editor.constant(node.inputs[1] ?? '');
  if (constant === undefined) return 'its weights are computed or fed';
  if (constant.dtype !== 'float32' || constant.shape.length !== 2) return 'its weights are no float32 matrix';
  if (node.operator === 'Gemm' && (floatOf(node, 'alpha', 1) !== 1 || floatOf(node, 'beta', 1) !== 1))
    return 'it scales its result';
  return intOf(node, 'transB', 0) === 1 ? transposed(constant) : matrix(constant);
}

const matrix = (constant: Constant): Matrix => ({
  rows: constant.shape[0],
  columns: constant.shape[1],
  values: floatsOf(constant),
});

function transposed(constant: Constant): Matrix {
  const [columns, rows] = constant.shape;
  const from = floatsOf(constant);
  const values = Float32Array.from(
    { length: from.length },
    (_, at) => from[(at % columns) * rows + Math.floor(at / columns)],
  );
  return { rows, columns, values };
}

/** The blocks, [blocks, rows / blocks, columns / blocks], and what is left of the matrix without them. */
function parted({ rows, columns, values }: Matrix, blocks: number): { diagonal: Float32Array; rest: Matrix } {
  const [height, width] = [rows / blocks, columns / blocks];
  const diagonal = new Float32Array(blocks * height * width);
  const rest = values.slice();
  for (let row = 0; row < rows; row++) {
    const block = Math.floor(row / height);
    const start = row * columns + block * width;
    diagonal.set(values.subarray(start, start + width), row * width);
    rest.fill(0, start, start + width);
  }
  return { diagonal, rest: { rows, columns, values: rest } };
}

/** The best approximation of low rank (Eckart & Young 1936), as [rows, rank] times [rank, columns]. */
export function lowRank({ rows, columns, values }: Matrix, rank: number): { left: Float32Array; right: Float32Array } {
  const times = (x: Float64Array): Float64Array =>
    Float64Array.from({ length: rows }, (_, r) => {
      let sum = 0;
      for (let c = 0, at = r * columns; c < columns; c++, at++) sum += values[at] * x[c];
      return sum;
    });
  const back = (y: Float64Array): Float64Array => {
    const x = new Float64Array(columns);
    for (let r = 0, at = 0; r < rows; r++) for (let c = 0; c < columns; c++, at++) x[c] += values[at] * y[r];
    return x;
  };
  const steps = Math.min(columns, 2 * rank + 40);
  const pairs = largestEigenpairs(x => back(times(x)), columns, { count: rank, steps, random: seededRandom(1) });
  const left = new Float32Array(rows * rank);
  const right = new Float32Array(rank * columns);
  pairs.forEach(({ vector }, k) => {
    if (dot(vector, vector) === 0) return;
    right.set(Float32Array.from(vector), k * columns);
    times(vector).forEach((value, r) => {
      left[r * rank + k] = value;
    });
  });
  return { left, right };
}

interface Place {
  readonly graph: Graph;
  readonly editor: GraphEditor;
  readonly node: Node;
  readonly name: string;
}

/** x [..., rows] by blocks: rows apart, blocks to the front, the products, and all of it back. */
function blockProduct(
  { editor, node, name }: Place,
  { rows, columns }: Matrix,
  { diagonal, blocks }: { diagonal: Float32Array; blocks: number },
): string {
  const shape = (values: number[]): string =>
    editor.addConstant(`${name}_shape`, 'int64', { shape: [values.length], values });
  const insert = (operator: string, inputs: string[], attributes = {}): string =>
    editor.insertBefore(node, { operator, inputs, attributes });
  const weights = editor.addConstant(`${name}_blocks`, 'float32', {
    shape: [blocks, rows / blocks, columns / blocks],
    values: diagonal,
  });
  const apart = insert('Reshape', [node.inputs[0] ?? '', shape([-1, blocks, rows / blocks])]);
  const stacked = insert('Transpose', [apart], { perm: ints([1, 0, 2]) });
  const products = insert('Transpose', [insert('MatMul', [stacked, weights])], { perm: ints([1, 0, 2]) });
  return insert('Reshape', [products, shape([-1, columns])]);
}

/** The shape of the product's answer, for any batch: all axes of the input but the last, then `columns`. */
function asBefore({ graph, editor, node, name }: Place, flat: string, columns: number): string {
  if (node.operator === 'Gemm' || rankOf(graph, node.inputs[0] ?? '') === 2) return flat;
  const one = (value: number): string => editor.addConstant(`${name}_end`, 'int64', { shape: [1], values: [value] });
  const insert = (operator: string, inputs: string[], attributes = {}): string =>
    editor.insertBefore(node, { operator, inputs, attributes });
  const sizes = insert('Slice', [insert('Shape', [node.inputs[0] ?? '']), one(0), one(-1)]);
  const shape = insert('Concat', [sizes, one(columns)], { axis: { kind: 'int', value: 0n } });
  return insert('Reshape', [flat, shape]);
}

function rewrite(place: Place, weight: Matrix, { blocks, rank }: { blocks: number; rank: number }): void {
  const { editor, node, name } = place;
  const { diagonal, rest } = parted(weight, blocks);
  let answer = asBefore(place, blockProduct(place, weight, { diagonal, blocks }), weight.columns);
  if (rank > 0) {
    const { left, right } = lowRank(rest, rank);
    const u = editor.addConstant(`${name}_left`, 'float32', { shape: [weight.rows, rank], values: left });
    const v = editor.addConstant(`${name}_right`, 'float32', { shape: [rank, weight.columns], values: right });
    const thin = editor.insertBefore(node, { operator: 'MatMul', inputs: [node.inputs[0] ?? '', u] });
    const remainder = editor.insertBefore(node, { operator: 'MatMul', inputs: [thin, v] });
    answer = editor.insertBefore(node, { operator: 'Add', inputs: [answer, remainder] });
  }
  const bias = node.operator === 'Gemm' ? (node.inputs[2] ?? '') : '';
  const end = { name: node.name, domain: '', outputs: node.outputs, attributes: {} };
  editor.replace(
    node,
    bias === ''
      ? { ...end, operator: 'Identity', inputs: [answer] }
      : { ...end, operator: 'Add', inputs: [answer, bias] },
  );
}

/**
 * Every MatMul by a constant matrix, and every Gemm, keeps only blocks on the diagonal of its weights, beside an optional
 * remainder of low rank. Multiplications fall to 1/blocks (and 2·rank/side); what lay outside is lost, so put strong
 * weights into the blocks first (codesign). The new nodes are ordinary dense products. Pure; cost O(weights·rank).
 * @throws OPTIONS_INVALID
 */
export function blockDiagonal(model: Model, options: BlockDiagonalOptions = {}): Compressed {
  const { blocks, rank, leastWeights } = resolveOptions('blockDiagonal', blockDiagonalOptions, options);
  const editor = new GraphEditor(model.graph);
  const changed: string[] = [];
  const skipped: { node: string; reason: string }[] = [];
  for (const node of editor.nodes) {
    const weight = weightOf(node, editor);
    if (weight === '') continue;
    const name = node.name || (node.outputs[0] ?? '');
    const reason = typeof weight === 'string' ? weight : faultOf(weight, { blocks, rank, leastWeights });
    if (typeof weight === 'string' || reason !== undefined) skipped.push({ node: name, reason: reason ?? '' });
    else {
      rewrite({ graph: model.graph, editor, node, name }, weight, { blocks, rank });
      changed.push(name);
    }
  }
  const method = `${blocks} diagonal blocks${rank === 0 ? '' : ` and a remainder of rank ${rank}`}`;
  return compressedOf(model, editor.finish(), { method, changed, skipped });
}

function faultOf(
  { rows, columns }: Matrix,
  { blocks, rank, leastWeights }: Required<BlockDiagonalOptions>,
): string | undefined {
  if (rows * columns < leastWeights) return `${rows * columns} weights are fewer than ${leastWeights}`;
  if (rows % blocks !== 0 || columns % blocks !== 0)
    return `${rows} x ${columns} does not divide into ${blocks} blocks`;
  if (rank >= Math.min(rows, columns)) return `rank ${rank} is no less than the smaller side of ${rows} x ${columns}`;
  const kept = (rows * columns) / blocks + rank * (rows + columns);
  return kept < rows * columns ? undefined : 'blocks and remainder are no smaller than the weights';
}
