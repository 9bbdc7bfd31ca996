// Figures as people read them: three digits and a unit.

/** From here on three digits round to a thousand of the unit below. */
const almostOne = 0.9995;

/** Three digits; whole numbers past a thousand, never an exponent. */
const threeDigits = (value: number): string => (value < 999.5 ? value.toPrecision(3) : value.toFixed(0));

/** 1.94 ms, 71.2 µs, 2.50 s. */
export function shownTime(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms === 0) return '0';
  if (ms < almostOne) return `${threeDigits(1000 * ms)} µs`;
  return ms < 1000 * almostOne ? `${threeDigits(ms)} ms` : `${threeDigits(ms / 1000)} s`;
}

/** The same for the marks of an axis: 1.4 ms, 100 µs. */
export const shownMark = (ms: number): string =>
  shownTime(ms)
    .replace(/(\.\d*?)0+(?= )/, '$1')
    .replace('. ', ' ');

/** 2.63 MB, 951 kB. */
export function shownBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '–';
  if (bytes >= 1e9 * almostOne) return `${threeDigits(bytes / 1e9)} GB`;
  return bytes >= 1e6 * almostOne ? `${threeDigits(bytes / 1e6)} MB` : `${threeDigits(bytes / 1e3)} kB`;
}

/** 0.123 %, and 0 for nothing at all. */
export function shownShare(share: number): string {
  if (share === 0) return '0';
  if (!Number.isFinite(share)) return 'not a number';
  return share < 1e-5 ? `${(100 * share).toExponential(1)} %` : `${(100 * share).toPrecision(3)} %`;
}

/** 569, 12 300: items a second. */
export const shownRate = (rate: number): string =>
  Number.isFinite(rate)
    ? rate < 99.95
      ? rate.toPrecision(3)
      : Math.round(rate).toLocaleString('en-US').replaceAll(',', ' ')
    : '–';
