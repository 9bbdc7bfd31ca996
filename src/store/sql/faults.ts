// What the engines throw, turned into our errors: did the database not answer, or did it refuse?
import { GalerkinError, isGalerkinError } from '../../base/index.js';
import { systemCode } from '../failures.js';

/** SQLSTATE of PostgreSQL, the name of SQLite's result, or the system's code, of the error or of what caused it; '' for none. */
export function sqlCode(error: unknown): string {
  const own = systemCode(error);
  return isGalerkinError(error) && own.startsWith('DATABASE_') ? systemCode(error.cause) : own;
}

const unreachable: ReadonlySet<string> = new Set([
  // PostgreSQL: shut down, starting, too many connections, no such database, wrong user or password.
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '3D000',
  '28000',
  '28P01',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'ENOENT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);
const unreadable = /^SQLITE_(CANTOPEN|READONLY|IOERR|FULL|PERM|AUTH|BUSY|PROTOCOL)/;
const damaged = /^SQLITE_(NOTADB|CORRUPT)/;
/** What the client of PostgreSQL says, without a code, when the connection is the trouble. */
const connectionLost =
  /connection terminated|connection ended|client has encountered a connection error|client was closed|timeout exceeded when trying to connect|query read timeout|after calling end on the pool|server does not support ssl/i;

/** The error to show for `cause`, which was thrown while the database was to do `what`. Our own errors pass as they are. */
export function sqlFault(place: string, what: string, cause: unknown): GalerkinError {
  if (isGalerkinError(cause)) return cause;
  const code = systemCode(cause);
  const message = cause instanceof Error && cause.message !== '' ? cause.message : code || String(cause);
  if (damaged.test(code)) {
    const why = `the file is damaged, or is no SQLite database (${message})`;
    return new GalerkinError('DATABASE_FAILED', { place, what, why }, { cause });
  }
  const why = code === '' || message.includes(code) ? message : `${message} (${code})`;
  const isAway = unreachable.has(code) || /^08...$/.test(code) || unreadable.test(code);
  return isAway || (code === '' && connectionLost.test(message))
    ? new GalerkinError('DATABASE_UNREACHABLE', { place, why }, { cause })
    : new GalerkinError('DATABASE_FAILED', { place, what, why }, { cause });
}

const duplicates: ReadonlySet<string> = new Set(['23505', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY']);

/** True where a statement failed because a row with such a key exists already. */
export const isDuplicate = (error: unknown): boolean => duplicates.has(sqlCode(error));
