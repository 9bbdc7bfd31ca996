// The recipes: every form of a model that the tuner tries, each a level of passes or a compression on top of one.
import { type Model, optimizeGraph } from '../../graph/index.js';
import type { Method } from '../budget/method.js';
import { codesign } from '../codesign/codesign.js';
import type { CompressionReport } from '../compressed.js';
import type { Feeds } from '../feeds.js';

export interface Ingredients {
  readonly base: Model;
  readonly samples: readonly Feeds[];
}

export interface Made {
  readonly model: Model;
  readonly report?: CompressionReport;
}

export type Recipe = {
  readonly id: string;
  readonly label: string;
  /** The recipe whose model it begins with; the original where there is none, or it could not be made. */
  readonly on?: string;
  /** Takes long: only when it is asked for. */
  readonly isCodesign?: boolean;
} & (
  | { readonly make: (ingredients: Ingredients) => Promise<Made> }
  /** Where the whole breaks the budget, the parts that bear it best are compressed alone. */
  | { readonly method: Method }
);

const passes = (level: 'O1' | 'O2' | 'O3', label: string): Recipe => ({
  id: level,
  label,
  make: async ({ base }) => {
    const { model } = await optimizeGraph(base, { level });
    return { model };
  },
});

/** Passes that leave the operators as compressions know them. */
const clean = 'O2';

export const recipes: readonly Recipe[] = [
  passes('O1', 'constants folded, dead code and identities gone'),
  passes(clean, 'also common subexpressions, algebra, layouts, batch norms'),
  passes('O3', 'also operators fused'),
  {
    id: 'int8-dynamic',
    label: 'int8 weights, activations quantized in each run',
    on: clean,
    method: { kind: 'int8-dynamic' },
  },
  {
    id: 'int8-static',
    label: 'int8 weights and activations, ranges from samples (min-max)',
    on: clean,
    method: { kind: 'int8-static' },
  },
  {
    id: 'int8-entropy',
    label: 'int8 weights and activations, ranges from samples (entropy)',
    on: clean,
    method: { kind: 'int8-static', calibration: { method: 'entropy' } },
  },
  { id: 'int8-blocks', label: '8-bit weights in blocks', on: clean, method: { kind: 'blocks', bits: 8 } },
  { id: 'int4-blocks', label: '4-bit weights in blocks', on: clean, method: { kind: 'blocks', bits: 4 } },
  { id: 'half', label: 'half-precision weights, float32 arithmetic', on: clean, method: { kind: 'half' } },
  {
    id: 'codesign',
    label: 'channels reordered together with 4-bit blocks',
    on: clean,
    isCodesign: true,
    make: async ({ base, samples }) => {
      const { model, chosen } = await codesign(base, samples);
      return { model, report: chosen.compression };
    },
  },
];
