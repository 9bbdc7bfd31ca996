// The route that a replica is to obey, from a release's status alone: what any controller would order, whoever went before it.
import { isDeepStrictEqual } from 'node:util';
import { parseRoute, type Route, type RouteDraft, wholeShare } from '../../model/index.js';
import type { ReplicaView } from './measurements.js';
import type { ReleaseStatus, Stage } from './status.js';

export interface RouteOptions {
  readonly term: number;
  /** Of the replica among the release's members. */
  readonly index: number;
  /** False: the candidate is named, so that it is loaded, and gets nothing. */
  readonly isCandidateReady: boolean;
}

type Named = Pick<ReleaseStatus, 'candidate' | 'baseline'>;

/** Both versions loaded, the baseline answers. */
const prepared = ({ candidate, baseline }: Named): Partial<RouteDraft> => ({
  stable: baseline,
  shares: [
    { version: baseline, share: wholeShare },
    { version: candidate, share: 0 },
  ],
});

/** One version answers, and no other is named: what else was loaded is let go. */
const alone = (version: number): Partial<RouteDraft> => ({
  stable: version,
  shares: [{ version, share: wholeShare }],
});

/** As a stage says, where it has come to the replica; before that, copies at most. */
function staged(status: ReleaseStatus, stage: Stage, index: number): Partial<RouteDraft> {
  const { candidate, baseline, spec, id } = status;
  const isReached = stage.replicas === 'all' || index < stage.replicas;
  const share = isReached ? stage.candidateShare : 0;
  const { truth } = spec;
  const copies = stage.mirrorShare > 0;
  return {
    stable: baseline,
    shares: [
      { version: baseline, share: wholeShare - share },
      { version: candidate, share },
    ],
    rules: isReached ? stage.rules.map(when => ({ version: candidate, when })) : [],
    ...(stage.sticky !== undefined && { sticky: stage.sticky }),
    salt: id,
    mirrors: copies ? [{ version: candidate, share: stage.mirrorShare }] : [],
    ...(copies && truth !== undefined && { checks: { model: truth.model, share: truth.share } }),
  };
}

/** All to the candidate, with the baseline still loaded. */
const promoting = ({ candidate, baseline }: Named): Partial<RouteDraft> => ({
  stable: baseline,
  shares: [
    { version: baseline, share: 0 },
    { version: candidate, share: wholeShare },
  ],
});

function draftOf(status: ReleaseStatus, { index, isCandidateReady }: RouteOptions): Partial<RouteDraft> | undefined {
  const stage = status.stages[status.stage];
  switch (status.phase) {
    case 'pending':
      return undefined;
    case 'preparing':
      return prepared(status);
    case 'running':
    case 'paused':
      return isCandidateReady && stage !== undefined ? staged(status, stage, index) : prepared(status);
    case 'promoting':
      return isCandidateReady ? promoting(status) : prepared(status);
    case 'promoted':
      return alone(status.candidate);
    case 'aborting':
    case 'aborted':
    case 'reported':
      return alone(status.baseline);
  }
}

/**
 * What a replica is to obey now; undefined before anything was ordered. The candidate gets a share only where it is ready. Two
 * calls with the same status give the same route, so that any controller may repeat what another one ordered.
 */
export function routeOf(status: ReleaseStatus, options: RouteOptions): Route | undefined {
  const draft = draftOf(status, options);
  const fence = { term: options.term, revision: status.revision };
  return draft && parseRoute({ model: status.spec.model, fence, ...draft });
}

/** The route for a replica as it was seen last. */
export const routeFor = (status: ReleaseStatus, view: ReplicaView, term: number): Route | undefined =>
  routeOf(status, {
    term,
    index: indexOf(status, view.name),
    isCandidateReady: view.ready.includes(status.candidate),
  });

/** A replica that joined after the last decision comes last. */
function indexOf({ members }: ReleaseStatus, name: string): number {
  const index = members.indexOf(name);
  return index === -1 ? members.length : index;
}

const plain = (route: Route): unknown => JSON.parse(JSON.stringify(route));

/** True for the same order from the same controller: a route that came over a wire lacks members that are undefined. */
export const sameRoute = (a: Route | undefined, b: Route | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && isDeepStrictEqual(plain(a), plain(b)));
