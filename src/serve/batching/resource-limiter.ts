// Named resources that instances must hold to run: how many there are, who holds them, and whose turn is next.
import { GalerkinError } from '../../base/index.js';

/** What one execution needs, by name. */
export type ResourceNeeds = Readonly<Record<string, number>>;

/** An instance as the limiter sees it. */
export interface ResourceUser {
  readonly needs: ResourceNeeds;
  /** As in config.pbtxt: an instance of priority 2 gets half the turns of one of priority 1. 0 counts as 1. */
  readonly priority: number;
  /** It holds what it needs and may run; `release` must follow. */
  granted(): void;
}

export interface ResourceLimiter {
  /** Asks for a turn: `granted` is called at once or when its turn comes. An instance that waits already asks no second time. */
  request(user: ResourceUser): void;
  /** Gives back what the instance holds, or its place among those that wait. */
  release(user: ResourceUser): void;
  /** Of each resource, how much is free. */
  free(): ReadonlyMap<string, number>;
  readonly waiting: number;
}

/**
 * How much there is of each resource: what is stated, else as much as the most demanding instance needs.
 * @throws OPTIONS_INVALID if an instance needs more than is stated, and would never run.
 */
export function resourceTotals(stated: ResourceNeeds, users: readonly ResourceNeeds[]): ReadonlyMap<string, number> {
  const totals = new Map(Object.entries(stated));
  const faults: string[] = [];
  for (const [name, count] of users.flatMap(needs => Object.entries(needs))) {
    if (!Object.hasOwn(stated, name)) totals.set(name, Math.max(count, totals.get(name) ?? 0));
    else if (count > (stated[name] ?? 0))
      faults.push(`resource '${name}': an instance needs ${count}, and there are ${stated[name]}`);
  }
  if (faults.length > 0) throw new GalerkinError('OPTIONS_INVALID', { of: 'resource limits', faults });
  return totals;
}

/**
 * Shares `totals` among instances. All that one needs is taken at once or nothing, so that no two wait for each other.
 * The next turn is the waiting instance's with the fewest turns times its priority, the longest waiting first; while its
 * needs are not free nobody overtakes it, so that small ones do not starve a large one. O(waiting) per turn.
 */
export function resourceLimiter(totals: ReadonlyMap<string, number>): ResourceLimiter {
  const free = new Map(totals);
  const turns = new WeakMap<ResourceUser, number>();
  const waiting = new Set<ResourceUser>();
  const holding = new Set<ResourceUser>();

  const cost = (user: ResourceUser): number => ((turns.get(user) ?? 0) + 1) * Math.max(1, user.priority);
  const nextUser = (): ResourceUser | undefined => {
    let best: ResourceUser | undefined;
    for (const user of waiting) if (best === undefined || cost(user) < cost(best)) best = user;
    return best;
  };
  const isFree = ({ needs }: ResourceUser): boolean =>
    Object.entries(needs).every(([name, count]) => (free.get(name) ?? 0) >= count);
  const change = ({ needs }: ResourceUser, sign: 1 | -1): void => {
    for (const [name, count] of Object.entries(needs)) free.set(name, (free.get(name) ?? 0) + sign * count);
  };
  const grant = (): void => {
    for (let user = nextUser(); user !== undefined && isFree(user); user = nextUser()) {
      waiting.delete(user);
      holding.add(user);
      turns.set(user, (turns.get(user) ?? 0) + 1);
      change(user, -1);
      user.granted();
    }
  };
  return {
    request(user) {
      if (holding.has(user)) return;
      waiting.add(user);
      grant();
    },
    release(user) {
      waiting.delete(user);
      if (holding.delete(user)) change(user, 1);
      grant();
    },
    free: () => new Map(free),
    get waiting() {
      return waiting.size;
    },
  };
}
