// How releases began and ended, told to the ledger of versions: again until it has heard, since a controller may be killed in between.
import type { SqlDatabase } from '../../store/index.js';
import type { Word } from './releases.js';
import { activeIds, findRelease, markTold, untoldReleases } from './shelf.js';
import type { ReleaseTables } from './tables.js';

/** Each is told at least once, maybe again: hearing the same twice changes nothing. */
export interface VersionLedger {
  /** A release of this version is under way. */
  candidate(model: string, version: number, word: Word, release: string): Promise<void>;
  promoted(model: string, version: number, word: Word, release: string): Promise<void>;
  refused(model: string, version: number, word: Word, release: string): Promise<void>;
}

export interface LedgerTellerOptions {
  readonly query: SqlDatabase<ReleaseTables>['query'];
  readonly ledger: VersionLedger | undefined;
  /** Told what the ledger would not hear; it is told again with the next call. */
  readonly onFault: (error: unknown) => void;
}

/** @returns the function that tells what the ledger has not heard; a release that it refuses to hear of keeps no other one back */
export function ledgerTeller({ query, ledger, onFault }: LedgerTellerOptions): () => Promise<void> {
  // Those that began are remembered only here: another process in office tells them once more.
  let begun = new Set<string>();

  const tellBegun = async (active: readonly string[]): Promise<void> => {
    begun = new Set(active.filter(id => begun.has(id)));
    for (const id of active.filter(each => !begun.has(each))) {
      try {
        const status = (await findRelease(query, id))?.status;
        if (status === undefined) continue;
        const { spec, candidate, startedBy: by } = status;
        await ledger?.candidate(spec.model, candidate, { by, why: spec.description }, id);
        begun.add(id);
      } catch (error) {
        onFault(error);
      }
    }
  };

  const tellEnded = async (): Promise<void> => {
    for (const { id, phase, spec, candidate, startedBy, reason } of await untoldReleases(query)) {
      const word = { by: startedBy, why: reason };
      try {
        if (phase === 'promoted') await ledger?.promoted(spec.model, candidate, word, id);
        if (phase === 'aborted') await ledger?.refused(spec.model, candidate, word, id);
        await markTold(query, id);
      } catch (error) {
        onFault(error);
      }
    }
  };

  return async () => {
    if (ledger !== undefined) await tellBegun(await activeIds(query));
    await tellEnded();
  };
}
