// Operators whose answer is not decided by their inputs: never folded, never merged.
import { intOf } from '../attributes.js';
import type { Node } from '../model.js';

const random = new Set([
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Multinomial',
  'Bernoulli',
]);

/** Dropout, and BatchNormalization in training, count as chance wherever they could be training. */
export function isChance(node: Node): boolean {
  if (random.has(node.operator)) return true;
  return (
    node.operator === 'Dropout' || (node.operator === 'BatchNormalization' && intOf(node, 'training_mode', 0) === 1)
  );
}
