// Reading JSON from a server without believing it: what has another form is a PROTOCOL error that names the place.
import { GalerkinClientError } from './errors.js';

export type JsonRecord = Readonly<Record<string, unknown>>;

const wrong = (place: string, wanted: string): GalerkinClientError =>
  new GalerkinClientError('PROTOCOL', `The server's answer is not as KServe v2 says: ${place} should be ${wanted}.`);

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function record(value: unknown, place: string): JsonRecord {
  if (isRecord(value)) return value;
  throw wrong(place, 'an object');
}

export function list(value: unknown, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong(place, 'a list');
}

export function text(value: unknown, place: string): string {
  if (typeof value === 'string') return value;
  throw wrong(place, 'a text');
}

/** A size or a count: a safe integer, not negative. */
export function count(value: unknown, place: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(place, 'an integer, 0 or more');
}

/** Parses a whole body. */
export function parseJson(body: string, place: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new GalerkinClientError('PROTOCOL', `The server's answer is not as KServe v2 says: ${place} is no JSON.`, {
      cause,
    });
  }
}
