// The two arms of a release, and the blocks in which they are compared: what ran at the same time is held against each other.
import { z } from 'zod';

export type Arm = 'stable' | 'candidate';

/** Which versions the arms are. */
export interface Versions {
  readonly stable: number;
  readonly candidate: number;
}

/** Of each arm before a block closes: more lose less of uneven blocks, fewer follow a drift more closely. */
export const blockLeast = 2;

const number = z.number().default(0);

/** Counts and sums of a block that is still open. */
export const blockState = z.strictObject({
  stableCount: number,
  stableSum: number,
  candidateCount: number,
  candidateSum: number,
});
export type Block = z.infer<typeof blockState>;

/** Adds a value. @returns true if both arms have enough, so that the block can be used and emptied */
export function addToBlock(block: Block, arm: Arm, value: number): boolean {
  if (arm === 'stable') {
    block.stableCount += 1;
    block.stableSum += value;
  } else {
    block.candidateCount += 1;
    block.candidateSum += value;
  }
  return block.stableCount >= blockLeast && block.candidateCount >= blockLeast;
}

export function emptyBlock(block: Block): void {
  block.stableCount = 0;
  block.stableSum = 0;
  block.candidateCount = 0;
  block.candidateSum = 0;
}

/** Information of a difference of two means: it has the variance s²/info. */
export const blockInfo = ({ stableCount, candidateCount }: Block): number =>
  (stableCount * candidateCount) / (stableCount + candidateCount);
