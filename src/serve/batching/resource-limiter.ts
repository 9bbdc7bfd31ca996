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
  /** Lets an instance with these needs come: of resources that were not stated there is then at least as much as it needs. @throws OPTIONS_INVALID */
  expect(needs: ResourceNeeds): void;
  /** Asks for a turn: `granted` is called at once or when its turn comes. An instance that waits already asks no second time. */
  request(user: ResourceUser): void;
  /** Gives back what the instance holds, or its place among those that wait. */
  release(user: ResourceUser): void;
  /** Of each resource, how much is free. */
  free(): ReadonlyMap<string, number>;
  readonly waiting: number;
}

/**
 * Shares resources among instances. Of those in `stated` there is as much as it says; of others as much as the most
 * demanding instance needs. All that one needs is taken at once or nothing, so that no two wait for each other.
 * The next turn is the waiting instance's with the fewest turns times its priority, the longest waiting first; while its
 * needs are not free nobody overtakes it, so that small ones do not starve a large one. O(waiting) per turn.
 */
export function resourceLimiter(stated: ReadonlyMap<string, number>): ResourceLimiter {
  const totals = new Map(stated);
  const free = new Map(stated);
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
    expect(needs) {
      const faults = Object.entries(needs)
        .filter(([name, count]) => count > (stated.get(name) ?? count))
        .map(([name, count]) => `resource '${name}': an instance needs ${count}, and there are ${stated.get(name)}`);
      if (faults.length > 0) throw new GalerkinError('OPTIONS_INVALID', { of: 'resource limits', faults });
      for (const [name, count] of Object.entries(needs)) {
        const more = Math.max(0, count - (totals.get(name) ?? 0));
        totals.set(name, (totals.get(name) ?? 0) + more);
        free.set(name, (free.get(name) ?? 0) + more);
      }
      grant();
    },
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
