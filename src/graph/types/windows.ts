// Types of convolutions and pools: sizes from kernel, stride, dilation and padding.
import { intOf, intsOf, textOf } from '../attributes.js';
import type { ElementType } from '../element-type.js';
import type { Dimension } from '../model.js';
import { type Call, type Rule, type Rules, type Shape, typed } from './rule.js';

/** Size of one axis after a window has moved over it. */
function windowed(
  { node }: Call,
  size: Dimension,
  { axis, kernel, axes }: { axis: number; kernel: Dimension; axes: number },
): Dimension {
  const stride = intsOf(node, 'strides')?.[axis] ?? 1;
  const mode = textOf(node, 'auto_pad', 'NOTSET');
  if (typeof size !== 'number' || typeof kernel !== 'number') return undefined;
  if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') return Math.ceil(size / stride);
  const pads = mode === 'VALID' ? [] : (intsOf(node, 'pads') ?? []);
  const dilation = intsOf(node, 'dilations')?.[axis] ?? 1;
  const room = size + (pads[axis] ?? 0) + (pads[axis + axes] ?? 0) - (dilation * (kernel - 1) + 1);
  if (intOf(node, 'ceil_mode', 0) === 0) return Math.floor(room / stride) + 1;
  // A window must begin inside the data or its front padding; versions differ there, so such a size is left open.
  const steps = Math.ceil(room / stride) + 1;
  return (steps - 1) * stride >= size + (pads[axis] ?? 0) ? undefined : steps;
}

const spatial = (call: Call, shape: Shape, kernel: Shape): Dimension[] =>
  shape.slice(2).map((size, axis) => windowed(call, size, { axis, kernel: kernel[axis], axes: shape.length - 2 }));

const conv =
  (dtypeOf: (call: Call) => ElementType | undefined, weights = 1): Rule =>
  call => {
    const [shape, weight] = [call.inputs[0]?.shape, call.inputs[weights]?.shape];
    if (shape === undefined || weight === undefined)
      return [
        typed(
          dtypeOf(call),
          shape?.map(() => undefined),
        ),
      ];
    return [typed(dtypeOf(call), [shape[0], weight[0], ...spatial(call, shape, weight.slice(2))])];
  };

const pool: Rule = call => {
  const { node, inputs } = call;
  const shape = inputs[0]?.shape;
  const kernel = intsOf(node, 'kernel_shape');
  const sizes =
    shape === undefined || kernel === undefined ? undefined : [...shape.slice(0, 2), ...spatial(call, shape, kernel)];
  return [typed(inputs[0]?.dtype, sizes), typed('int64', sizes)];
};

const globalPool: Rule = ({ inputs }) => [
  typed(
    inputs[0]?.dtype,
    inputs[0]?.shape?.map((size, axis) => (axis < 2 ? size : 1)),
  ),
];

const first = ({ inputs }: Call): ElementType | undefined => inputs[0]?.dtype;

export const windowRules: Rules = {
  Conv: conv(first),
  FusedConv: conv(first),
  ConvInteger: conv(() => 'int32'),
  QLinearConv: conv(({ inputs }) => inputs[7]?.dtype, 3),
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  GlobalLpPool: globalPool,
};
