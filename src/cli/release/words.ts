// Figures of a release for a narrow terminal, and texts of a server without what could move the cursor.

/** 0:07, 1:05, 1:02:03. */
export function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Parts of ten thousand as percent: 5 %, 0.25 %. */
export const sharePercent = (share: number): string => `${Number((share / 100).toFixed(2))} %`;

/** 950, 1.2k, 34k, 5.1M. */
export function shortCount(count: number): string {
  if (count < 1000) return String(count);
  const [size, unit] = count < 1e6 ? [count / 1e3, 'k'] : [count / 1e6, 'M'];
  return `${size < 9.95 ? size.toFixed(1) : size.toFixed(0)}${unit}`;
}

const pointMetrics: ReadonlySet<string> = new Set(['error-rate', 'guard-rate', 'accuracy']);

/** '%' of the stable version's value, 'pt' for differences of shares and errors. */
export const effectUnit = (metric: string): string => (pointMetrics.has(metric) ? 'pt' : '%');

/** A hundred times an effect, with sign, in as many digits as help. */
export function effectNumber(effect: number | null): string {
  if (effect === null) return '–';
  const value = 100 * effect;
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 1 ? 1 : 2;
  const text = size >= 1e5 ? size.toExponential(0) : size.toFixed(digits);
  return `${value < 0 && Number(text) !== 0 ? '−' : '+'}${text}`;
}

/** A value of one version in the metric's own unit. */
export function valueText(metric: string, value: number | null): string {
  if (value === null) return '–';
  if (metric.startsWith('latency') || metric === 'resource-use') return `${value.toPrecision(3)} ms`;
  if (metric.endsWith('-rate') || metric === 'accuracy' || metric === 'difference')
    return `${(100 * value).toPrecision(3)} %`;
  return value.toPrecision(3);
}

/** One line, without control characters: what a server says must not drive the terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
export const plain = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
