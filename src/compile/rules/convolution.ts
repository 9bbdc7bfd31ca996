// The rule of convolutions: Conv, with dilated inputs spread by zeros and mapped ones as groups; or products with gathered windows.
import { z } from 'zod';
import { materialize } from '../layout/materialize.js';
import { reshapeView } from '../layout/reshape.js';
import { padView, sliceView } from '../layout/shape.js';
import { freshView, product, sameList, shapeOf, transposeView, type View } from '../layout/view.js';
import type { Graph } from '../onnx/graph.js';
import { product as contracted } from './contraction.js';
import { promoteInputs, type Rule, readParams, refuse, two } from './rule.js';
import { windowAxis } from './window.js';

const integers = z.array(z.int());
const convParams = z.object({
  vmapDims: z.int(),
  strides: integers,
  padding: z.array(z.tuple([z.int(), z.int()])),
  lhsDilation: integers,
  rhsDilation: integers,
});

/** Puts `factor - 1` zeros between neighbours along one axis. */
function spread(graph: Graph, view: View, { axis, factor }: { axis: number; factor: number }): View {
  if (factor === 1) return view;
  const shape = shapeOf(view);
  const size = shape[axis] ?? 1;
  const column = reshapeView(graph, view, shape.toSpliced(axis, 1, size, 1));
  const padded = padView(graph, column, { axis: axis + 1, before: 0, after: factor - 1 });
  const merged = reshapeView(graph, padded, shape.with(axis, size * factor));
  return sliceView(graph, merged, { axis, start: 0, end: (size - 1) * factor + 1 });
}

/** Negative padding cuts the input; what remains to pad is not negative. */
function crop(
  graph: Graph,
  view: View,
  padding: readonly (readonly [number, number])[],
): { view: View; pads: number[] } {
  let result = view;
  padding.forEach(([before, after], k) => {
    const axis = k + 2;
    const end = (shapeOf(result)[axis] ?? 1) + Math.min(after, 0);
    result = sliceView(graph, result, { axis, start: Math.max(-before, 0), end });
  });
  const pads = [...padding.map(([before]) => before), ...padding.map(([, after]) => after)];
  return { view: result, pads: pads.map(width => Math.max(width, 0)) };
}

/** Mapped axes, then batch, channels and sizes, of an operand. */
interface Operand {
  readonly view: View;
  readonly mapped: readonly number[];
}

interface Convolution {
  readonly graph: Graph;
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly outSizes: readonly number[];
}

/** The runtime's operator: mapped axes become groups. `x` is [batch, group * channels, ...sizes]. */
function byOperator(
  { graph, strides, dilations, outSizes }: Convolution,
  x: View,
  { kernel, pads }: { kernel: Operand; pads: readonly number[] },
): View {
  const shape = shapeOf(kernel.view);
  const group = product(kernel.mapped);
  const [outputs = 1, channels = 1, ...sizes] = shape.slice(kernel.mapped.length);
  const weight = reshapeView(graph, kernel.view, [group * outputs, channels, ...sizes]);
  const attributes = { strides, dilations, pads, kernel_shape: sizes, group };
  const tensor = graph.node('Conv', [materialize(graph, x), materialize(graph, weight)], attributes);
  const batch = shapeOf(x)[0] ?? 1;
  const made = freshView(tensor, [batch, group * outputs, ...outSizes], x.dtype);
  return reshapeView(graph, made, [batch, ...kernel.mapped, outputs, ...outSizes]);
}

/** Windows gathered and multiplied, for element types that the operator has no kernel for. */
function byWindows(
  { graph, strides, dilations, outSizes }: Convolution,
  x: View,
  { kernel, pads }: { kernel: Operand; pads: readonly number[] },
): View {
  const shape = shapeOf(kernel.view);
  const { mapped } = kernel;
  const [outputs = 1, channels = 1, ...sizes] = shape.slice(mapped.length);
  let windows = x;
  sizes.forEach((width, k) => {
    const axis = 2 + 2 * k;
    const padded = padView(graph, windows, { axis, before: pads[k] ?? 0, after: pads[k + sizes.length] ?? 0 });
    const lie = { count: outSizes[k] ?? 1, width, stride: strides[k] ?? 1, dilation: dilations[k] ?? 1 };
    windows = windowAxis(graph, padded, { axis, windows: lie });
  });
  const [batch = 1] = shapeOf(x);
  const lists = sizes.map((_, k) => 2 + 2 * k);
  // [batch, group * channels, (count, width)...] to [batch, group, counts, 1, channels * widths].
  const order = [0, ...lists, 1, ...lists.map(axis => axis + 1)];
  const length = channels * product(sizes);
  const group = product(mapped);
  const moved = reshapeView(graph, transposeView(windows, order), [batch, ...outSizes, group, 1, length]);
  const weight = reshapeView(graph, kernel.view, [group, outputs, length]);
  const summed = contracted(graph, [moved, weight]);
  const rank = outSizes.length;
  const spatial = outSizes.map((_, k) => k + 1);
  const channelsFirst = transposeView(summed, [0, rank + 1, rank + 2, ...spatial]);
  return reshapeView(graph, channelsFirst, [batch, ...mapped, outputs, ...outSizes]);
}

const conv: Rule = ({ graph }, step, inputs) => {
  const { vmapDims, strides, padding, lhsDilation, rhsDilation } = readParams(convParams, step);
  const { views, dtype } = promoteInputs(graph, step, inputs);
  const [x, weight] = two(views);
  const xShape = shapeOf(x);
  const mapped = xShape.slice(0, vmapDims);
  if (!sameList(mapped, shapeOf(weight).slice(0, vmapDims))) return refuse('its mapped axes are broadcast');
  const mappedAxes = mapped.map((_, axis) => axis);
  const spatial = xShape.flatMap((_, axis) => (axis > vmapDims + 1 ? [axis] : []));
  const [batch = 1, channels = 1, ...sizes] = xShape.slice(vmapDims);
  const batchFirst = transposeView(x, [vmapDims, ...mappedAxes, vmapDims + 1, ...spatial]);
  let input = reshapeView(graph, batchFirst, [batch, product(mapped) * channels, ...sizes]);
  lhsDilation.forEach((factor, k) => {
    input = spread(graph, input, { axis: k + 2, factor });
  });
  const cropped = crop(graph, input, padding);
  const outSizes = (step.outputs[0]?.shape ?? []).slice(vmapDims + 2);
  const convolution = { graph, strides, dilations: rhsDilation, outSizes };
  const has = (dtype === 'float32' || dtype === 'float16') && outSizes.length >= 1;
  const operands = { kernel: { view: weight, mapped }, pads: cropped.pads };
  const unfolded = (has ? byOperator : byWindows)(convolution, cropped.view, operands);
  return [transposeView(unfolded, [...mappedAxes.map(axis => axis + 1), 0, vmapDims + 1, ...spatial])];
};

export const convolutionRules: Readonly<Record<string, Rule>> = { conv };
