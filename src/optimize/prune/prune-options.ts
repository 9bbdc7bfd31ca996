// Options of pruning, what pruning gives, and its complete configuration.
import {
  choiceOption,
  GalerkinError,
  integerOption,
  numberOption,
  optionSchema,
  resolveOptions,
} from '../../base/index.js';
import type { Compressed } from '../compressed.js';
import { type SelectionOptions, selectionShape } from '../quantize/selection.js';
import type { Masks } from './masks.js';

export const pruneOptions = optionSchema({
  ...selectionShape,
  structure: choiceOption(['magnitude', 'nm', 'blocks', 'channels'], {
    doc: 'Which weights go: the smallest ones, some of every few, whole blocks, or whole channels (only these make a run faster).',
    default: 'magnitude',
  }),
  ratio: numberOption({ doc: 'The part that goes; n:m has its own.', default: 0.5, min: 0, max: 0.99 }),
  n: integerOption({ doc: 'Of every m weights, how many stay (n:m).', default: 2, min: 1, max: 64 }),
  m: integerOption({ doc: 'Of how many weights n stay (n:m).', default: 4, min: 2, max: 64 }),
  height: integerOption({ doc: 'Rows of a block.', default: 4, min: 1, max: 1024 }),
  width: integerOption({ doc: 'Columns of a block.', default: 4, min: 1, max: 1024 }),
  multiple: integerOption({
    doc: 'Channels that stay are a multiple of it: kernels compute that many at once.',
    default: 8,
    min: 1,
    max: 1024,
  }),
});

export interface PruneOptions extends SelectionOptions {
  /** @default 'magnitude' */
  readonly structure?: 'magnitude' | 'nm' | 'blocks' | 'channels';
  /** The part that goes, 0 to 0.99; n:m has its own. @default 0.5 */
  readonly ratio?: number;
  /** Of every m weights along the sum n stay. @default 2 */
  readonly n?: number;
  /** @default 4 */
  readonly m?: number;
  /** Rows of a block. @default 4 */
  readonly height?: number;
  /** Columns of a block. @default 4 */
  readonly width?: number;
  /** Channels that stay are a multiple of it. @default 8 */
  readonly multiple?: number;
}

export type PruneConfig = ReturnType<typeof pruneConfig>;

export interface Pruned extends Compressed {
  /**
   * What stayed, by the names of the pruned model's constants, in their order before channels were cut: what a trainer keeps at
   * zero. Weights that the model given only reshaped or scaled are constants of their own here, named as what they became.
   */
  readonly masks: Masks;
}

export function pruneConfig(options: PruneOptions) {
  const config = resolveOptions('prune', pruneOptions, { ...options, exclude: [...(options.exclude ?? [])] });
  if (config.structure === 'nm' && config.n >= config.m)
    throw new GalerkinError('OPTIONS_INVALID', {
      of: 'prune',
      faults: [`n: wanted less than m = ${config.m}, got ${config.n}`],
    });
  return config;
}
