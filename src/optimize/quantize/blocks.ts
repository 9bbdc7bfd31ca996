// Block quantization: weights of 4 or 8 bits with a scale for each short run of them, by the operator MatMulNBits.
import {
  choiceOption,
  flagOption,
  GalerkinError,
  integerOption,
  optionSchema,
  resolveOptions,
} from '../../base/index.js';
import { GraphEditor, int, ints, type Model } from '../../graph/index.js';
import type { Compressed } from '../compressed.js';
import { type BlockFormat, blockWeights } from './block-weights.js';
import { preparedGraph } from './prepared.js';
import { labelOf, type Product } from './product.js';
import { compressedOf, finished, withOpset } from './report.js';
import { requireProducts, type SelectionOptions, selectionShape, selectProducts } from './selection.js';

export const blockOptions = optionSchema({
  ...selectionShape,
  bits: choiceOption(['4', '8'], { doc: 'Bits of a weight.', default: '4' }),
  blockSize: integerOption({
    doc: 'Weights that share a scale: 16, 32, 64, 128 or 256. The runtime has no kernel for 512; older ones answered zeros.',
    default: 32,
    min: 16,
    max: 256,
  }),
  zeroPoints: flagOption({
    doc: 'A zero point for each block: better where weights are not centred, a little larger.',
    default: false,
  }),
  accuracyLevel: choiceOption(['0', '4'], {
    doc: "'4' multiplies whole numbers (activations rounded to 8 bits, block by block); '0' unpacks to float32, exact and slow.",
    default: '4',
  }),
});

export interface BlockOptions extends SelectionOptions {
  /** @default 4 */
  readonly bits?: 4 | 8;
  /** 16, 32, 64, 128 or 256 weights share a scale. @default 32 */
  readonly blockSize?: number;
  /** @default false */
  readonly zeroPoints?: boolean;
  /** 4: whole-number products; 0: float32 products of unpacked weights. @default 4 */
  readonly accuracyLevel?: 0 | 4;
}

interface Config {
  readonly format: BlockFormat;
  readonly accuracyLevel: number;
  readonly leastWeights: number;
  readonly exclude: readonly string[];
}

function configOf({ bits = 4, accuracyLevel = 4, exclude = [], ...rest }: BlockOptions): Config {
  const config = resolveOptions('quantizeBlocks', blockOptions, {
    ...rest,
    bits: bits === 4 ? '4' : bits === 8 ? '8' : refuse('bits', '4 or 8', bits),
    accuracyLevel:
      accuracyLevel === 0 ? '0' : accuracyLevel === 4 ? '4' : refuse('accuracyLevel', '0 or 4', accuracyLevel),
    exclude: [...exclude],
  });
  const { blockSize } = config;
  if (!Number.isInteger(Math.log2(blockSize))) refuse('blockSize', '16, 32, 64, 128 or 256', blockSize);
  const format: BlockFormat = { bits, blockSize, hasZeroPoints: config.zeroPoints };
  return { format, accuracyLevel, leastWeights: config.leastWeights, exclude: config.exclude };
}

function refuse(name: string, wanted: string, got: unknown): never {
  throw new GalerkinError('OPTIONS_INVALID', {
    of: 'quantizeBlocks',
    faults: [`${name}: wanted ${wanted}, got ${got}`],
  });
}

function refuses({ kind, side, weights }: Product): string | undefined {
  if (kind === 'conv') return 'MatMulNBits takes no convolutions';
  if (side === 'left') return 'its weights are the left operand, MatMulNBits takes the right one';
  return weights.batch === 1 && weights.shape.length === 2 ? undefined : 'its weights are a batch of matrices';
}

function rewrite(editor: GraphEditor, product: Product, { format, accuracyLevel }: Config): void {
  const { node, permutation, weights, bias } = product;
  const { name, rows, columns } = weights;
  const { bits, blockSize } = format;
  const { packed, scales, zeros, blocks } = blockWeights(weights, format);
  const shape = [columns, blocks, (blockSize * bits) / 8];
  const b = editor.addConstant(`${name}_int${bits}`, 'uint8', { shape, values: packed });
  const scale = editor.addConstant(`${name}_scale`, 'float32', { shape: [columns * blocks], values: scales });
  const zero =
    zeros === undefined ? [] : [editor.addConstant(`${name}_zero`, 'uint8', { shape: [zeros.length], values: zeros })];
  const activation =
    permutation === undefined
      ? product.activation
      : editor.insertBefore(node, {
          operator: 'Transpose',
          inputs: [product.activation],
          attributes: { perm: ints(permutation) },
        });
  const attributes = {
    K: int(rows),
    N: int(columns),
    bits: int(bits),
    block_size: int(blockSize),
    accuracy_level: int(accuracyLevel),
  };
  const packedProduct = { operator: 'MatMulNBits', domain: 'com.microsoft', attributes };
  const inputs = [activation, b, scale, ...zero];
  if (bias === '') {
    editor.replace(node, { ...packedProduct, name: node.name, inputs, outputs: node.outputs });
    return;
  }
  const sum = editor.insertBefore(node, { ...packedProduct, inputs });
  editor.replace(node, {
    name: node.name,
    operator: 'Add',
    domain: '',
    inputs: [sum, bias],
    outputs: node.outputs,
    attributes: {},
  });
}

/**
 * Packs the weights of MatMul, Gemm and FusedMatMul into blocks along K. Activations stay float32 (at accuracy level 4 the
 * kernel rounds them itself). Pays where weights are the traffic: batch sizes of a few. Cost: O(weights), pure.
 * @throws OPTIONS_INVALID, also for blocks of 512; OPTIMIZE_INPUT_INVALID for a model without such products.
 */
export function quantizeBlocks(model: Model, options: BlockOptions = {}): Compressed {
  const config = configOf(options);
  const { bits, blockSize, hasZeroPoints } = config.format;
  const method = `${bits}-bit blocks of ${blockSize}${hasZeroPoints ? ', zero points' : ''}`;
  const graph = preparedGraph(model);
  const editor = new GraphEditor(graph);
  const selection = selectProducts(graph, editor, { ...config, refuses });
  requireProducts(method, selection);
  for (const product of selection.products) rewrite(editor, product, config);
  const changed = selection.products.map(({ node }) => labelOf(node));
  const extended = withOpset(model, 'com.microsoft', 1);
  return compressedOf(extended, finished(editor), { method, changed, skipped: selection.skipped });
}
