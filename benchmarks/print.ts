// Prints benchmark results as a table: figure, unit, and each ratio with its spread.
import type { BenchResult } from './result.js';

const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

export function printResults(title: string, results: readonly BenchResult[]): void {
  console.log(`\n${title}`);
  for (const { name, value, unit, ratio, note } of results) {
    const against = ratio ? `  ${figure(ratio.value)}x ${ratio.of} (${figure(ratio.low)}–${figure(ratio.high)})` : '';
    console.log(
      `  ${name.padEnd(52)} ${figure(value).padStart(9)} ${unit.padEnd(14)}${against}${note ? `  [${note}]` : ''}`,
    );
  }
}
