// One benchmark figure, with the ratio that gives it meaning and that ratio's spread; and the statistics that make them.

export interface BenchResult {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** This figure over another one measured in the same run: median, smallest and largest. */
  readonly ratio?: { readonly of: string; readonly value: number; readonly low: number; readonly high: number };
  readonly note?: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Ratio of two series taken in turns: each pair saw the same machine at the same time. */
export function ratioOf(
  of: string,
  values: readonly number[],
  others: readonly number[],
): BenchResult['ratio'] & object {
  const ratios = values.map((value, k) => value / others[k]);
  return { of, value: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}
