// A comparison of two versions as text, for people.
import type { RegimeAccuracy, VersionComparison } from './comparison.js';

const digits = (value: number | null): string => (value === null ? '-' : value.toPrecision(3));
const edge = (value: number | null): string => (value === null ? '-' : value.toPrecision(4));
const signed = (value: number | null): string =>
  value === null ? '-' : `${value > 0 ? '+' : ''}${value.toPrecision(3)}`;

function regimeName({ regime: { statistic, part, from, to } }: RegimeAccuracy): string {
  return statistic === 'all' ? 'all samples' : `${part} ${statistic} (${edge(from)} … ${edge(to)})`;
}

function bytesText(bytes: number | null): string {
  if (bytes === null) return '-';
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[power]}`;
}

/** Columns as wide as their widest cell; the first to the left, the others to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, k) => Math.max(...rows.map(row => row[k]?.length ?? 0)));
  return rows.map(row =>
    row
      .map((cell, k) => (k === 0 ? cell.padEnd(widths[k] ?? 0) : cell.padStart(widths[k] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** The comparison in lines of text; `b` is judged, `a` is what it is held against. */
export function comparisonTable(comparison: VersionComparison): string {
  const { model, a, b, confidence, accuracy, latency, size, samples, aBroken, bBroken, notes } = comparison;
  const counts = samples.map(({ version, count }) => `${count} of version ${version}`).join(', ');
  const percent = `${Number((100 * confidence).toPrecision(4))} %`;
  const errors = accuracy.map(row => [
    regimeName(row),
    String(row.count),
    digits(row.aError),
    digits(row.bError),
    signed(row.difference),
    `[${signed(row.lower)}, ${signed(row.upper)}]`,
    row.verdict,
  ]);
  const times = (['a', 'b'] as const).map(side => {
    const { firstQuartileMs, medianMs, thirdQuartileMs } = latency[side];
    const bytes = bytesText(side === 'a' ? size.aBytes : size.bBytes);
    return [
      `version ${comparison[side]}`,
      digits(medianMs),
      `${digits(firstQuartileMs)} … ${digits(thirdQuartileMs)}`,
      bytes,
    ];
  });
  const { firstQuartile, median, thirdQuartile } = latency.ratio;
  return [
    `${model}: version ${b} against version ${a}, on held-out samples: ${counts}`,
    ...(aBroken + bBroken === 0
      ? []
      : [`answers that are not finite: ${aBroken} of version ${a}, ${bBroken} of version ${b}`]),
    '',
    ...aligned([['relative L2 error', 'samples', `v${a}`, `v${b}`, 'difference', percent, `v${b} is`], ...errors]),
    '',
    ...aligned([['one run', 'median ms', 'quartiles ms', 'on disk'], ...times]),
    `time of v${b} / v${a} in turns: median ${digits(median)}, quartiles ${digits(firstQuartile)} … ${digits(thirdQuartile)} (${latency.runs} rounds, threads: ${latency.threads === 0 ? 'all' : latency.threads})`,
    '',
    ...notes,
  ].join('\n');
}
