// Half storage: weights lie in the file as float16 and are float32 again when the model is opened; the arithmetic stays float32.
import { integerOption, optionSchema, resolveOptions } from '../../base/index.js';
import {
  type Constant,
  floatsOf,
  fromFloat16,
  GraphEditor,
  int,
  lengthOf,
  type Model,
  toFloat16,
} from '../../graph/index.js';
import type { Compressed } from '../compressed.js';
import type { Skipped } from './product.js';
import { compressedOf } from './report.js';
import { requireOpset } from './selection.js';

export const halfOptions = optionSchema({
  leastValues: integerOption({ doc: 'Constants with fewer values stay as they are.', default: 256, min: 1 }),
});

export interface HalfOptions {
  /** Constants with fewer values stay as they are. @default 256 */
  readonly leastValues?: number;
}

const float32Code = 1;
const largestHalf = 65504;

/** Operators whose scales the runtime wants to see as constants before it folds casts. */
const scaled = new Set(['QuantizeLinear', 'DequantizeLinear', 'MatMulNBits', 'Resize', 'Upsample']);

function faultOf(editor: GraphEditor, constant: Constant): string | undefined {
  const reader = editor.readers(constant.name).find(({ operator }) => scaled.has(operator));
  if (reader !== undefined) return `${reader.operator} wants it as it is`;
  const values = floatsOf(constant);
  let [squares, lost] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) return 'it holds values that are not numbers';
    if (Math.abs(value) > largestHalf) return `it holds ${value}, and float16 ends at ${largestHalf}`;
    squares += value * value;
    lost += (value - fromFloat16(toFloat16(value))) ** 2;
  }
  // Values below 6e-5 lose digits one by one: a constant of such values would be no half, but less.
  return lost > squares * 1e-6 ? 'its values are too small for float16' : undefined;
}

function store(editor: GraphEditor, constant: Constant): void {
  const { name, shape } = constant;
  const half = editor.addConstant(`${name}_half`, 'float16', { shape, values: floatsOf(constant) });
  const [first] = editor.nodes;
  if (first === undefined) return;
  // The cast makes the old name, so that every reader, also inside loops, stays as it is.
  editor.insertNodeBefore(first, {
    name: editor.fresh(`${name}_whole`),
    operator: 'Cast',
    domain: '',
    inputs: [half],
    outputs: [name],
    attributes: { to: int(float32Code) },
  });
}

/**
 * Stores float32 constants as float16, each behind a Cast, which the runtime folds away when it opens the model (at graph level
 * 'basic' or more): half the file, no time per run, memory and speed as before. Relative error of a weight: 2^-11 = 4.9e-4.
 * @throws OPTIONS_INVALID; OPTIMIZE_INPUT_INVALID for an operator set before 9.
 */
export function storeHalf(model: Model, options: HalfOptions = {}): Compressed {
  const { leastValues } = resolveOptions('storeHalf', halfOptions, options);
  const method = 'float16 storage';
  requireOpset(method, model, 9);
  const editor = new GraphEditor(model.graph);
  const changed: string[] = [];
  const skipped: Skipped[] = [];
  const removed = new Set<string>();
  for (const constant of model.graph.constants.values()) {
    if (constant.dtype !== 'float32' || lengthOf(constant) < leastValues || editor.isInput(constant.name)) continue;
    const fault = editor.isOutput(constant.name) ? 'it is an output' : faultOf(editor, constant);
    if (fault !== undefined) {
      skipped.push({ node: constant.name, reason: fault });
      continue;
    }
    store(editor, constant);
    removed.add(constant.name);
    changed.push(constant.name);
  }
  const graph = editor.finish();
  const constants = new Map([...graph.constants].filter(([name]) => !removed.has(name)));
  return compressedOf(model, { ...graph, constants }, { method, changed, skipped });
}
