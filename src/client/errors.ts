// The one error this room throws: what went wrong as a code to switch on, the server's status, and its words.

/**
 * ARGUMENT: the call itself is wrong and nothing was sent. CONNECTION: nobody answered, or the answer broke off.
 * DEADLINE: `deadlineMs` has passed. ABORTED: the caller's signal. REFUSED: the server says the request is wrong (4xx).
 * UNAVAILABLE: the server says later (429, 503). SERVER: it failed (5xx). PROTOCOL: its answer is not what v2 says.
 */
export type ClientErrorCode =
  | 'ARGUMENT'
  | 'CONNECTION'
  | 'DEADLINE'
  | 'ABORTED'
  | 'REFUSED'
  | 'UNAVAILABLE'
  | 'SERVER'
  | 'PROTOCOL';

export interface ClientErrorFacts {
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** What the server sent beside its words, such as the figures of an answer that the guard rejected. */
  readonly facts?: Readonly<Record<string, unknown>>;
  /** How long the server asked to wait. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

export class GalerkinClientError extends Error {
  override readonly name = 'GalerkinClientError';
  readonly code: ClientErrorCode;
  readonly status: number | undefined;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ClientErrorCode,
    message: string,
    { status, facts = {}, retryAfterMs, cause }: ClientErrorFacts = {},
  ) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
    this.status = status;
    this.facts = facts;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The code of an HTTP status that is no success. */
export function codeOfStatus(status: number): ClientErrorCode {
  if (status === 429 || status === 503) return 'UNAVAILABLE';
  return status >= 500 ? 'SERVER' : 'REFUSED';
}
