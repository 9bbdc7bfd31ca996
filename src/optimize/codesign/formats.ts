// Forms of compression that a layout can help, each with the objective that stands for it.
import type { Model } from '../../graph/index.js';
import type { Compressed } from '../compressed.js';
import { prune } from '../prune/prune.js';
import { quantizeBlocks } from '../quantize/blocks.js';
import { type BlockDiagonalOptions, blockDiagonal } from './block-diagonal.js';
import { blockDiagonalEnergy, keepBlocks } from './block-objectives.js';
import { blockScales, keepOf, type LayoutObjective } from './layout-objective.js';

/** A compression, and what of a layout matters to it. Any compression can be plugged in. */
export interface CodesignFormat {
  readonly name: string;
  readonly objective: LayoutObjective;
  /** Its report names the nodes that it changed: the objective looks at their weights alone. */
  readonly compress: (model: Model) => Compressed | Promise<Compressed>;
}

export interface ScaledBlocksOptions {
  /** @default 4 */
  readonly bits?: 4 | 8;
  /** Inputs of an output that share a scale. @default 32 */
  readonly blockSize?: number;
  /** Smaller weights are left alone. @default the quantizer's own */
  readonly leastWeights?: number;
}

/** Weights of 4 or 8 bits with a scale for each run of inputs (quantizeBlocks): alike channels side by side round less. */
export function scaledBlocks({ bits = 4, blockSize = 32, ...rest }: ScaledBlocksOptions = {}): CodesignFormat {
  return {
    name: `${bits}-bit blocks of ${blockSize}`,
    objective: blockScales(bits, blockSize),
    compress: model => quantizeBlocks(model, { bits, blockSize, ...rest }),
  };
}

/** Dense blocks on the diagonal with a remainder of low rank (blockDiagonal): the products become smaller. */
export function diagonalBlocks(options: BlockDiagonalOptions = {}): CodesignFormat {
  const { blocks = 4, rank = 0 } = options;
  return {
    name: `${blocks} diagonal blocks${rank === 0 ? '' : `, rank ${rank}`}`,
    objective: blockDiagonalEnergy(blocks),
    compress: model => blockDiagonal(model, options),
  };
}

export interface KeptOfOptions {
  /** Weights that stay of each `of` neighbouring inputs of an output. @default 2 */
  readonly keep?: number;
  /** @default 4 */
  readonly of?: number;
  /** Smaller weights are left alone. @default the pruning's own */
  readonly leastWeights?: number;
}

/** N:M sparsity (prune): channels whose weights are needed by different outputs side by side lose less. No faster on a CPU. */
export function keptOf({ keep = 2, of = 4, ...rest }: KeptOfOptions = {}): CodesignFormat {
  return {
    name: `${keep}:${of} sparsity`,
    objective: keepOf(keep, of),
    compress: model => prune(model, { structure: 'nm', n: keep, m: of, ...rest }),
  };
}

export interface KeptBlocksOptions {
  /** Rows and columns of a block. @default 4 */
  readonly blockSize?: number;
  /** Part of the blocks that stays. @default 0.5 */
  readonly share?: number;
  /** Smaller weights are left alone. @default the pruning's own */
  readonly leastWeights?: number;
}

/** Whole blocks go (prune): strong weights gathered into the same blocks lose less. No faster on a CPU by itself. */
export function keptBlocks({ blockSize = 4, share = 0.5, ...rest }: KeptBlocksOptions = {}): CodesignFormat {
  return {
    name: `${Math.round(100 * share)} % of ${blockSize} x ${blockSize} blocks`,
    objective: keepBlocks(blockSize, share),
    compress: model =>
      prune(model, { structure: 'blocks', ratio: 1 - share, height: blockSize, width: blockSize, ...rest }),
  };
}
