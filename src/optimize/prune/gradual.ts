// Gradual pruning: a little more in each round, with training between that lets the other weights take over.
import { integerOption, optionSchema, resolveOptions } from '../../base/index.js';
import type { Model } from '../../graph/index.js';
import { constantBytes } from '../quantize/report.js';
import { applyMasks, type Masks } from './masks.js';
import { prune } from './prune.js';
import type { Pruned, PruneOptions } from './prune-options.js';

/**
 * Trains a pruned model a while and gives it back with the same constants by name. Weights whose mask is 0 may move; they are
 * set to zero again afterwards. Of channels, the model given has none of those that went.
 */
export type FineTune = (model: Model, masks: Masks) => Promise<Model>;

export const gradualOptions = optionSchema({
  rounds: integerOption({ doc: 'Rounds of pruning and training.', default: 4, min: 1, max: 1000 }),
});

/**
 * Prunes in rounds, most at first: after round k of r the part 1 - (1 - k/r)^3 of the ratio is gone (Zhu & Gupta 2017).
 * @throws what prune and fineTune throw.
 */
export async function pruneGradually(
  model: Model,
  options: PruneOptions & { readonly rounds?: number },
  fineTune: FineTune,
): Promise<Pruned> {
  const { rounds: given, ...pruning } = options;
  const { rounds } = resolveOptions('pruneGradually', gradualOptions, given === undefined ? {} : { rounds: given });
  const { ratio = 0.5, structure } = pruning;
  const partAfter = (round: number): number => ratio * (1 - (1 - round / rounds) ** 3);
  let current = model;
  let last: Pruned | undefined;
  for (let round = 1; round <= rounds; round++) {
    const isShorter = structure === 'channels';
    // Channels that went are not there to be counted again.
    const part = isShorter ? 1 - (1 - partAfter(round)) / (1 - partAfter(round - 1)) : partAfter(round);
    last = prune(current, { ...pruning, ratio: part });
    const trained = await fineTune(last.model, last.masks);
    current = isShorter ? trained : applyMasks(trained, last.masks).model;
  }
  const result = last ?? prune(model, pruning);
  return {
    ...result,
    model: current,
    report: { ...result.report, bytesBefore: constantBytes(model.graph) },
  };
}
