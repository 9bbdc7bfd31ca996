// The Pareto set over error, time and bytes.

export interface Costs {
  readonly error: number;
  readonly ms: number;
  readonly bytes: number;
}

/** Times that are closer than this part are called equal: they were measured. */
const timeTolerance = 0.1;

function dominates(one: Costs, other: Costs): boolean {
  const isSlower = one.ms > other.ms * (1 + timeTolerance);
  const isFaster = one.ms < other.ms * (1 - timeTolerance);
  if (one.error > other.error || one.bytes > other.bytes || isSlower) return false;
  return one.error < other.error || one.bytes < other.bytes || isFaster;
}

/** For each, whether no other is better in one cost and no worse in the rest. */
export const paretoSet = (all: readonly Costs[]): boolean[] =>
  all.map(one => !all.some(other => dominates(other, one)));
