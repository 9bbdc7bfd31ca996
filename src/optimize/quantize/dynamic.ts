// Dynamic quantization: int8 weights in the file, activations quantized anew in every run, products of whole numbers.
import { choiceOption, flagOption, optionSchema, resolveOptions } from '../../base/index.js';
import { GraphEditor, int, ints, type Model, type Node } from '../../graph/index.js';
import type { Compressed } from '../compressed.js';
import { type Granularity, integerWeights, shifted } from './integer-weights.js';
import { preparedGraph } from './prepared.js';
import { type Processor, thisProcessor } from './processor.js';
import { constantBehind, labelOf, type Product } from './product.js';
import { compressedOf, finished } from './report.js';
import { requireOpset, requireProducts, type SelectionOptions, selectionShape, selectProducts } from './selection.js';

export const dynamicOptions = optionSchema({
  ...selectionShape,
  weights: choiceOption(['int8', 'uint8'], {
    doc: 'int8 is fastest; uint8 never saturates, on any processor. Weights that are the left operand are always uint8.',
    default: 'int8',
  }),
  perChannel: flagOption({ doc: 'One scale for each output channel instead of one for all weights.', default: true }),
  reduceRange: choiceOption(['auto', 'on', 'off'], {
    doc: "int8 weights use 7 bits so that 16-bit sums cannot saturate; 'auto' does so on processors without integer dot products.",
    default: 'auto',
  }),
  convolutions: flagOption({
    doc: 'Also convolutions, by ConvInteger: smaller, but hardly faster than float32 on CPUs.',
    default: false,
  }),
});

export interface DynamicOptions extends SelectionOptions {
  /** @default 'int8' */
  readonly weights?: 'int8' | 'uint8';
  /** One scale for each output channel. @default true */
  readonly perChannel?: boolean;
  /** 7 bits for int8 weights; 'auto' asks the processor. @default 'auto' */
  readonly reduceRange?: 'auto' | 'on' | 'off';
  /** @default false */
  readonly convolutions?: boolean;
}

type Config = ReturnType<typeof resolve>;
const resolve = (options: DynamicOptions) =>
  resolveOptions('quantizeDynamic', dynamicOptions, { ...options, exclude: [...(options.exclude ?? [])] });

/** What a rewriting needs to know of its graph. */
interface Rewriting {
  readonly editor: GraphEditor;
  readonly config: Config;
  readonly limit: number;
  /** Quantized activations by name: several products may read one. */
  readonly activations: Map<string, { readonly integers: string; readonly scale: string; readonly zero: string }>;
}

function quantizeActivation({ editor, activations }: Rewriting, place: Node, activation: string) {
  const known = activations.get(activation);
  if (known !== undefined) return known;
  const quantized = {
    integers: editor.fresh(`${activation}_int8`),
    scale: editor.fresh(`${activation}_scale`),
    zero: editor.fresh(`${activation}_zero`),
  };
  editor.insertNodeBefore(place, {
    name: editor.fresh(`quantize_${activation}`),
    operator: 'DynamicQuantizeLinear',
    domain: '',
    inputs: [activation],
    outputs: [quantized.integers, quantized.scale, quantized.zero],
    attributes: {},
  });
  activations.set(activation, quantized);
  return quantized;
}

/** The shape in which scales multiply the product: [..., 1, columns], [..., rows, 1], or [rows, 1, 1] for a convolution. */
function scaleShape({ kind, side, weights }: Product, granularity: Granularity): number[] {
  if (granularity === 'tensor') return [];
  if (kind === 'conv') return [weights.rows, ...weights.shape.slice(2).map(() => 1)];
  const batch = weights.shape.slice(0, -2);
  if (side === 'left') return [...batch, weights.rows, 1];
  return batch.length === 0 ? [weights.columns] : [...batch, 1, weights.columns];
}

