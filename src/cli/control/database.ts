// The one database of a control plane: releases, versions and the fleet in it together.
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
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

/** @throws what openSql throws */
export async function openControlDatabase({ url, isUsual }: DatabasePlace): Promise<ControlDatabase> {
  if (isUsual) await mkdir(dirname(url), { recursive: true });
  return openSql<ControlTables>({ url, migrations });
}

/** A database that is gone when it is closed. */
export const openNothing = (): Promise<ControlDatabase> =>
  openSql<ControlTables>({ url: 'sqlite::memory:', migrations });
