// gRPC's statuses: their numbers, and which of them each of our errors is.
import type { ErrorCode, GalerkinError } from '../../base/index.js';

export const statusCodes = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export type StatusName = keyof typeof statusCodes;

/** How a call ended. */
export interface Status {
  readonly code: StatusName;
  readonly message: string;
}

export const ok: Status = Object.freeze({ code: 'OK', message: '' });

/** Errors whose gRPC status says more than their HTTP status does. */
const byCode: ReadonlyMap<string, StatusName> = new Map(
  Object.entries({
    MODEL_NOT_READY: 'UNAVAILABLE',
    REQUEST_TOO_LARGE: 'RESOURCE_EXHAUSTED',
    REQUEST_TIMEOUT: 'DEADLINE_EXCEEDED',
    REQUEST_CANCELLED: 'CANCELLED',
    ENCODING_UNSUPPORTED: 'UNIMPLEMENTED',
    ANSWER_REJECTED: 'FAILED_PRECONDITION',
  } satisfies Partial<Record<ErrorCode, StatusName>>),
);

const byHttp: ReadonlyMap<number, StatusName> = new Map([
  [400, 'INVALID_ARGUMENT'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [408, 'DEADLINE_EXCEEDED'],
  [409, 'ALREADY_EXISTS'],
  [413, 'RESOURCE_EXHAUSTED'],
  [422, 'FAILED_PRECONDITION'],
  [429, 'RESOURCE_EXHAUSTED'],
  [499, 'CANCELLED'],
  [501, 'UNIMPLEMENTED'],
  [502, 'UNAVAILABLE'],
  [503, 'UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
]);

/** The status of one of our errors; 4xx that nobody listed are the client's fault, all else is ours. */
export function statusNameOf(error: GalerkinError): StatusName {
  const known = byCode.get(error.code) ?? byHttp.get(error.http);
  return known ?? (error.http >= 400 && error.http < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL');
}

/** Longest text of a status: headers are small. */
const maxMessageLength = 2000;

/** A status text as a header carries it: printable ASCII, everything else in percent form. */
export function percentEncode(text: string): string {
  const short = text.length > maxMessageLength ? `${text.slice(0, maxMessageLength)}…` : text;
  let isPlain = true;
  for (let k = 0; k < short.length && isPlain; k++) {
    const code = short.charCodeAt(k);
    isPlain = code >= 0x20 && code < 0x7f && code !== 0x25;
  }
  if (isPlain) return short;
  let encoded = '';
  for (const byte of Buffer.from(short, 'utf8')) {
    const isOwn = byte >= 0x20 && byte < 0x7f && byte !== 0x25;
    encoded += isOwn ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
