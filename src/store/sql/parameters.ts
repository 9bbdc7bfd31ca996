// Values that both engines take alike: text, numbers, null. All else is refused before an engine sees it.
import { GalerkinError } from '../../base/index.js';

function faultOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isNaN(value) ? 'not a number (NaN)' : undefined;
    case 'string':
      return value.includes('\0') ? 'text with a NUL character' : undefined;
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? undefined : 'an integer beyond 2^53';
    case 'boolean':
      return 'a boolean; write 0 or 1';
    case 'object':
      return value === null ? undefined : 'an object; write JSON as text, times as milliseconds';
    default:
      return `a value of type ${typeof value}`;
  }
}

/**
 * Throws unless every parameter is text without NUL, a number but NaN, or null.
 * The embedded engine's binding ends the whole process on a boolean, cuts text at a NUL and stores NaN and undefined as null.
 */
export function checkParameters(place: string, parameters: readonly unknown[]): void {
  for (const [k, value] of parameters.entries()) {
    const fault = faultOf(value);
    if (fault === undefined) continue;
    const why = `parameter ${k + 1} is ${fault}`;
    throw new GalerkinError('DATABASE_FAILED', { place, what: 'run a statement', why });
  }
}
