// Decimal digits become the double nearest to them, as JSON.parse does it: exactly, or the slow way where that cannot be known.

/** 10^k, each exact in a double. */
const powers = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));
/** A double times this splits into two halves of 26 bits, whose products are exact (Veltkamp, Dekker). */
const splitter = 134_217_729;
const upperOf = (value: number): number => {
  const scaled = value * splitter;
  return scaled - (scaled - value);
};
const powersUpper = powers.map(upperOf);
const powersLower = powers.map((power, k) => power - upperOf(powers[k] ?? power));

/** The error of the quotient below is under 2^-102 of it; this leaves a factor of ten. */
const doubtful = 2e-30;

/**
 * (high * 10^lowDigits + low) * 10^exponent, rounded once; NaN where it takes more care than this.
 * @param high up to 9 digits  @param low up to `lowDigits` digits, at most 9
 */
export function decimal(high: number, low: number, lowDigits: number, exponent: number): number {
  // 10^9 has 21 significant bits and `high` 30, so this product is exact, and so are 15 digits in all.
  const shifted = high * (powers[lowDigits] ?? Number.NaN);
  if (lowDigits <= 6) {
    if (exponent === 0) return shifted + low;
    return exponent < 0
      ? (shifted + low) / (powers[-exponent] ?? Number.NaN)
      : (shifted + low) * (powers[exponent] ?? Number.NaN);
  }
  const power = powers[-exponent];
  if (power === undefined) return Number.NaN;
  // The numerator as a sum of two doubles, the quotient likewise; the second says whether the first is the nearest.
  const sum = shifted + low;
  const rest = low - (sum - shifted);
  const quotient = sum / power;
  const product = quotient * power;
  const scaled = quotient * splitter;
  const upper = scaled - (scaled - quotient);
  const lower = quotient - upper;
  const powerUpper = powersUpper[-exponent] ?? 0;
  const powerLower = powersLower[-exponent] ?? 0;
  const missed = upper * powerUpper - product + upper * powerLower + lower * powerUpper + lower * powerLower;
  const correction = (sum - product - missed + rest) / power;
  const value = quotient + correction;
  const remainder = correction - (value - quotient);
  const doubt = value * doubtful;
  return value + (remainder + doubt) === value && value + (remainder - doubt) === value ? value : Number.NaN;
}
