// Numbers as an engineer reads them: three significant digits, powers of ten where plain digits would be long.

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const minus = '−';

/** An integer exponent in superscript digits. */
function power(exponent: number): string {
  const digits = [...String(Math.abs(exponent))].map(digit => superscripts[Number(digit)] ?? digit).join('');
  return exponent < 0 ? `⁻${digits}` : digits;
}

/** A value with `digits` significant digits; `–` when it is not a number. */
export function formatValue(value: number | undefined, digits = 3): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : `${minus}∞`;
  const size = Math.abs(value);
  const sign = value < 0 ? minus : '';
  if (size >= 1e-3 && size < 1e5) {
    const rounded = Number(size.toPrecision(digits));
    return sign + (rounded >= 10 ** (digits - 1) ? String(Math.round(size)) : String(rounded));
  }
  const [mantissa = '', exponent = '0'] = size.toExponential(digits - 1).split('e');
  return `${sign}${Number(mantissa)}×10${power(Number(exponent))}`;
}

/** Percent of a ratio, two significant digits. */
export function formatPercent(ratio: number | undefined): string {
  if (ratio === undefined || !Number.isFinite(ratio)) return '–';
  const percent = 100 * ratio;
  return `${percent < 0.01 && percent > 0 ? '<\u20090.01' : formatValue(percent, percent < 1 ? 2 : 3)}\u2009%`;
}

/** Milliseconds, or seconds from 10 s on. */
export function formatDuration(ms: number | undefined): string {
  if (ms === undefined || !Number.isFinite(ms)) return '–';
  return ms >= 10_000 ? `${formatValue(ms / 1000)}\u2009s` : `${formatValue(ms)}\u2009ms`;
}

export interface TickLabels {
  /** The factor common to all labels, as in `×10⁻³`; empty when it is one. */
  readonly factor: string;
  readonly labels: readonly string[];
}

/** Short labels for a scale: small or large values share a power of a thousand. */
export function formatTicks(ticks: readonly number[]): TickLabels {
  const largest = Math.max(0, ...ticks.map(Math.abs));
  const smallest = Math.min(...ticks.filter(value => value !== 0).map(Math.abs));
  const plain = largest === 0 || (smallest >= 0.05 && largest < 1e4);
  const exponent = plain ? 0 : 3 * Math.floor(Math.log10(largest) / 3);
  return {
    factor: exponent === 0 ? '' : `×10${power(exponent)}`,
    labels: ticks.map(value => formatValue(Number((value / 10 ** exponent).toPrecision(3)))),
  };
}
