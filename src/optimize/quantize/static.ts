// Static quantization: ranges known beforehand, products and what stands between them in whole numbers (QDQ form).
import { choiceOption, flagOption, GalerkinError, invariant, optionSchema, resolveOptions } from '../../base/index.js';
import { floatsOf, GraphEditor, type Model, type Node } from '../../graph/index.js';
import type { Compressed } from '../compressed.js';
import type { CalibrationTable } from './calibrate.js';
import { preparedGraph } from './prepared.js';
import { type Processor, thisProcessor } from './processor.js';
import { constantBehind, labelOf, type Product } from './product.js';
import { compressedOf, finished } from './report.js';
import {
  type ByteScale,
  byteScale,
  roundBias,
  roundConstant,
  roundTrip,
  roundWeights,
  type Writing,
} from './round-trip.js';
import { requireOpset, requireProducts, type SelectionOptions, selectionShape, selectProducts } from './selection.js';
import { dataInputs } from './static-operators.js';
import { planStatic, type StaticPlan } from './static-plan.js';

export const staticOptions = optionSchema({
  ...selectionShape,
  perChannel: flagOption({ doc: 'One scale for each output channel instead of one for all weights.', default: true }),
  reduceRange: choiceOption(['auto', 'on', 'off'], {
    doc: "int8 weights use 7 bits so that 16-bit sums cannot saturate; 'auto' does so on processors without integer dot products.",
    default: 'auto',
  }),
});

export interface StaticOptions extends SelectionOptions {
  /** One scale for each output channel. @default true */
  readonly perChannel?: boolean;
  /** 7 bits for int8 weights; 'auto' asks the processor. @default 'auto' */
  readonly reduceRange?: 'auto' | 'on' | 'off';
}

interface Work extends Writing {
  readonly plan: StaticPlan;
  readonly table: CalibrationTable;
  readonly perChannel: boolean;
  readonly limit: number;
  /** Names under which rounded values are read by whole-number operators. */
  readonly readAs: Map<string, string>;
}

/** The scale of a value; movers keep that of what they move. @throws OPTIMIZE_INPUT_INVALID if it was not calibrated. */
function scaleOf(work: Work, name: string): ByteScale {
  const source = work.plan.sameScale.get(name);
  if (source !== undefined) return scaleOf(work, source);
  const range = work.table.ranges.get(name);
  if (range !== undefined) return byteScale(range);
  throw new GalerkinError('OPTIMIZE_INPUT_INVALID', {
    what: 'Calibration table',
    wanted: `a range for value '${name}'`,
    got: `ranges of ${work.table.ranges.size} other values: calibrate this very model`,
  });
}

/** Rounds a value that has just been made, if the plan says so; `from` is its name before rounding. */
function roundValue(work: Work, name: string, from: string): void {
  const mode = work.plan.rounded.get(name);
  if (mode === undefined) return;
  const to = mode === 'all' ? name : work.editor.fresh(`${name}_rounded`);
  roundTrip(work, { from, to, scale: scaleOf(work, name) });
  work.readAs.set(name, to);
}

/** The rounded form of a value that has been made. */
function rounded({ readAs }: Work, name: string): string {
  const to = readAs.get(name);
  invariant(to !== undefined, `value '${name}' was rounded before it is read`);
  return to;
}

/** The activation as the product reads it. */
function activationFor(work: Work, { activation, permutation }: Product): string {
  if (permutation === undefined) return rounded(work, activation);
  const to = work.editor.fresh(`${activation}_turned`);
  roundTrip(work, { from: activation, to, scale: scaleOf(work, activation), permutation });
  return to;
}

/** The bias of a product: its own, or the vector of the addition that was joined to it. */
function biasValues(
  work: Work,
  { node, bias, weights, kind }: Product,
): { name: string; values: Float32Array } | undefined {
  const joined = work.plan.biases.get(node);
  const name = joined?.inputs.find(input => input !== node.outputs[0]) ?? bias;
  if (name === '') return undefined;
  const constant = constantBehind(work.editor, name);
  if (constant === undefined) return undefined;
  const floats = floatsOf(constant);
  const count = kind === 'conv' ? weights.rows : weights.columns;
  return { name, values: floats.length === count ? floats : new Float32Array(count).fill(floats[0] ?? 0) };
}

