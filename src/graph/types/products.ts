// Types of matrix products: MatMul with its batch axes, Gemm, and the runtime's quantized and fused ones.
import { intOf, textOf } from '../attributes.js';
import type { ElementType } from '../element-type.js';
import type { Dimension } from '../model.js';
import { type Call, type Rule, type Rules, type Shape, typed } from './rule.js';
import { broadcastShapes } from './shape.js';

const swapped = (shape: Shape, isSwapped: boolean): Shape =>
  isSwapped && shape.length >= 2 ? [...shape.slice(0, -2), shape.at(-1), shape.at(-2)] : shape;

/** The shape of a product, where vectors count as a row or a column that is dropped afterwards. */
export function productShape(left: Shape | undefined, right: Shape | undefined): Shape | undefined {
  if (left === undefined || right === undefined || left.length === 0 || right.length === 0) return undefined;
  const batch = broadcastShapes([left.slice(0, -2), right.slice(0, -2)]);
  if (batch === undefined) return undefined;
  const rows: Dimension[] = left.length > 1 ? [left.at(-2)] : [];
  const columns: Dimension[] = right.length > 1 ? [right.at(-1)] : [];
  return [...batch, ...rows, ...columns];
}

const matMul =
  (dtypeOf: (call: Call) => ElementType | undefined, right = 1): Rule =>
  call => [typed(dtypeOf(call), productShape(call.inputs[0]?.shape, call.inputs[right]?.shape))];

const fusedMatMul: Rule = ({ node, inputs }) => {
  const [left, right] = [inputs[0]?.shape, inputs[1]?.shape];
  const isBatched = intOf(node, 'transBatchA', 0) === 1 || intOf(node, 'transBatchB', 0) === 1;
  if (left === undefined || right === undefined || isBatched) return [typed(inputs[0]?.dtype, undefined)];
  const a = swapped(left, intOf(node, 'transA', 0) === 1);
  const b = swapped(right, intOf(node, 'transB', 0) === 1);
  return [typed(inputs[0]?.dtype, productShape(a, b))];
};

const gemm: Rule = ({ node, inputs }) => {
  const [left, right] = [inputs[0]?.shape, inputs[1]?.shape];
  const rows = left?.[intOf(node, 'transA', 0) === 1 ? 1 : 0];
  const columns = right?.[intOf(node, 'transB', 0) === 1 ? 0 : 1];
  return [typed(inputs[0]?.dtype, [rows, columns])];
};

const matMulNBits: Rule = ({ node, inputs }) => [
  typed(inputs[0]?.dtype, inputs[0]?.shape && [...inputs[0].shape.slice(0, -1), intOf(node, 'N')]),
];

const einsum: Rule = ({ node, inputs }) => {
  const [left = '', right] = textOf(node, 'equation', '').replaceAll(' ', '').split('->');
  const unknown = [typed(inputs[0]?.dtype, undefined)];
  if (right === undefined || left.includes('.')) return unknown;
  const sizes = new Map<string, Dimension>();
  for (const [at, letters] of left.split(',').entries()) {
    const shape = inputs[at]?.shape;
    [...letters].forEach((letter, axis) => {
      const size = shape?.[axis];
      if (size !== undefined && (!sizes.has(letter) || sizes.get(letter) === 1)) sizes.set(letter, size);
    });
  }
  return [
    typed(
      inputs[0]?.dtype,
      [...right].map(letter => sizes.get(letter)),
    ),
  ];
};

const first = ({ inputs }: Call): ElementType | undefined => inputs[0]?.dtype;

export const productRules: Rules = {
  MatMul: matMul(first),
  FusedMatMul: fusedMatMul,
  Gemm: gemm,
  FusedGemm: gemm,
  MatMulInteger: matMul(() => 'int32'),
  MatMulIntegerToFloat: matMul(() => 'float32'),
  DynamicQuantizeMatMul: matMul(() => 'float32'),
  QLinearMatMul: matMul(({ inputs }) => inputs[7]?.dtype, 3),
  MatMulNBits: matMulNBits,
  Einsum: einsum,
};
