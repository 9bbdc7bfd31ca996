// Work: what one execution of an operator has to do, counted from shapes: multiply-adds, and bytes that move.
import { bytesOf, type ElementType } from '../../graph/index.js';

export interface Shaped {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
}

/** One execution of an operator, with all its inputs, weights included. */
export interface Execution {
  readonly operator: string;
  readonly inputs: readonly Shaped[];
  readonly outputs: readonly Shaped[];
}

export interface Work {
  /** Multiply-adds of products and convolutions count as two; elementwise work counts none. */
  readonly flops: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

export const elements = (shape: readonly number[]): number => shape.reduce((count, size) => count * size, 1);
const bytes = (list: readonly Shaped[]): number =>
  list.reduce((sum, { dtype, shape }) => sum + bytesOf(dtype, elements(shape)), 0);

/** Matrix products by whatever name: dense, fused, quantized. */
export const isProduct = (operator: string): boolean => /MatMul|Gemm/u.test(operator);
const isConvolution = (operator: string): boolean => /Conv/u.test(operator) && !/Reorder/u.test(operator);

/** rows · inner · columns of a product, over all its batches, from what goes in and comes out: transposes leave it as it is. */
function productOf({ inputs, outputs }: Execution): number {
  const [a, b] = inputs;
  const [out] = outputs;
  if (a === undefined || b === undefined || out === undefined) return 0;
  const batches = elements(out.shape.slice(0, -2));
  // (rows · inner) · (inner · columns) · (rows · columns) is the square of what is wanted, in each batch.
  const perBatch = (shape: readonly number[]): number => elements(shape.slice(-2));
  return batches * Math.sqrt(perBatch(a.shape) * perBatch(b.shape) * perBatch(out.shape));
}

function flopsOf(execution: Execution): number {
  const { operator, inputs, outputs } = execution;
  if (isProduct(operator)) return 2 * productOf(execution);
  const kernel = inputs[1]?.shape;
  const out = outputs[0]?.shape;
  if (!isConvolution(operator) || kernel === undefined || out === undefined) return 0;
  // [outputs, inputs of a group, sizes…]: each result sums over all but the first axis.
  return 2 * elements(out) * elements(kernel.slice(1));
}

export const workOf = (execution: Execution): Work => ({
  flops: flopsOf(execution),
  readBytes: bytes(execution.inputs),
  writtenBytes: bytes(execution.outputs),
});
