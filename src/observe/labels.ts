// Labels as the text formats write them: names made valid, values escaped, the whole set one string made once.

const wellFormedName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const longestValue = 512;

/** True for a label's name that Prometheus takes and does not keep for itself. */
export const isLabelName = (name: string): boolean => wellFormedName.test(name) && !name.startsWith('__');

/** True for a metric's name that Prometheus takes. */
export const isMetricName = (name: string): boolean => /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);

/** A label's value between its quotes: backslash, quote and line feed escaped; NUL replaced, for parsers end there; cut at 512 characters. */
export const escapeLabelValue = (value: string): string =>
  value
    .slice(0, longestValue)
    .replaceAll('\0', '\uFFFD')
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n');

/** `name="value",…` without braces, in the order given; empty for none. The names must be valid and differ. */
export const labelSet = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabelValue(value)}"`)
    .join(',');
