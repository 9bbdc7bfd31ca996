// How a command ends: a result for people or as one line of JSON, an error as a sentence with its code, and an exit code.
import { isGalerkinError } from '../base/index.js';

/** Prints `value` as JSON for machines, or the lines of `text` for people. */
export function report(json: boolean, value: object, text: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text()}\n`);
}

/** Prints an error to stderr and sets the exit code from the error table; 70 for what is not ours. */
export function reportError(json: boolean, error: unknown): void {
  const { code, message, exit } = describeError(error);
  process.stderr.write(json ? `${JSON.stringify({ error: { code, message } })}\n` : `galerkin: ${message} [${code}]\n`);
  process.exitCode = exit;
}

function describeError(error: unknown): { code: string; message: string; exit: number } {
  if (isGalerkinError(error)) return error;
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'BUG', message, exit: 70 };
}

/** Two-column lines, names padded to one width. */
export function facts(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

/** A table with aligned columns; the first row is the head. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  return rows
    .map(row =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export const percent = (value: number): string => `${(100 * value).toPrecision(3)} %`;
