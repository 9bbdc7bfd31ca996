// Error codes of state in SQL.
import { entry } from './entry.js';

export const sqlErrors = {
  DATABASE_IN_USE: entry<{ place: string; holder: string }>({
    http: 503,
    exit: 69,
    message: ({ place, holder }) =>
      `The database ${place} is in use by ${holder}. One process has an embedded database to itself: stop that one, name another file, or give several processes a PostgreSQL URL.`,
    doc: 'A second process opened the file of an embedded database. Two at once could lose rows, so the second is refused.',
  }),
  DATABASE_UNREACHABLE: entry<{ place: string; why: string }>({
    http: 503,
    exit: 69,
    message: ({ place, why }) => `The database ${place} does not answer: ${why}.`,
    doc: 'The database could not be reached, refused the user, or its file cannot be read or written.',
  }),
  DATABASE_URL_INVALID: entry<{ got: string }>({
    http: 400,
    exit: 2,
    message: ({ got }) => `Wanted sqlite:<path>, postgres://… or the path of a file for the database, got '${got}'.`,
    doc: 'The URL of a database names no engine that is known.',
  }),
  DATABASE_NEWER: entry<{ place: string; unknown: readonly string[] }>({
    http: 503,
    exit: 65,
    message: ({ place, unknown }) =>
      `The database ${place} was written by a newer version of this program (unknown migrations: ${unknown.join(', ')}). Use that version, or another database.`,
    doc: 'The tables have been migrated further than this version knows. Nothing was changed.',
  }),
  DATABASE_FAILED: entry<{ place: string; what: string; why: string }>({
    http: 500,
    exit: 74,
    message: ({ place, what, why }) => `The database ${place} refused to ${what}: ${why}.`,
    doc: 'A statement or a migration failed in the database. What was under way was rolled back.',
  }),
};
