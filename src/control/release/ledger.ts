// How releases ended, told to the ledger of versions: again until it has heard, since a controller may be killed in between.
import type { SqlDatabase } from '../../store/index.js';
import type { Word } from './releases.js';
import { markTold, untoldReleases } from './shelf.js';
import type { ReleaseTables } from './tables.js';

/** Both are told at least once, maybe again: hearing the same twice changes nothing. */
export interface VersionLedger {
  promoted(model: string, version: number, word: Word, release: string): Promise<void>;
  refused(model: string, version: number, word: Word, release: string): Promise<void>;
}

export async function tellLedger(
  query: SqlDatabase<ReleaseTables>['query'],
  ledger: VersionLedger | undefined,
): Promise<void> {
  for (const { id, phase, spec, candidate, startedBy, reason } of await untoldReleases(query)) {
    const word = { by: startedBy, why: reason };
    if (phase === 'promoted') await ledger?.promoted(spec.model, candidate, word, id);
    if (phase === 'aborted') await ledger?.refused(spec.model, candidate, word, id);
    await markTold(query, id);
  }
}
