// The one database of a control plane: releases, versions and the fleet in it together.
import { dirname } from 'node:path';
import { GalerkinError, makeFolders } from '../../base/index.js';
import {
  type ReleaseTables,
  type ReplicaTables,
  releaseMigrations,
  replicaMigrations,
  type VersionTables,
  versionMigrations,
} from '../../control/index.js';
import { openSql, type SqlDatabase } from '../../store/index.js';
import type { DatabasePlace } from './options.js';

export type ControlTables = ReleaseTables & VersionTables & ReplicaTables;
export type ControlDatabase = SqlDatabase<ControlTables>;

const migrations = [...releaseMigrations, ...versionMigrations, ...replicaMigrations];

function refuse(path: string, cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new GalerkinError('FILE_WRITE_FAILED', { path, reason }, { cause });
}

/** @throws FILE_WRITE_FAILED; what openSql throws */
export async function openControlDatabase({ url, isUsual }: DatabasePlace): Promise<ControlDatabase> {
  if (isUsual) await makeFolders(dirname(url)).catch(cause => refuse(dirname(url), cause));
  return openSql<ControlTables>({ url, migrations });
}

/** A database that is gone when it is closed. */
export const openNothing = (): Promise<ControlDatabase> =>
  openSql<ControlTables>({ url: 'sqlite::memory:', migrations });
