// The order in which versions stand on the line of hashes, so that shares that rise keep the clients that they have.
import type { Route } from '../../model/index.js';

export interface LinePart {
  readonly version: number;
  /** In parts of ten thousand; none is 0. */
  readonly share: number;
}

/**
 * A hash falls on a point of [0, 1), and shares are intervals of it. The stable version lies in the middle and gives or takes
 * whatever changes; the others grow from the two ends. So with up to two other versions, one whose share rises keeps all its
 * clients, and no client moves between the others; with more, those that stand further inside are moved as well.
 * Depends on the route's versions only, not on their order in it.
 */
export function shareOrder({ stable, shares }: Route): readonly LinePart[] {
  const others = shares.filter(({ version }) => version !== stable).sort((a, b) => a.version - b.version);
  const left = others.filter((_, k) => k % 2 === 0);
  const right = others.filter((_, k) => k % 2 === 1).reverse();
  const middle = shares.filter(({ version }) => version === stable);
  return [...left, ...middle, ...right].filter(({ share }) => share > 0);
}
