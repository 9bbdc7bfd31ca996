// Which operators can stay in whole numbers between two quantized products, so that nothing goes to float32 and back.
import type { Node } from '../../graph/index.js';

/** Operators that only move values: their output has the scale of their input. */
const movers = new Set(['Reshape', 'Transpose', 'Flatten', 'Squeeze', 'Unsqueeze', 'MaxPool']);
/** Operators for which the runtime has a kernel of whole numbers. */
const arithmetic = new Set([
  'Add',
  'Mul',
  'Sigmoid',
  'LeakyRelu',
  'AveragePool',
  'GlobalAveragePool',
  'Concat',
  'Relu',
]);
const products = new Set(['MatMul', 'Gemm', 'Conv', 'FusedMatMul']);

export const isMover = ({ operator, domain }: Node): boolean => domain === '' && movers.has(operator);

export const isBetween = (node: Node): boolean =>
  isMover(node) || (node.domain === '' && arithmetic.has(node.operator));

/** Whether static quantization may round what this node reads or makes. */
export const quantizable = (node: Node): boolean =>
  isBetween(node) || ((node.domain === '' || node.domain === 'com.microsoft') && products.has(node.operator));

/** The inputs that are data; the rest are shapes and axes. */
export const dataInputs = (node: Node): readonly string[] =>
  node.operator === 'Add' || node.operator === 'Mul' || node.operator === 'Concat'
    ? node.inputs
    : node.inputs.slice(0, 1);
