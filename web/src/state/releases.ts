// Releases as the page knows them: a list, one that is looked at, and a tick that asks for both no more than once a second.
import { type Failure, RequestFailure, toFailure } from '../api/failure.js';
import type { ReleaseEvidence, ReleaseStatus } from '../api/release-schemas.js';
import {
  fetchEvidence,
  fetchReleases,
  type Listener,
  listenToReleases,
  type ReleaseCommand,
  sendCommand,
  type Word,
} from '../api/releases.js';
import { createStore, type Store } from './store.js';

export interface ReleasesState {
  /** 'off': the server knows nothing of releases. */
  readonly desk: 'asking' | 'on' | 'off';
  readonly list: readonly ReleaseStatus[];
  readonly listFailure: Failure | undefined;
  readonly id: string | undefined;
  /** Of `id`. */
  readonly evidence: ReleaseEvidence | undefined;
  readonly evidenceFailure: Failure | undefined;
  /** True if news come over the WebSocket. */
  readonly isLive: boolean;
  readonly commandFailure: Failure | undefined;
}

/** The server, as releases need it. */
export interface ReleasesSource {
  readonly releases: () => Promise<readonly ReleaseStatus[]>;
  readonly evidence: (id: string) => Promise<ReleaseEvidence>;
  readonly command: (id: string, command: ReleaseCommand, word: Word) => Promise<ReleaseStatus>;
  readonly listen: (listener: Listener) => () => void;
  /** Milliseconds, for distances only. */
  readonly now: () => number;
}

export const server: ReleasesSource = {
  releases: fetchReleases,
  evidence: fetchEvidence,
  command: sendCommand,
  listen: listenToReleases,
  now: () => performance.now(),
};

export interface Releases {
  readonly store: Store<ReleasesState>;
  /** The release that is looked at; undefined for the list alone. */
  readonly look: (id: string | undefined) => void;
  /** Asks for what is due; call it each second while the page is seen. Resolves when the answers are in. */
  readonly tick: () => Promise<void>;
  /** Makes the next tick ask, as soon as a second has passed since the last time. */
  readonly hurry: () => void;
  /** News over the WebSocket until the returned function is called. */
  readonly listen: () => () => void;
  /** True if it was obeyed. */
  readonly command: (command: ReleaseCommand, word: Word) => Promise<boolean>;
}

const listEveryMs = 10_000;
const evidenceEveryMs = 1000;
/** Of a release that has ended: only what was written down late may come. */
const stillEveryMs = 30_000;
/** A server that takes long to answer is asked more rarely. */
const restFactor = 4;

const finalPhases: readonly string[] = ['promoted', 'aborted', 'reported'];
export const isFinal = ({ phase }: Pick<ReleaseStatus, 'phase'>): boolean => finalPhases.includes(phase);

/** One kind of question: at most one at a time, and not again before its time unless something happened. */
function question(now: () => number) {
  let isOpen = false;
  let dueMs = Number.NEGATIVE_INFINITY;
  let askedMs = Number.NEGATIVE_INFINITY;
  return {
    /** Due at once, but not within a second of the last time. */
    hurry: () => {
      dueMs = Math.min(dueMs, askedMs + evidenceEveryMs);
    },
    /** @param everyMs is asked once the answer is in */
    async ask(everyMs: () => number, work: () => Promise<void>): Promise<void> {
      if (isOpen || now() < dueMs) return;
      isOpen = true;
      askedMs = now();
      dueMs = Number.POSITIVE_INFINITY;
      await work();
      isOpen = false;
      dueMs = Math.min(dueMs, Math.max(askedMs + everyMs(), now() + restFactor * (now() - askedMs)));
    },
  };
}

const merged = (list: readonly ReleaseStatus[], status: ReleaseStatus): readonly ReleaseStatus[] =>
  list.some(({ id }) => id === status.id)
    ? list.map(each => (each.id === status.id ? status : each))
    : [status, ...list];

export function createReleases(source: ReleasesSource = server): Releases {
  const store = createStore<ReleasesState>({
    ...{
      desk: 'asking',
      list: [],
      listFailure: undefined,
      id: undefined,
      evidence: undefined,
      evidenceFailure: undefined,
    },
    ...{ isLive: false, commandFailure: undefined },
  });
  const { get, set } = store;
  const forList = question(source.now);
  let forEvidence = question(source.now);

  const hear = (status: ReleaseStatus): void => {
    const { list, evidence, id } = get();
    set({ desk: 'on', list: merged(list, status) });
    if (status.id === id && evidence !== undefined) set({ evidence: { ...evidence, status } });
    forList.hurry();
    if (status.id === id) forEvidence.hurry();
  };

  const askList = async (): Promise<void> => {
    try {
      set({ list: await source.releases(), desk: 'on', listFailure: undefined });
    } catch (thrown) {
      if (thrown instanceof RequestFailure && thrown.status === 404) set({ desk: 'off', listFailure: undefined });
      else set({ listFailure: toFailure(thrown) });
    }
  };

  const askEvidence = async (id: string): Promise<void> => {
    try {
      const evidence = await source.evidence(id);
      if (get().id === id) set({ evidence, evidenceFailure: undefined, list: merged(get().list, evidence.status) });
    } catch (thrown) {
      if (get().id === id) set({ evidenceFailure: toFailure(thrown) });
    }
  };

  return {
    store,
    look(id) {
      if (id === get().id) return;
      forEvidence = question(source.now);
      set({ id, evidence: undefined, evidenceFailure: undefined, commandFailure: undefined });
    },
    async tick() {
      const { id, desk } = get();
      const isStill = (): boolean => {
        const { evidence } = get();
        return evidence !== undefined && isFinal(evidence.status);
      };
      await Promise.all([
        forList.ask(() => (get().desk === 'asking' ? evidenceEveryMs : listEveryMs), askList),
        id !== undefined && desk !== 'off'
          ? forEvidence.ask(
              () => (isStill() ? stillEveryMs : evidenceEveryMs),
              () => askEvidence(id),
            )
          : undefined,
      ]);
    },
    hurry() {
      forList.hurry();
      forEvidence.hurry();
    },
    listen: () => source.listen({ onStatus: hear, onLive: isLive => set({ isLive }) }),
    async command(command, word) {
      const { id } = get();
      if (id === undefined) return false;
      try {
        hear(await source.command(id, command, word));
        set({ commandFailure: undefined });
        return true;
      } catch (thrown) {
        set({ commandFailure: toFailure(thrown) });
        return false;
      }
    },
  };
}
