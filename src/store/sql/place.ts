// Where a database is: the URL read once, and a name for messages that never holds a password.
import { resolve } from 'node:path';
import { GalerkinError } from '../../base/index.js';

export type SqlPlace =
  | { readonly engine: 'sqlite'; readonly place: string; readonly path: string }
  | { readonly engine: 'postgres'; readonly place: string; readonly connectionString: string };

export const inMemory = ':memory:';

const sqliteScheme = /^sqlite:(\/\/(?=\/))?/i;
const postgresScheme = /^postgres(ql)?:/i;
/** Two letters at least: one is a drive of Windows. */
const anyScheme = /^[a-z][a-z0-9+.-]+:/i;

/**
 * Reads `sqlite:<path>`, `sqlite::memory:`, `postgres://…` or the path of a file.
 * @throws DATABASE_URL_INVALID; its message shows no more of a URL than its scheme, for the rest may hold a password.
 */
export function sqlPlace(url: string): SqlPlace {
  if (postgresScheme.test(url)) return postgresPlace(url);
  const isSqlite = sqliteScheme.test(url);
  if (!isSqlite && anyScheme.test(url)) throw invalid(`${url.slice(0, url.indexOf(':'))}:…`);
  const path = isSqlite ? url.replace(sqliteScheme, '') : url;
  if (path.trim() === '' || path.includes('\0')) throw invalid(url.replaceAll('\0', '\\0'));
  if (path === inMemory) return { engine: 'sqlite', place: inMemory, path };
  const absolute = resolve(path);
  return { engine: 'sqlite', place: absolute, path: absolute };
}

function postgresPlace(url: string): SqlPlace {
  const parsed = parse(url);
  if (parsed === undefined || !/^postgres(ql)?:\/\//i.test(url))
    throw invalid('postgres:… (which is no URL; write special characters of the password as %xx)');
  const socket = parsed.searchParams.get('host');
  const user = parsed.username === '' ? '' : `${parsed.username}@`;
  const place = `postgres://${user}${parsed.host}${parsed.pathname}${socket === null ? '' : `?host=${socket}`}`;
  return { engine: 'postgres', place, connectionString: url };
}

function parse(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}

const invalid = (got: string): GalerkinError => new GalerkinError('DATABASE_URL_INVALID', { got });
