// The recipes: every form of a model that the tuner tries, each a pass or a compression with the options that it is known to be good with.
import type { Model } from '../../graph/index.js';
import type { CompressionReport } from '../compressed.js';
import type { Feeds } from '../feeds.js';
import { quantizeBlocks } from '../quantize/blocks.js';
import { quantizeDynamic } from '../quantize/dynamic.js';
import { storeHalf } from '../quantize/half.js';

export interface Ingredients {
  readonly base: Model;
  readonly samples: readonly Feeds[];
}

export interface Made {
  readonly model: Model;
  readonly report?: CompressionReport;
}

export interface Recipe {
  readonly id: string;
  readonly label: string;
  /** The recipe whose model it begins with; the original where that was not made. */
  readonly on?: string;
  /** Takes long: only when it is asked for. */
  readonly isCodesign?: boolean;
  make(ingredients: Ingredients): Promise<Made> | Made;
}

export const recipes: readonly Recipe[] = [
  {
    id: 'int8-dynamic',
    label: 'int8 weights, activations quantized in each run',
    make: ({ base }) => quantizeDynamic(base),
  },
  {
    id: 'int8-blocks',
    label: '8-bit weights in blocks',
    make: ({ base }) => quantizeBlocks(base, { bits: 8 }),
  },
  {
    id: 'int4-blocks',
    label: '4-bit weights in blocks',
    make: ({ base }) => quantizeBlocks(base, { bits: 4 }),
  },
  { id: 'fp16-storage', label: 'half-precision weights, float32 arithmetic', make: ({ base }) => storeHalf(base) },
];
