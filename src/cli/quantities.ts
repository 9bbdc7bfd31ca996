// Quantities as people type them: a number with its unit, and nothing else. What could be meant in two ways is refused.
import { GalerkinError } from '../base/index.js';

const durations: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1000, min: 60_000, h: 3_600_000 };
const sizes: Readonly<Record<string, number>> = {
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};
const decimal = /^(\d+(?:\.\d+)?|\.\d+)\s?([A-Za-z]+|%)$/;

interface Form {
  readonly flag: string;
  readonly wanted: string;
  readonly units: Readonly<Record<string, number>>;
}

function quantity(text: string, { flag, wanted, units }: Form): number {
  const [, digits = '', unit = ''] = decimal.exec(text.trim()) ?? [];
  const value = Object.hasOwn(units, unit) ? Number(digits) * (units[unit] ?? Number.NaN) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw new GalerkinError('ARGUMENT_INVALID', { flag, wanted, got: text.slice(0, 60) });
}

/** Milliseconds of '10ms', '1.5s', '2min'; above 0. @throws ARGUMENT_INVALID */
export function parseDuration(flag: string, text: string): number {
  const wanted = "a time above 0 with its unit (us, ms, s, min, h), such as '10ms'";
  const value = quantity(text, { flag, wanted, units: durations });
  if (value > 0) return value;
  throw new GalerkinError('ARGUMENT_INVALID', { flag, wanted, got: text.slice(0, 60) });
}

/** The part that '0.5%' is: 0.005. The sign is needed, for 0.5 could mean half. @throws ARGUMENT_INVALID */
export const parsePercent = (flag: string, text: string): number =>
  quantity(text, { flag, wanted: "a percentage with its sign, such as '0.5%'", units: { '%': 0.01 } });

/** Bytes of '512MB' or '1GiB'. @throws ARGUMENT_INVALID */
export const parseBytes = (flag: string, text: string): number =>
  quantity(text, { flag, wanted: "a size with its unit (kB, MB, GB, KiB, MiB, GiB), such as '512MB'", units: sizes });

/** Whole numbers from 1, with commas between. @throws ARGUMENT_INVALID */
export function parseCounts(flag: string, text: string): number[] {
  const counts = text.split(',').map(part => (/^\s*[1-9]\d{0,8}\s*$/.test(part) ? Number(part) : Number.NaN));
  if (counts.every(Number.isFinite)) return counts;
  const wanted = "whole numbers from 1 with commas between, such as '1,8,32'";
  throw new GalerkinError('ARGUMENT_INVALID', { flag, wanted, got: text.slice(0, 60) });
}
