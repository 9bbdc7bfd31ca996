// A desk that opens when the first release starts: who never releases gets no database and pays nothing.
import { GalerkinError } from '../../base/index.js';
import type { ReleasePlan, Releases } from '../release/releases.js';
import type { ReleaseEvent, ReleaseStatus } from '../release/status.js';

export interface DeferredParts {
  /** True if there are releases to read: then reading opens the desk too. */
  readonly hasReleases: boolean;
  /** Asked again if it failed. */
  open(): Promise<Releases>;
  /** Plans on nothing that stays. */
  plan(...asked: Parameters<Releases['plan']>): Promise<ReleasePlan>;
}

type Listener = (event: ReleaseEvent & { readonly status: ReleaseStatus }) => void;

/** Reading before there is anything to read finds nothing; listeners hear of releases from the first one on. */
export function deferredReleases({ hasReleases, open, plan }: DeferredParts): Releases {
  let opening: Promise<Releases> | undefined;
  const listeners = new Set<Listener>();

  const desk = (): Promise<Releases> => {
    opening ??= open().then(
      releases => {
        releases.subscribe(event => {
          for (const listener of listeners) listener(event);
        });
        return releases;
      },
      (error: unknown) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  };
  const isThere = (): boolean => hasReleases || opening !== undefined;
  const known = (id: string): Promise<Releases> => {
    if (isThere()) return desk();
    throw new GalerkinError('RELEASE_UNKNOWN', { id: id.slice(0, 80), known: [] });
  };
  return {
    plan: async document => (isThere() ? (await desk()).plan(document) : plan(document)),
    async start(document, word) {
      // What would be refused makes no database either.
      const { model, faults } = isThere() ? { model: '', faults: [] } : await plan(document);
      if (faults.length > 0) throw new GalerkinError('RELEASE_REFUSED', { model, why: `${faults.join('; ')}.` });
      return (await desk()).start(document, word);
    },
    command: async (id, command, word) => (await known(id)).command(id, command, word),
    async unroute(model, word, options) {
      if (!isThere()) throw new GalerkinError('ROUTE_ABSENT', { model: model.slice(0, 200) });
      return (await desk()).unroute(model, word, options);
    },
    prune: async options =>
      isThere() ? (await desk()).prune(options) : { dryRun: options?.dryRun === true, releases: [] },
    status: async id => (await known(id)).status(id),
    list: async filter => (isThere() ? (await desk()).list(filter) : []),
    evidence: async id => (await known(id)).evidence(id),
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
