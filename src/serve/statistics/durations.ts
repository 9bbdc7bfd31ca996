// Durations as Triton counts them: how many and how long together, in whole nanoseconds that are never negative and never NaN.

const nsPerMs = 1e6;
/** A duration beyond this (31 years) is a fault of some clock, and counts as none. */
const longestMs = 1e12;

/** A count with the nanoseconds it took, as JSON carries it. */
export interface CountedNs {
  readonly count: number;
  readonly ns: number;
}

/** Whole nanoseconds of a duration; 0 for what is negative or not a number. */
export const toNs = (ms: number): number => (ms > 0 && ms < longestMs ? Math.round(ms * nsPerMs) : 0);

/**
 * Of events of one kind. Exact to 2^53 ns, which is 104 days of time spent; beyond that right to 16 digits.
 */
export class DurationTotal {
  private readonly cells = new Float64Array(2);

  get count(): number {
    return this.cells[0] ?? 0;
  }

  get ns(): number {
    return this.cells[1] ?? 0;
  }

  add(ns: number): void {
    const { cells } = this;
    cells[0] = (cells[0] ?? 0) + 1;
    cells[1] = (cells[1] ?? 0) + ns;
  }

  /** As Triton's JSON writes it. */
  report(): CountedNs {
    return { count: this.count, ns: this.ns };
  }
}
