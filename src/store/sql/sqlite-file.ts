// The file of an embedded database: made with narrow rights, opened, and locked for this process alone.
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type Libsql from 'libsql';
import { type Clock, GalerkinError } from '../../base/index.js';
import { systemCode } from '../failures.js';
import { sqlFault } from './faults.js';
import { forgetHolder, holderOf, noteHolder } from './holder.js';
import { inMemory } from './place.js';

export interface SqliteFile {
  readonly raw: Libsql.Database;
  close(): void;
}

/**
 * Opens `path` (or ':memory:'), makes it and its folder where they are missing, and locks it until `close`.
 * The lock is the operating system's: it ends with the process, however that ends.
 * @throws DATABASE_IN_USE when this or another process has it, DATABASE_UNREACHABLE when it cannot be read or written,
 *   DATABASE_FAILED when it is no database.
 */
export async function openSqliteFile(path: string, clock: Clock): Promise<SqliteFile> {
  const { default: Database } = await import('libsql');
  if (path !== inMemory) makeFile(path);
  let raw: Libsql.Database | undefined;
  try {
    raw = new Database(path, { timeout: 0 });
    lock(raw);
  } catch (cause) {
    raw?.close();
    if (systemCode(cause).startsWith('SQLITE_BUSY'))
      throw new GalerkinError('DATABASE_IN_USE', { place: path, holder: holderOf(path) }, { cause });
    throw sqlFault(path, 'open', cause);
  }
  if (path !== inMemory) noteHolder(path, clock.now());
  return { raw, close: () => closeFile(raw, path) };
}

/** The locking mode comes first: the log is then kept without shared memory, and the first write keeps the lock. */
function lock(raw: Libsql.Database): void {
  raw.pragma('locking_mode = EXCLUSIVE');
  raw.pragma('journal_mode = WAL');
  raw.pragma('synchronous = FULL');
  raw.pragma('foreign_keys = ON');
  raw.exec('begin immediate; commit');
}

/** Step by step: Node's own recursion never ends where a folder exists in which none can be made, such as /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (cause) {
    // Somebody else may have been faster.
    if (systemCode(cause) !== 'EEXIST') throw cause;
  }
}

/** Only ever with O_EXCL: to close a second handle on a file that this process has locked would give up its lock (POSIX). */
function makeFile(path: string): void {
  try {
    makeFolder(dirname(path));
    closeSync(openSync(path, 'wx', 0o600));
  } catch (cause) {
    if (systemCode(cause) !== 'EEXIST') throw sqlUnreachable(path, cause);
    checkFile(path);
  }
}

function checkFile(path: string): void {
  try {
    if (statSync(path).isDirectory())
      throw new GalerkinError('DATABASE_UNREACHABLE', { place: path, why: 'it is a folder, not a file' });
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw sqlUnreachable(path, cause);
  }
}

function sqlUnreachable(place: string, cause: unknown): unknown {
  if (cause instanceof GalerkinError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new GalerkinError('DATABASE_UNREACHABLE', { place, why }, { cause });
}

/**
 * The binding keeps a file open, and locked, until its prepared statements are collected as garbage. So the log is
 * folded into the file first, and a read in normal locking mode lets the lock go.
 */
function closeFile(raw: Libsql.Database, path: string): void {
  if (!raw.open) return;
  if (path !== inMemory) forgetHolder(path);
  try {
    if (raw.inTransaction) raw.exec('rollback');
    raw.pragma('journal_mode = DELETE');
    raw.pragma('locking_mode = NORMAL');
    raw.prepare('select count(*) from sqlite_master').all();
  } finally {
    raw.close();
  }
}
