// The orders for one model: which is obeyed, which are under way, and which come too late.
import { isDeepStrictEqual } from 'node:util';
import { GalerkinError } from '../../base/index.js';
import { isCurrent, type Route, type RouteStatus } from '../../model/index.js';

interface Pending {
  readonly route: Route;
  readonly result: Promise<RouteStatus>;
}

const isSameFence = (a: Route, b: Route): boolean =>
  a.fence.term === b.fence.term && a.fence.revision === b.fence.revision;

export class Orders {
  obeyed: Route | undefined;
  private unpin: (() => void) | undefined;
  private readonly pending = new Set<Pending>();

  /** Orders whose versions are being loaded. */
  get underWay(): number {
    return this.pending.size;
  }

  /**
   * What to do with an order: it is 'new', or 'obeyed' already, or the same is under way with that result.
   * @throws ROUTE_STALE for one that is older than the latest, or has the same fence and says something else
   */
  judge(route: Route): 'new' | 'obeyed' | Promise<RouteStatus> {
    for (const { route: other, result } of this.pending) {
      this.assertAfter(route, other);
      if (isSameFence(route, other)) return result;
    }
    if (this.obeyed === undefined) return 'new';
    this.assertAfter(route, this.obeyed);
    return isSameFence(route, this.obeyed) ? 'obeyed' : 'new';
  }

  /** Keeps an order among those under way until it has come to its end. */
  pend(route: Route, result: Promise<RouteStatus>): Promise<RouteStatus> {
    const pending = { route, result };
    this.pending.add(pending);
    const done = (): void => {
      this.pending.delete(pending);
    };
    result.then(done, done);
    return result;
  }

  /** @throws ROUTE_STALE if a later order was obeyed meanwhile */
  assertCurrent(route: Route): void {
    if (this.obeyed !== undefined) this.assertAfter(route, this.obeyed);
  }

  /** @param unpin lets go of what the route keeps loaded, once another is obeyed */
  obey(route: Route, unpin: () => void): void {
    this.unpin?.();
    this.unpin = unpin;
    this.obeyed = route;
  }

  private assertAfter(route: Route, other: Route): void {
    const { fence } = other;
    const isChanged = isSameFence(route, other) && !isDeepStrictEqual(route, other);
    if (isCurrent(route.fence, fence) && !isChanged) return;
    throw new GalerkinError('ROUTE_STALE', {
      model: route.model,
      ...route.fence,
      currentTerm: fence.term,
      currentRevision: fence.revision,
    });
  }
}