function writeProduct(work: Work, product: Product): void {
  const { node, kind, side } = product;
  const outputs = (work.plan.biases.get(node) ?? node).outputs;
  const [output = ''] = outputs;
  const x = activationFor(work, product);
  const weights = roundWeights(work, product, work);
  const bias = biasValues(work, product);
  const made = work.plan.rounded.get(output) === 'all' ? work.editor.fresh(`${output}_float`) : output;
  const sum = weights.outer === '' ? made : work.editor.fresh(`${output}_unit`);
  const inputs = kind === 'matmul' && side === 'left' ? [weights.name, x] : [x, weights.name];
  if (bias !== undefined) {
    const { scale } = scaleOf(work, product.activation);
    inputs.push(roundBias(work, bias.name, { values: bias.values, steps: weights.scales.map(each => each * scale) }));
  }
  const operator = kind === 'conv' ? 'Conv' : bias === undefined ? 'MatMul' : 'Gemm';
  const attributes = kind === 'conv' ? node.attributes : {};
  work.nodes.push({ name: node.name, operator, domain: '', inputs, outputs: [sum], attributes });
  if (weights.outer !== '')
    work.nodes.push({
      name: work.editor.fresh(`${output}_scaled`),
      operator: 'Mul',
      domain: '',
      inputs: [sum, weights.outer],
      outputs: [made],
      attributes: {},
    });
  roundValue(work, output, made);
}

/** An operator between products reads rounded values, and constants as bytes. */
function writeBetween(work: Work, node: Node): void {
  const data = new Set(dataInputs(node));
  const inputs = node.inputs.map(name => {
    if (!data.has(name)) return name;
    const constant = constantBehind(work.editor, name);
    if (constant === undefined) return work.plan.rounded.has(name) ? rounded(work, name) : name;
    return roundConstant(work, name, { shape: constant.shape, values: floatsOf(constant) });
  });
  const [output = ''] = node.outputs;
  const made = work.plan.rounded.get(output) === 'all' ? work.editor.fresh(`${output}_float`) : output;
  work.nodes.push({ ...node, inputs, outputs: [made] });
  roundValue(work, output, made);
}

function writeAll(work: Work, { graph }: Model): void {
  const joined = new Set(work.plan.biases.values());
  for (const { name } of graph.inputs) roundValue(work, name, name);
  for (const node of graph.nodes) {
    const product = work.plan.products.get(node);
    if (joined.has(node)) continue;
    if (product !== undefined) writeProduct(work, product);
    else if (work.plan.between.has(node)) writeBetween(work, node);
    else {
      work.nodes.push(node);
      for (const name of node.outputs) if (work.plan.rounded.get(name) === 'integer') roundValue(work, name, name);
    }
  }
}

/** Why the runtime has no whole-number kernel for a product; undefined where it has. */
function refuses({ node, bias, kind, weights }: Product, editor: GraphEditor): string | undefined {
  if (bias === '' || kind === 'conv') return undefined;
  const constant = constantBehind(editor, bias);
  if (constant?.dtype !== 'float32') return `the bias of ${node.operator} is not constant`;
  const count = constant.bytes.byteLength / 4;
  const isVector = count === 1 || (count === weights.columns && constant.shape.at(-1) === count);
  return isVector ? undefined : `the bias of ${node.operator} is a matrix`;
}

/**
 * Quantizes MatMul, Gemm, FusedMatMul and Conv with constant float32 weights, and the elementwise operators and moves between
 * them, by the calibrated ranges. Written in QDQ form, which any runtime can execute; ONNX Runtime joins it to QLinearConv,
 * QLinearMatMul, QGemm and so on. Cost: O(weights), pure.
 * @param calibration of this very model.
 * @throws OPTIONS_INVALID; OPTIMIZE_INPUT_INVALID for a model without such products, an operator set before 13, or a table that
 * lacks a range.
 */
export function quantizeStatic(
  model: Model,
  calibration: CalibrationTable,
  options: StaticOptions = {},
  processor: Processor = thisProcessor(),
): Compressed {
  const config = resolveOptions('quantizeStatic', staticOptions, { ...options, exclude: [...(options.exclude ?? [])] });
  const method = `int8 static, per ${config.perChannel ? 'channel' : 'tensor'}, ${calibration.method}`;
  requireOpset(method, model, 13);
  const graph = preparedGraph(model);
  const editor = new GraphEditor(graph);
  const selection = selectProducts(graph, editor, { ...config, refuses: product => refuses(product, editor) });
  requireProducts(method, selection);
  const isReduced = config.reduceRange === 'on' || (config.reduceRange === 'auto' && !processor.hasIntegerDot);
  const plan = planStatic(graph, editor, selection.products);
  const work: Work = {
    editor,
    nodes: [],
    constants: new Map(),
    plan,
    table: calibration,
    perChannel: config.perChannel,
    limit: isReduced ? 63 : 127,
    readAs: new Map(),
  };
  writeAll(work, { ...model, graph });
  const changed = [...selection.products.map(({ node }) => labelOf(node)), ...[...plan.between].map(labelOf)];
  // Constants that are read only by what was taken away go with it: a second editor knows the readers of the new nodes.
  const constants = new Map([...graph.constants, ...work.constants]);
  const written = new GraphEditor({ ...model.graph, nodes: work.nodes, constants });
  return compressedOf(model, finished(written), { method, changed, skipped: selection.skipped });
}
