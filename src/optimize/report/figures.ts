// Figures as people read them: three digits and a unit.

/** 1.94 ms, 71.2 µs, 2.50 s. */
export function shownTime(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms === 0) return '0';
  if (ms < 1) return `${(1000 * ms).toPrecision(3)} µs`;
  return ms < 1000 ? `${ms.toPrecision(3)} ms` : `${(ms / 1000).toPrecision(3)} s`;
}

/** 2.63 MB, 951 kB. */
export function shownBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '–';
  if (bytes >= 1e9) return `${(bytes / 1e9).toPrecision(3)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toPrecision(3)} MB` : `${(bytes / 1e3).toPrecision(3)} kB`;
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
    ? rate < 100
      ? rate.toPrecision(3)
      : Math.round(rate).toLocaleString('en-US').replaceAll(',', ' ')
    : '–';
