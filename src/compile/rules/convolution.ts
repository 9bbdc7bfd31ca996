// The rule of convolutions: Conv, with dilated inputs spread by zeros and mapped ones as groups.
import { z } from 'zod';
import { materialize } from '../layout/materialize.js';
import { reshapeView } from '../layout/reshape.js';
import { padView, sliceView } from '../layout/shape.js';
import { freshView, product, sameList, shapeOf, transposeView, type View } from '../layout/view.js';
import type { Graph } from '../onnx/graph.js';
import { promoteInputs, type Rule, readParams, refuse, two } from './rule.js';

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

const conv: Rule = ({ graph }, step, inputs) => {
  const { vmapDims, strides, padding, lhsDilation, rhsDilation } = readParams(convParams, step);
  const { views, dtype } = promoteInputs(graph, step, inputs);
  if (dtype !== 'float32') return refuse(`the runtime has no ${dtype} kernel for it`);
  const [x, kernel] = two(views);
  const [xShape, kernelShape] = [shapeOf(x), shapeOf(kernel)];
  const mapped = xShape.slice(0, vmapDims);
  if (!sameList(mapped, kernelShape.slice(0, vmapDims))) return refuse('its mapped axes are broadcast');
  const group = product(mapped);
  const mappedAxes = mapped.map((_, axis) => axis);
  const spatial = xShape.flatMap((_, axis) => (axis > vmapDims + 1 ? [axis] : []));
  const [batch = 1, channels = 1, ...sizes] = xShape.slice(vmapDims);
  const [outputs = 1, kernelChannels = 1, ...kernelSizes] = kernelShape.slice(vmapDims);
  const batchFirst = transposeView(x, [vmapDims, ...mappedAxes, vmapDims + 1, ...spatial]);
  let input = reshapeView(graph, batchFirst, [batch, group * channels, ...sizes]);
  lhsDilation.forEach((factor, k) => {
    input = spread(graph, input, { axis: k + 2, factor });
  });
  const cropped = crop(graph, input, padding);
  const weight = reshapeView(graph, kernel, [group * outputs, kernelChannels, ...kernelSizes]);
  const attributes = { strides, dilations: rhsDilation, pads: cropped.pads, kernel_shape: kernelSizes, group };
  const tensor = graph.node('Conv', [materialize(graph, cropped.view), materialize(graph, weight)], attributes);
  const outSizes = (step.outputs[0]?.shape ?? []).slice(vmapDims + 2);
  const made = freshView(tensor, [batch, group * outputs, ...outSizes], dtype);
  const unfolded = reshapeView(graph, made, [batch, ...mapped, outputs, ...outSizes]);
  return [transposeView(unfolded, [...mappedAxes.map(axis => axis + 1), 0, vmapDims + 1, ...spatial])];
};

export const convolutionRules: Readonly<Record<string, Rule>> = { conv };
