// Round trips: QuantizeLinear and DequantizeLinear around a value or a constant, which the runtime joins with what stands between.
import {
  type Constant,
  constantOf,
  type ElementType,
  type GraphEditor,
  int,
  ints,
  type Node,
} from '../../graph/index.js';
import type { Range } from './calibrate.js';
import { integerWeights, roundEven, shifted } from './integer-weights.js';
import type { Product, Weights } from './product.js';

/** Unsigned bytes for a range: value ~ scale * (byte - zero). */
export interface ByteScale {
  readonly scale: number;
  readonly zero: number;
}

/** The scale of a range, widened to include zero, so that zero is exact. A range of zeros only has scale 1. */
export function byteScale({ least, largest }: Range): ByteScale {
  const [low, high] = [Math.min(least, 0), Math.max(largest, 0)];
  const scale = Math.fround((high - low) / 255);
  return scale === 0 ? { scale: 1, zero: 0 } : { scale, zero: Math.min(255, Math.max(0, roundEven(-low / scale))) };
}

/** What nodes and constants go through while a graph is written anew. */
export interface Writing {
  readonly editor: GraphEditor;
  readonly nodes: Node[];
  readonly constants: Map<string, Constant>;
}

function addConstant(
  { editor, constants }: Writing,
  hint: string,
  { dtype, ...content }: { dtype: ElementType; shape: readonly number[]; values: ArrayLike<number> },
): string {
  const name = editor.fresh(hint);
  constants.set(name, constantOf(name, dtype, content));
  return name;
}

function put(
  { editor, nodes }: Writing,
  operator: string,
  rest: Pick<Node, 'inputs' | 'outputs' | 'attributes'>,
): void {
  nodes.push({ name: editor.fresh(`${rest.outputs[0]}_${operator}`), operator, domain: '', ...rest });
}

/** Scale and zero point as constants. */
function addScale(writing: Writing, name: string, { scale, zero }: ByteScale): string[] {
  return [
    addConstant(writing, `${name}_scale`, { dtype: 'float32', shape: [], values: [scale] }),
    addConstant(writing, `${name}_zero`, { dtype: 'uint8', shape: [], values: [zero] }),
  ];
}

/** Rounds `from` and gives it back as `to`, with its axes in another order if one is given. */
export function roundTrip(
  writing: Writing,
  { from, to, scale, permutation }: { from: string; to: string; scale: ByteScale; permutation?: readonly number[] },
): void {
  const parameters = addScale(writing, to, scale);
  const bytes = writing.editor.fresh(`${to}_uint8`);
  put(writing, 'QuantizeLinear', { inputs: [from, ...parameters], outputs: [bytes], attributes: {} });
  let turned = bytes;
  if (permutation !== undefined) {
    turned = writing.editor.fresh(`${to}_turned`);
    put(writing, 'Transpose', { inputs: [bytes], outputs: [turned], attributes: { perm: ints(permutation) } });
  }
  put(writing, 'DequantizeLinear', { inputs: [turned, ...parameters], outputs: [to], attributes: {} });
}

const rangeOf = (values: Float32Array): Range => ({
  least: values.reduce((least, value) => Math.min(least, value), 0),
  largest: values.reduce((largest, value) => Math.max(largest, value), 0),
});

/** A constant that is stored as bytes; returns the name of its float32 values. */
export function roundConstant(
  writing: Writing,
  name: string,
  { shape, values }: { readonly shape: readonly number[]; readonly values: Float32Array },
): string {
  const scale = byteScale(rangeOf(values));
  const bytes = Uint8Array.from(values, value =>
    Math.max(0, Math.min(255, roundEven(value / scale.scale) + scale.zero)),
  );
  const stored = addConstant(writing, `${name}_uint8`, { dtype: 'uint8', shape, values: bytes });
  const output = writing.editor.fresh(`${name}_rounded`);
  put(writing, 'DequantizeLinear', {
    inputs: [stored, ...addScale(writing, name, scale)],
    outputs: [output],
    attributes: {},
  });
  return output;
}

/** Weights as they stand in the graph. */
export interface RoundedWeights {
  readonly name: string;
  /** One for each channel of the output, or a single one; what biases are rounded by. */
  readonly scales: Float32Array;
  /** Factors that remain to be multiplied to the product: '' for none. */
  readonly outer: string;
}

