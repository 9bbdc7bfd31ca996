// One collector at a time, and what a collector that was killed left behind.
import { rm } from 'node:fs/promises';
import type { Repository } from '../../model/index.js';
import type { Office, SqlDatabase } from '../../store/index.js';
import { bringBack, leftAside } from './remove-folder.js';
import { patchRow, rowsOf } from './rows.js';
import type { VersionTables } from './tables.js';

const collectorsOffice = 'versions/garbage';

/** Removals that were killed are ended or taken back. Only whoever holds the office may. */
export async function settleRemovals({
  database,
  repository,
}: {
  readonly database: SqlDatabase<VersionTables>;
  readonly repository: Repository;
}): Promise<void> {
  const records = await rowsOf(database.query);
  for (const model of new Set(records.map(each => each.model))) {
    for (const { version, path } of await leftAside(repository.location, model)) {
      const row = records.find(each => each.model === model && each.version === version);
      if (row?.removing === 1) await bringBack(repository.location, { model, version }, path);
      else if (row?.present === 0) await rm(path, { recursive: true, force: true }).catch(() => undefined);
    }
  }
  for (const { model, version } of records.filter(({ removing }) => removing === 1)) {
    await patchRow(database.query, { model, version }, { removing: 0 });
  }
}

/** Runs `work` as the only collector; undefined if another process is at it. */
export async function asCollector<Result>(
  database: SqlDatabase<VersionTables>,
  work: (office: Office) => Promise<Result>,
): Promise<Result | undefined> {
  const office = await database.takeOffice(collectorsOffice);
  if (office === undefined) return undefined;
  try {
    return await work(office);
  } finally {
    await office.resign();
  }
}
