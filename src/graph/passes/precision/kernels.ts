// Which operators change their type: what the runtime's CPU has kernels for in the smaller type, and what must not be rounded.
import { elementTypes } from '../../element-type.js';
import type { Node } from '../../model.js';
import type { Narrowing } from './options.js';

/**
 * Operators that the runtime's CPU provider computes in float16 itself. For all others it would put casts to float32 around each node.
 * Found by opening every one-node conformance model in float16 and looking for such casts; the tests hold the table to that.
 * They move numbers or compare them: what calculates is not among them.
 */
export const halfKernels = {
  runtime: 'onnxruntime-node 1.30.0',
  processor: 'x64',
  found: '2026-11-22',
  operators: new Set([
    ...['Cast', 'Clip', 'Compress', 'Concat', 'Constant', 'ConstantOfShape'],
    ...['Expand', 'Flatten', 'Gather', 'GatherElements', 'GatherND', 'Identity'],
    ...['IsNaN', 'Max', 'Min', 'Mod', 'Reshape', 'ReverseSequence'],
    ...['Round', 'Scatter', 'ScatterElements', 'ScatterND', 'Shape', 'Shrink'],
    ...['Sign', 'Slice', 'Split', 'Squeeze', 'Transpose', 'Unsqueeze'],
  ]),
} as const;

/** Numbers from which these make sizes, indices or steps stay as they are: rounding them would change shapes or whole grids. */
const exact = new Set(['Range', 'Resize', 'Upsample', 'QuantizeLinear', 'DequantizeLinear', 'NonMaxSuppression']);

export const wantsExact = ({ domain, operator }: Node): boolean =>
  (domain === '' && exact.has(operator)) || operator === 'MatMulNBits';

const makesWide = ({ operator, attributes }: Node, { from }: Narrowing): boolean =>
  operator === 'Cast' && attributes.to?.kind === 'int' && Number(attributes.to.value) === elementTypes[from].onnx;

/** Whether the node may compute in the smaller type. */
export function isNarrowable(node: Node, narrowing: Narrowing): boolean {
  const { domain, operator } = node;
  // Whole numbers become float32 first: most of those beyond 2048 are none in float16.
  if (narrowing.to === 'float16')
    return domain === '' && halfKernels.operators.has(operator) && !makesWide(node, narrowing);
  // In float32 the runtime has every kernel that it has in float64.
  return domain === 'com.microsoft' || (domain === '' && operator !== 'Range');
}
