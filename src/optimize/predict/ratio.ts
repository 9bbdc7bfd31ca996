// Corrections: how a node's own measured times compare with what its kind costs, between and beyond the amounts of work that were measured.
import type { Work } from './work.js';

/** One measured execution of a node. */
export interface Point {
  /** Of work, in any unit that grows with it. */
  readonly amount: number;
  readonly work: Work;
  readonly ms: number;
}

/** The ratio at `amount`: linear between neighbours in the logarithms, that of the nearest beyond them, 1 if nothing was measured. */
export function ratioAt(
  points: readonly { readonly amount: number; readonly ratio: number }[],
  amount: number,
): number {
  const sorted = points
    .filter(({ ratio }) => Number.isFinite(ratio) && ratio > 0)
    .toSorted((a, b) => a.amount - b.amount);
  const above = sorted.findIndex(point => point.amount >= amount);
  const right = sorted[above];
  const left = above < 0 ? sorted.at(-1) : sorted[above - 1];
  if (left === undefined) return right?.ratio ?? 1;
  if (right === undefined || right.amount === left.amount) return left.ratio;
  const part = Math.log(amount / left.amount) / Math.log(right.amount / left.amount);
  return Math.exp((1 - part) * Math.log(left.ratio) + part * Math.log(right.ratio));
}
