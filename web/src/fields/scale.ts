// Scales: where on the colour bar (0..1) a value lies, and which values the bar names.
import type { Range } from './field.js';

export interface Scale {
  readonly position: (value: number) => number;
  /** Values named beside the bar, lowest first. */
  readonly ticks: readonly number[];
}

/** Equal steps from min to max. In a range of no width every value is the lowest. */
export function linearScale({ min, max }: Range): Scale {
  const width = max - min;
  return {
    position: value => (width > 0 ? (value - min) / width : 0),
    ticks: width > 0 ? [min, (min + max) / 2, max] : [min],
  };
}

/** Equal ratios from min to max, both > 0; decades inside the range are named. */
export function logScale({ min, max }: Range): Scale {
  const width = Math.log(max / min);
  const position = (value: number) => Math.log(value / min) / width;
  const decades = Array.from({ length: 12 }, (_, k) => 10 ** (k - 6)).filter(
    value => position(value) > 0.14 && position(value) < 0.86,
  );
  return { position, ticks: [min, ...decades, max] };
}

/** Permeabilities vary by ratios: logarithmic when max is at least twice min, both positive; linear otherwise. */
export function ratioScale(range: Range): Scale {
  return range.min > 0 && range.max >= 2 * range.min ? logScale(range) : linearScale(range);
}

/** Equal steps from -bound to bound, 0 in the middle. */
export function symmetricScale(bound: number): Scale {
  return {
    position: value => (bound > 0 ? 0.5 + value / (2 * bound) : 0.5),
    ticks: bound > 0 ? [-bound, 0, bound] : [0],
  };
}
