// Samples sorted into regimes by what their inputs are like: terciles of the mean, the variance and the contrast.
import { type Regime, type RegimeStatistic, regimeStatistics } from './comparison.js';

export type InputStatistics = Readonly<Record<RegimeStatistic, number>>;

/** Over all values of a field; the contrast is its range divided by its root mean square, 0 for a field of zeros. */
export function inputStatistics(values: Float32Array): InputStatistics {
  let [sum, squares, least, most] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    sum += value;
    squares += value * value;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const mean = sum / values.length;
  let spread = 0;
  for (const value of values) spread += (value - mean) ** 2;
  const size = Math.sqrt(squares / values.length);
  return { mean, variance: spread / values.length, contrast: size === 0 ? 0 : (most - least) / size };
}

export interface RegimeMembers {
  readonly regime: Regime;
  /** Indices of samples. */
  readonly members: readonly number[];
}

const parts = ['low', 'middle', 'high'] as const;

function terciles(statistic: RegimeStatistic, values: readonly number[]): RegimeMembers[] {
  const sorted = values.toSorted((x, y) => x - y);
  const edge = (k: number): number => sorted[Math.max(0, Math.ceil((k * sorted.length) / 3) - 1)] ?? Number.NaN;
  const [first, second] = [edge(1), edge(2)];
  // Samples that are all alike in it are no regimes of it.
  if (sorted[0] === sorted.at(-1)) return [];
  const partOf = (value: number): (typeof parts)[number] =>
    value <= first ? 'low' : value <= second ? 'middle' : 'high';
  return parts.flatMap(part => {
    const members = [...values.keys()].filter(k => partOf(values[k] ?? Number.NaN) === part);
    if (members.length === 0) return [];
    const own = members.map(k => values[k] ?? Number.NaN);
    return [{ regime: { statistic, part, from: Math.min(...own), to: Math.max(...own) }, members }];
  });
}

/** All samples first, then three parts by each statistic; equal values are in one part. */
export function regimesOf(samples: readonly InputStatistics[]): RegimeMembers[] {
  const all: Regime = { statistic: 'all', part: 'all', from: null, to: null };
  return [
    { regime: all, members: [...samples.keys()] },
    ...regimeStatistics.flatMap(statistic =>
      terciles(
        statistic,
        samples.map(sample => sample[statistic]),
      ),
    ),
  ];
}
