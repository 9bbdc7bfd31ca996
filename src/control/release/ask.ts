// Commands as rows: any process asks, whoever is in office executes.
import { GalerkinError } from '../../base/index.js';
import type { SqlDatabase } from '../../store/index.js';
import { commandsIn } from './commands.js';
import type { Word } from './releases.js';
import { findRelease } from './shelf.js';
import type { ReleaseCommand, ReleaseStatus } from './status.js';
import type { ReleaseTables } from './tables.js';

type Database = SqlDatabase<ReleaseTables>;

/** @throws RELEASE_UNKNOWN */
export async function statusOf({ query }: Pick<Database, 'query'>, id: string): Promise<ReleaseStatus> {
  const found = await findRelease(query, id);
  if (found !== undefined) return found.status;
  const latest = await query.selectFrom('release').select('id').orderBy('started_at_ms', 'desc').limit(5).execute();
  throw new GalerkinError('RELEASE_UNKNOWN', { id, known: latest.map(row => row.id) });
}

export interface Asked {
  readonly id: string;
  readonly command: ReleaseCommand;
  readonly word: Word;
  readonly nowMs: number;
}

/**
 * Writes a command down.
 * @returns the release as it stands before the command is executed
 * @throws RELEASE_UNKNOWN, RELEASE_PHASE
 */
export function ask(database: Database, { id, command, word, nowMs }: Asked): Promise<ReleaseStatus> {
  return database.transaction(async query => {
    const status = await statusOf({ query }, id);
    const { phase } = status;
    const allowed = commandsIn(phase);
    if (!allowed.includes(command)) throw new GalerkinError('RELEASE_PHASE', { id, what: command, phase, allowed });
    const row = { release: id, command, by_whom: word.by, why: word.why, at_ms: nowMs };
    await query.insertInto('release_command').values(row).execute();
    return status;
  });
}
