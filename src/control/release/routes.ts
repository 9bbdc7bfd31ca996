// The route that a replica is to obey, from a release's status alone: what any controller would order, whoever went before it.
import { type Route, wholeShare } from '../../model/index.js';
import { baselineBefore, baselineIn } from './even-share.js';
import type { ReplicaView } from './measurements.js';
import type { ReleaseStatus, Stage } from './status.js';

export interface RouteOptions {
  readonly term: number;
  /** Of the replica among the release's members. */
  readonly index: number;
  /** False: the candidate is named, so that it is loaded, and gets nothing. */
  readonly isCandidateReady: boolean;
}

/** What differs from phase to phase; written in the schema's order, so that equal routes are equal texts. */
type Plan = Omit<Route, 'model' | 'fence'>;
type Named = Pick<ReleaseStatus, 'candidate' | 'baseline'>;

const plain = { rules: [], salt: '', mirrors: [] };

/** Both versions loaded; the candidate's part of the traffic. */
const both = ({ candidate, baseline }: Named, share: number): Pick<Plan, 'stable' | 'shares'> => ({
  stable: baseline,
  shares: [
    { version: baseline, share: wholeShare - share },
    { version: candidate, share },
  ],
});

/** One version answers, and no other is named: what else was loaded is let go. */
const alone = (version: number): Plan => ({
  stable: version,
  shares: [{ version, share: wholeShare }],
  ...plain,
});

/** As a stage says, where it has come to the replica; before that, copies at most. */
function staged(status: ReleaseStatus, stage: Stage, index: number): Plan {
  const { candidate, spec, id } = status;
  const isReached = stage.replicas === 'all' || index < stage.replicas;
  const { truth, freshBaseline } = spec;
  const { sticky, mirrorShare } = stage;
  const copies = mirrorShare > 0;
  return {
    ...both(status, isReached ? stage.candidateShare : 0),
    rules: isReached ? stage.rules.map(when => ({ version: candidate, when })) : [],
    ...(sticky !== undefined && { sticky }),
    salt: id,
    mirrors: copies ? [{ version: candidate, share: mirrorShare }] : [],
    ...(freshBaseline && baselineIn(stage, isReached)),
    ...(copies && truth !== undefined && { checks: { model: truth.model, share: truth.share } }),
  };
}

/** What the model's own policy serves, the newest first: loaded, and then left to the policy. */
const ofPolicy = ([newest = 1, ...others]: readonly number[]): Plan => ({
  stable: newest,
  shares: [{ version: newest, share: wholeShare }, ...others.slice(0, 15).map(version => ({ version, share: 0 }))],
  ...plain,
  policy: true,
});

function planOf(status: ReleaseStatus, { index, isCandidateReady }: RouteOptions): Plan | undefined {
  if (status.unrouted !== undefined) return ofPolicy(status.unrouted.versions);
  const stage = status.stages[status.stage];
  const fresh = status.spec.freshBaseline ? baselineBefore(status.stages) : {};
  const prepared = (): Plan => ({ ...both(status, 0), ...plain, ...fresh });
  switch (status.phase) {
    case 'pending':
      return undefined;
    case 'preparing':
      return prepared();
    case 'running':
    case 'paused':
      return isCandidateReady && stage !== undefined ? staged(status, stage, index) : prepared();
    case 'promoting':
      return isCandidateReady ? { ...both(status, wholeShare), ...plain } : prepared();
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
  const plan = planOf(status, options);
  return plan && { model: status.spec.model, fence: { term: options.term, revision: status.revision }, ...plan };
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

type Shares = Route['shares'];

const sameShares = (a: Shares, b: Shares): boolean =>
  a.length === b.length && a.every(({ version, share }, k) => version === b[k]?.version && share === b[k]?.share);

/** What few routes have, as text: members that are undefined do not come over a wire. */
const trimmings = ({ rules, sticky, baseline, checks, policy }: Route): string =>
  JSON.stringify([rules, sticky ?? null, baseline ?? null, checks ?? null, policy ?? null]);

/** True for the same order from the same controller, whichever way it came. */
export function sameRoute(a: Route | undefined, b: Route | undefined): boolean {
  if (a === undefined || b === undefined || a === b) return a === b;
  const isSameOrder = a.fence.term === b.fence.term && a.fence.revision === b.fence.revision && a.model === b.model;
  return (
    isSameOrder &&
    a.stable === b.stable &&
    a.salt === b.salt &&
    sameShares(a.shares, b.shares) &&
    sameShares(a.mirrors, b.mirrors) &&
    trimmings(a) === trimmings(b)
  );
}