/** Adds the weights as integers with their scales; `zero` is '' where it is none. */
function addWeights({ editor, config, limit }: Rewriting, product: Product) {
  const { weights, side } = product;
  const granularity = !config.perChannel ? 'tensor' : side === 'left' ? 'row' : 'column';
  // The runtime has no kernel for int8 times uint8 with float results: on the left, weights must be uint8 like the activation.
  const isUnsigned = side === 'left' || config.weights === 'uint8';
  const { values, scales } = integerWeights(weights, granularity, isUnsigned ? 127 : limit);
  const scale = editor.addConstant(`${weights.name}_scale`, 'float32', {
    shape: scaleShape(product, granularity),
    values: scales,
  });
  const { shape } = weights;
  if (!isUnsigned)
    return { integers: editor.addConstant(`${weights.name}_int8`, 'int8', { shape, values }), scale, zero: '' };
  const integers = editor.addConstant(`${weights.name}_uint8`, 'uint8', { shape, values: shifted(values) });
  return { integers, scale, zero: editor.addConstant(`${weights.name}_zero`, 'uint8', { shape: [], values: [128] }) };
}

/** The bias in the shape in which it is added to the product. */
function biasOf({ editor }: Rewriting, { kind, bias, weights }: Product): string {
  const constant = constantBehind(editor, bias);
  if (kind !== 'conv' || constant === undefined) return bias;
  const shape = [weights.rows, ...weights.shape.slice(2).map(() => 1)];
  return editor.putConstant({ ...constant, name: editor.fresh(`${bias}_column`), shape });
}

function rewrite(rewriting: Rewriting, product: Product): void {
  const { editor } = rewriting;
  const { node, kind, side, permutation } = product;
  const x = quantizeActivation(rewriting, node, product.activation);
  const w = addWeights(rewriting, product);
  const turned =
    permutation === undefined
      ? x.integers
      : editor.insertBefore(node, {
          operator: 'Transpose',
          inputs: [x.integers],
          attributes: { perm: ints(permutation) },
        });
  const inputs =
    kind === 'matmul' && side === 'left'
      ? [w.integers, turned, w.zero, x.zero]
      : [turned, w.integers, x.zero, ...(w.zero === '' ? [] : [w.zero])];
  const operator = kind === 'conv' ? 'ConvInteger' : 'MatMulInteger';
  const attributes = kind === 'conv' ? node.attributes : {};
  const sums = editor.insertBefore(node, { operator, inputs, attributes });
  const floats = editor.insertBefore(node, { operator: 'Cast', inputs: [sums], attributes: { to: int(1) } });
  const scale = editor.insertBefore(node, { operator: 'Mul', inputs: [x.scale, w.scale] });
  const last = { name: node.name, domain: '', outputs: node.outputs, attributes: {} };
  if (product.bias === '') {
    editor.replace(node, { ...last, operator: 'Mul', inputs: [floats, scale] });
    return;
  }
  const scaled = editor.insertBefore(node, { operator: 'Mul', inputs: [floats, scale] });
  editor.replace(node, { ...last, operator: 'Add', inputs: [scaled, biasOf(rewriting, product)] });
}

const slowConvolution = 'ConvInteger is hardly faster than float32: quantize statically, or ask for convolutions';

/**
 * Quantizes MatMul, Gemm and FusedMatMul with constant float32 weights: DynamicQuantizeLinear, MatMulInteger, scale, bias;
 * the runtime makes one kernel of each. Every activation tensor gets one scale per run, so values of very different size in
 * one tensor (spectra) lose their small ones. Cost: O(weights), pure.
 * @throws OPTIONS_INVALID; OPTIMIZE_INPUT_INVALID for a model without such products, or with an operator set before 11.
 */
export function quantizeDynamic(
  model: Model,
  options: DynamicOptions = {},
  processor: Processor = thisProcessor(),
): Compressed {
  const config = resolve(options);
  const method = `int8 dynamic, per ${config.perChannel ? 'channel' : 'tensor'}`;
  requireOpset(method, model, 11);
  const graph = preparedGraph(model);
  const editor = new GraphEditor(graph);
  const refuses = ({ kind }: Product) => (kind === 'conv' && !config.convolutions ? slowConvolution : undefined);
  const selection = selectProducts(graph, editor, { ...config, refuses });
  requireProducts(method, selection);
  const isReduced = config.reduceRange === 'on' || (config.reduceRange === 'auto' && !processor.hasIntegerDot);
  const rewriting = { editor, config, limit: isReduced ? 63 : 127, activations: new Map() };
  for (const product of selection.products) rewrite(rewriting, product);
  const changed = selection.products.map(({ node }) => labelOf(node));
  return compressedOf(model, finished(editor), { method, changed, skipped: selection.skipped });
}
