// The one error class: a code of the table, its facts, and a message that says wanted, got and what to do.
import { type ErrorCode, type ErrorFields, errorRows } from './table.js';

const brand = Symbol.for('galerkin.error');

/** Refusals of a busy server are made by the thousand, and where they were made says nothing: they carry no stack. */
const isBusy = (http: number): boolean => http === 429 || http === 499 || http === 503;

/** Thrown for bad input and failed surroundings; numerical failure is a value with a status instead. */
export class GalerkinError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'GalerkinError';
  readonly code: Code;
  readonly fields: ErrorFields<Code>;
  readonly http: number;
  readonly exit: number;
  readonly [brand] = true;

  constructor(code: Code, fields: ErrorFields<Code>, options?: ErrorOptions) {
    const row = errorRows[code];
    const { stackTraceLimit } = Error;
    if (isBusy(row.http)) Error.stackTraceLimit = 0;
    super(row.message(fields), options);
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.fields = fields;
    this.http = row.http;
    this.exit = row.exit;
  }
}

/** True for our errors, also across two copies of the package. */
export function isGalerkinError(error: unknown): error is GalerkinError {
  return typeof error === 'object' && error !== null && brand in error;
}

/** Throws BUG unless the condition holds: for what only our own mistake could break. */
export function invariant(condition: boolean, what: string): asserts condition {
  if (!condition) throw new GalerkinError('BUG', { what });
}
