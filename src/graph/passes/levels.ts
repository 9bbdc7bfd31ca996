// Levels: which passes an optimization runs, in which order.
import { algebra } from './algebra.js';
import { commonSubexpressions } from './common-subexpressions.js';
import { constantNodes } from './constant-nodes.js';
import { deadCode } from './dead-code.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { constantFolding } from './fold-constants.js';
import { fusions } from './fusions.js';
import { identities } from './identities.js';
import type { Pass } from './pass.js';
import { sinkLayout } from './sink-layout.js';

export const levels = ['O0', 'O1', 'O2', 'O3'] as const;

/** O1 and the first half of O2 keep every bit; folded batch norms and fusions round elsewhere than the original. */
export type Level = (typeof levels)[number];

/** Fresh passes for one optimization. */
export function passesOf(level: Level): readonly Pass[] {
  const cheap = [deadCode, constantNodes, identities, constantFolding()];
  const standard = [commonSubexpressions, algebra, sinkLayout, foldBatchNorm];
  if (level === 'O0') return [];
  if (level === 'O1') return cheap;
  return level === 'O2' ? [...cheap, ...standard] : [...cheap, ...standard, fusions];
}
