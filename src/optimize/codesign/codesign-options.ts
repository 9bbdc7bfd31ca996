// Options of a co-design, and what they are when nothing is said.
import { type Clock, flagOption, integerOption, numberOption, optionSchema, resolveOptions } from '../../base/index.js';
import type { CorrelationCache } from './correlation-cache.js';
import type { CodesignFormat } from './formats.js';

export const codesignOptions = optionSchema({
  rounds: integerOption({ doc: 'Rounds of ordering, compressing and measuring at most.', default: 5, min: 1, max: 50 }),
  leastGain: numberOption({
    doc: 'A round that lowers the error by less than this part is the last.',
    default: 0.01,
    min: 0,
    max: 1,
  }),
  swaps: integerOption({
    doc: 'Swaps tried for each stream, start and round at most.',
    default: 200_000,
    min: 0,
    max: 1e9,
  }),
  measuredSwaps: integerOption({
    doc: 'Swaps that are judged by compressing and running, from the best layout on.',
    default: 24,
    min: 0,
    max: 1e6,
  }),
  randomLayouts: integerOption({
    doc: 'Random layouts that are measured as a control; the best of them is reported as such.',
    default: 8,
    min: 1,
    max: 1000,
  }),
  rows: integerOption({
    doc: 'Rows (sample and place) that the correlations of a stream are taken from at most.',
    default: 4096,
    min: 2,
    max: 1e8,
  }),
  weighted: flagOption({ doc: 'Weights count by how strong the activations are that they read.', default: true }),
  seed: integerOption({
    doc: 'Seed of the order in which swaps are tried, and of the random control.',
    default: 1,
    min: 0,
    max: 2 ** 31,
  }),
  threads: integerOption({ doc: 'Threads of each session; 0 takes one for each core.', default: 1, min: 0, max: 1024 }),
  measureMs: integerOption({
    doc: 'How long all candidates together are timed; 0 takes three rounds.',
    unit: 'ms',
    default: 1000,
    min: 0,
    max: 600_000,
  }),
});

export interface CodesignOptions {
  /** What the layout is for. @default scaledBlocks(): 4 bits, a scale for each 32 weights */
  readonly format?: CodesignFormat;
  /** Rounds of ordering, compressing and measuring at most. @default 5 */
  readonly rounds?: number;
  /** A round that lowers the error by less than this part is the last. @default 0.01 */
  readonly leastGain?: number;
  /** Swaps tried for each stream, start and round at most. @default 200 000 */
  readonly swaps?: number;
  /** Swaps that are judged by compressing and running, from the best layout on. @default 24 */
  readonly measuredSwaps?: number;
  /** Random layouts that are measured as a control. @default 8 */
  readonly randomLayouts?: number;
  /** Rows (sample and place) that correlations are taken from at most. @default 4096 */
  readonly rows?: number;
  /** Weights count by how strong the activations are that they read. @default true */
  readonly weighted?: boolean;
  /** @default 1 */
  readonly seed?: number;
  /** Threads of each session; 0 takes one for each core. @default 1 */
  readonly threads?: number;
  /** How long all candidates together are timed, ms. @default 1000 */
  readonly measureMs?: number;
  /** Where correlations are kept between calls. @default a new one */
  readonly cache?: CorrelationCache;
  readonly clock?: Clock;
}

export type CodesignConfig = ReturnType<typeof codesignConfig>;

/** @throws OPTIONS_INVALID */
export function codesignConfig({ format, cache, clock, ...rest }: CodesignOptions) {
  return resolveOptions('codesign', codesignOptions, rest);
}
