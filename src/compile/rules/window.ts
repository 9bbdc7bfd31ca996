// Rules of sliding windows and of their transpose: windows are gathered by a constant table, and added back by a constant matrix.
import { z } from 'zod';
import { isolate, rejoin } from '../layout/materialize.js';
import { reshapeView } from '../layout/reshape.js';
import { freshView, shapeOf, transposeView, type View } from '../layout/view.js';
import { elementTypes } from '../onnx/element-type.js';
import type { Graph } from '../onnx/graph.js';
import { product } from './contraction.js';
import { one, type Rule, readParams } from './rule.js';

const integers = z.array(z.int());
const poolParams = z.object({ window: integers, strides: integers });
const poolTransposeParams = poolParams.extend({ inShape: integers });

/** How the windows of one axis lie: `count` of them, each of `width`, `stride` apart. */
export interface Windows {
  readonly count: number;
  readonly width: number;
  readonly stride: number;
  /** How far apart the places in a window are; 1 where not said. */
  readonly dilation?: number;
}

const windowsOf = (size: number, width: number, stride: number): Windows => ({
  count: Math.ceil((size - width + 1) / stride),
  width,
  stride,
});

/** Position in the input for each window and each place in it, row-major. */
function positions({ count, width, stride, dilation = 1 }: Windows): Int32Array {
  return Int32Array.from({ length: count * width }, (_, k) => Math.floor(k / width) * stride + (k % width) * dilation);
}

/** One axis becomes two: windows, and places in a window. */
export function windowAxis(graph: Graph, view: View, { axis, windows }: { axis: number; windows: Windows }): View {
  const isolated = isolate(graph, view, axis);
  const shape = [windows.count, windows.width];
  const table = graph.constant('int32', shape, positions(windows));
  return rejoin(isolated, graph.node('Gather', [isolated.tensor, table], { axis: 1 }), shape);
}

const pool: Rule = ({ graph }, step, inputs) => {
  const { window, strides } = readParams(poolParams, step);
  let view = one(inputs);
  const kept = view.axes.length - window.length;
  window.forEach((width, k) => {
    const axis = kept + 2 * k;
    const windows = windowsOf(shapeOf(view)[axis] ?? 1, width, strides[k] ?? 1);
    view = windowAxis(graph, view, { axis, windows });
  });
  const keptAxes = Array.from({ length: kept }, (_, axis) => axis);
  const pairs = window.map((_, k) => kept + 2 * k);
  return [transposeView(view, [...keptAxes, ...pairs, ...pairs.map(axis => axis + 1)])];
};

/** Windows, then places, as the last two axes become one axis of `size`, in the same place `axis`. */
function unwindowAxis(
  graph: Graph,
  view: View,
  { axis, size, windows }: { axis: number; size: number; windows: Windows },
): View {
  const rank = view.axes.length - 2;
  const shape = shapeOf(view);
  const count = windows.count * windows.width;
  const flat = reshapeView(graph, view, [...shape.slice(0, rank), 1, count]);
  const hot = new Array<number>(size * count).fill(0);
  positions(windows).forEach((position, k) => {
    hot[position * count + k] = 1;
  });
  const { dtype } = view;
  const matrix = freshView(graph.constant(dtype, [size, count], elementTypes[dtype].array(hot)), [size, count], dtype);
  const summed = product(graph, [flat, matrix]);
  const order = Array.from({ length: rank }, (_, k) => k).toSpliced(axis, 0, rank);
  return transposeView(summed, order);
}

const poolTranspose: Rule = ({ graph }, step, inputs) => {
  const { window, strides, inShape } = readParams(poolTransposeParams, step);
  let view = one(inputs);
  const kept = inShape.length - window.length;
  window.forEach((width, k) => {
    const axis = kept + k;
    const size = inShape[axis] ?? 1;
    const places = kept + window.length;
    const others = view.axes.map((_, index) => index).filter(index => index !== axis && index !== places);
    const last = transposeView(view, [...others, axis, places]);
    view = unwindowAxis(graph, last, { axis, size, windows: windowsOf(size, width, strides[k] ?? 1) });
  });
  return [view];
};

export const windowRules: Readonly<Record<string, Rule>> = { pool, pool_transpose: poolTranspose };
