// Figures as a reviewer reads them: three digits, a unit, a true minus, UTC.

const none = '–';
const signOf = (value: number): string => (value < 0 ? '−' : '');

/** 3.14, 0.0021, 1.2e-7, 12 300, 4e9; ∞ and – have signs of their own. */
export function shownNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return none;
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return `${signOf(value)}∞`;
  if (size < 1e-3 || size >= 1e6)
    return `${signOf(value)}${Number(size.toPrecision(3)).toExponential().replace('+', '')}`;
  const digits = size >= 1000 ? String(Math.round(size)).replace(/\B(?=(\d{3})+$)/g, ' ') : size.toPrecision(3);
  return signOf(value) + (digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits);
}

/** 0.0123 → 1.23 %. */
export const shownPercent = (ratio: number | null | undefined): string =>
  typeof ratio === 'number' && !Number.isNaN(ratio) ? `${shownNumber(100 * ratio)} %` : none;

/** The same of a part of ten thousand. */
export const shownShare = (share: number): string => shownPercent(share / 10_000);

/** A plus where there is no minus. */
export const withSign = (text: string, value: number | null): string =>
  value !== null && value > 0 ? `+${text}` : text;

const units = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
] as const;

/** 850 ms, 12.5 s, 3 min 20 s, 2 h 5 min. */
export function shownDuration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return none;
  if (ms < 1000) return `${shownNumber(ms)} ms`;
  if (ms < 60_000) return `${shownNumber(ms / 1000)} s`;
  const parts: string[] = [];
  let left = Math.round(ms / 1000) * 1000;
  for (const { ms: unit, name } of [...units, { ms: 1000, name: 's' }]) {
    const count = Math.floor(left / unit);
    left -= count * unit;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.slice(0, 2).join(' ');
}

/** 2026-11-22 14:05:09, in UTC. */
export function shownTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? none : date.toISOString().slice(0, 19).replace('T', ' ');
}
