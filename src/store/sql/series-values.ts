// What may be put into a time series, and asked of it: refused here, because the two engines would take different things.
import { GalerkinError } from '../../base/index.js';
import type { SeriesColumns, SeriesShape } from './series-shape.js';

const fits = {
  text: (value: unknown) => typeof value === 'string',
  integer: (value: unknown) => Number.isSafeInteger(value),
  real: (value: unknown) => typeof value === 'number',
} as const;

const shown = (value: unknown): string =>
  String(typeof value === 'string' ? JSON.stringify(value) : value).slice(0, 80);

function faultOf(row: unknown, columns: SeriesColumns): string | undefined {
  if (typeof row !== 'object' || row === null) return `wanted a row, got ${shown(row)}`;
  const values = new Map<string, unknown>(Object.entries(row));
  const atMs = values.get('at_ms');
  if (!Number.isSafeInteger(atMs) || Number(atMs) < 0)
    return `at_ms: wanted whole milliseconds since the epoch, 0 or more, got ${shown(atMs)}`;
  for (const [column, type] of Object.entries(columns)) {
    const value = values.get(column);
    if (!fits[type](value)) return `${column}: wanted ${type}, got ${shown(value)}`;
  }
  return undefined;
}

/** @throws OPTIONS_INVALID with the first row that does not fit, and why */
export function checkRows<Columns extends SeriesColumns>(
  { name, columns }: SeriesShape<Columns>,
  rows: readonly unknown[],
): void {
  const refused = (fault: string) => new GalerkinError('OPTIONS_INVALID', { of: `append to ${name}`, faults: [fault] });
  if (!Array.isArray(rows)) throw refused(`wanted rows, got ${shown(rows)}`);
  for (const [place, row] of rows.entries()) {
    const fault = faultOf(row, columns);
    if (fault !== undefined) throw refused(`row ${place}: ${fault}`);
  }
}

/** The first whole millisecond that is not before a time; a time without end is the last there can be. @throws OPTIONS_INVALID */
export function wholeMs(of: string, name: string, time: unknown): number {
  if (typeof time !== 'number' || Number.isNaN(time))
    throw new GalerkinError('OPTIONS_INVALID', { of, faults: [`${name}: wanted milliseconds, got ${shown(time)}`] });
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.ceil(time)));
}

/** @throws OPTIONS_INVALID for what is no number of rows */
export function checkLimit(of: string, limit: unknown): void {
  if (limit === undefined || (Number.isSafeInteger(limit) && Number(limit) >= 0)) return;
  throw new GalerkinError('OPTIONS_INVALID', { of, faults: [`limit: wanted a whole number, got ${shown(limit)}`] });
}
