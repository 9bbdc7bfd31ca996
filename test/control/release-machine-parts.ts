// What the small worlds of the machine are made of: one object for all parts that are alike, so that each is looked at once.
import type { Route } from 'galerkin/model';
import type { ReplicaView } from '../../dist/control/release/measurements.js';
import type { ReleaseStatus } from '../../dist/control/release/status.js';

export interface SmallReplica {
  readonly isReachable: boolean;
  readonly route: Route | undefined;
  readonly ready: readonly number[];
  /** The candidate cannot be loaded any more. */
  readonly isBroken: boolean;
  readonly isLoadFailed: boolean;
  /** Orders under way, oldest first. */
  readonly mail: readonly Route[];
  /** What was last written down for it: what it obeys when it starts. */
  readonly standing: Route | undefined;
}

/** Found once for each object. */
export function remembered<Subject extends object, Value>(
  find: (subject: Subject) => Value,
): (subject: Subject) => Value {
  const known = new WeakMap<Subject, { readonly value: Value }>();
  return subject => {
    const before = known.get(subject);
    if (before !== undefined) return before.value;
    const value = find(subject);
    known.set(subject, { value });
    return value;
  };
}

/** The first of all that have the same key. */
function firstOf<Part>(keyOf: (part: Part) => string): (part: Part) => Part {
  const known = new Map<string, Part>();
  return part => {
    const key = keyOf(part);
    const before = known.get(key);
    if (before === undefined) known.set(key, part);
    return before ?? part;
  };
}

let numbers = 0;
/** Each part has a number of its own. */
export const numberOf = remembered((_: object): number => ++numbers);
const numberOr0 = (part: object | undefined): number => (part === undefined ? 0 : numberOf(part));

export const oneRoute = firstOf<Route>(route => JSON.stringify(route));

/** What counts where nothing more goes wrong. */
export const presentKey = remembered(
  ({ isReachable, route, ready, isBroken, isLoadFailed, mail }: SmallReplica): string => {
    const flags = Number(isReachable) + 2 * Number(isBroken) + 4 * Number(isLoadFailed);
    return `${flags} ${ready} ${numberOr0(route)} ${mail.map(numberOf).join(' ')}`;
  },
);

export const oneReplica = firstOf<SmallReplica>(replica => `${presentKey(replica)}|${numberOr0(replica.standing)}`);

export const oneView = firstOf<Omit<ReplicaView, 'name'>>(
  ({ isReachable, route, ready, isLoadFailed }) => `${isReachable} ${isLoadFailed} ${ready} ${numberOr0(route)}`,
);

const statuses = new Map<string, ReleaseStatus>();

/** A status at these times; figures that no decision looks at are left out. */
export function oneStatus(
  status: ReleaseStatus,
  times: Pick<ReleaseStatus, 'stageSinceMs' | 'stageHeldMs' | 'waitingSinceMs'>,
): ReleaseStatus {
  const { spec, phase, stage, revision, unrouted } = status;
  const { stageSinceMs, stageHeldMs, waitingSinceMs } = times;
  const key = `${numberOf(spec)} ${phase} ${stage} ${revision} ${stageSinceMs} ${stageHeldMs} ${waitingSinceMs} ${unrouted?.versions}`;
  const before = statuses.get(key);
  if (before !== undefined) return before;
  const left = { obeyed: [], faults: {}, reason: '', judgement: undefined, advice: undefined };
  const made = { ...status, ...times, ...left, stageSamples: 0, updatedAtMs: 0, endedAtMs: undefined };
  statuses.set(key, made);
  return made;
}