/** Weights divided by the largest magnitude of their group, and those magnitudes. */
function normalized(weights: Weights, granularity: 'row' | 'column'): { unit: Weights; largest: Float32Array } {
  const { scales: largest } = integerWeights(weights, granularity, 1);
  const { rows, columns, values } = weights;
  const group =
    granularity === 'row'
      ? (k: number) => Math.floor(k / columns)
      : (k: number) => Math.floor(k / (rows * columns)) * columns + (k % columns);
  return { unit: { ...weights, values: values.map((value, k) => value / (largest[group(k)] ?? 1)) }, largest };
}

/**
 * Stores weights as 8-bit integers. Scales by channel go where the runtime has a kernel for them: convolutions, and single
 * matrices on the right. Elsewhere rows or columns are first brought to one size, and the product is multiplied afterwards.
 */
export function roundWeights(
  writing: Writing,
  { kind, side, weights }: Product,
  { perChannel, limit }: { readonly perChannel: boolean; readonly limit: number },
): RoundedWeights {
  const { editor } = writing;
  const { name, shape } = weights;
  const hasKernel = kind === 'conv' || (side === 'right' && shape.length === 2);
  const output = editor.fresh(`${name}_rounded`);
  if (perChannel && hasKernel) {
    const { values, scales } = integerWeights(weights, kind === 'conv' ? 'row' : 'column', limit);
    const count = [scales.length];
    const inputs = [
      addConstant(writing, `${name}_int8`, { dtype: 'int8', shape, values }),
      addConstant(writing, `${name}_scale`, { dtype: 'float32', shape: count, values: scales }),
      addConstant(writing, `${name}_zero`, { dtype: 'int8', shape: count, values: new Int8Array(scales.length) }),
    ];
    put(writing, 'DequantizeLinear', { inputs, outputs: [output], attributes: { axis: int(kind === 'conv' ? 0 : 1) } });
    return { name: output, scales, outer: '' };
  }
  const isLeft = kind === 'matmul' && side === 'left';
  const { unit, largest } = perChannel
    ? normalized(weights, isLeft ? 'row' : 'column')
    : { unit: weights, largest: undefined };
  const { values, scales } = integerWeights(unit, 'tensor', isLeft ? 127 : limit);
  const stored = isLeft
    ? addConstant(writing, `${name}_uint8`, { dtype: 'uint8', shape, values: shifted(values) })
    : addConstant(writing, `${name}_int8`, { dtype: 'int8', shape, values });
  const inputs = [
    stored,
    addConstant(writing, `${name}_scale`, { dtype: 'float32', shape: [], values: scales }),
    addConstant(writing, `${name}_zero`, { dtype: isLeft ? 'uint8' : 'int8', shape: [], values: [isLeft ? 128 : 0] }),
  ];
  put(writing, 'DequantizeLinear', { inputs, outputs: [output], attributes: {} });
  if (largest === undefined) return { name: output, scales, outer: '' };
  const outerShape = [...shape.slice(0, -2), ...(isLeft ? [weights.rows, 1] : [1, weights.columns])];
  const outer = addConstant(writing, `${name}_channel_scale`, { dtype: 'float32', shape: outerShape, values: largest });
  return { name: output, scales, outer };
}

const largestInt32 = 2 ** 31 - 1;

/** A bias as int32 in steps of the product's own sums: scale of the activation times scale of the weights. */
export function roundBias(
  writing: Writing,
  name: string,
  { values, steps }: { readonly values: Float32Array; readonly steps: Float32Array },
): string {
  const { editor } = writing;
  const count = values.length;
  const scales = Float32Array.from(values, (_, k) => (steps.length === 1 ? steps[0] : steps[k]) ?? 1);
  const integers = Int32Array.from(values, (value, k) =>
    Math.max(-largestInt32, Math.min(largestInt32, roundEven(value / (scales[k] ?? 1)))),
  );
  const output = editor.fresh(`${name}_rounded`);
  const inputs = [
    addConstant(writing, `${name}_int32`, { dtype: 'int32', shape: [count], values: integers }),
    addConstant(writing, `${name}_scale`, { dtype: 'float32', shape: [count], values: scales }),
    addConstant(writing, `${name}_zero`, { dtype: 'int32', shape: [count], values: new Int32Array(count) }),
  ];
  put(writing, 'DequantizeLinear', { inputs, outputs: [output], attributes: { axis: int(0) } });
  return output;
}
