// The hand on a server's traffic, for whoever controls releases.
import type { Route, RouteStatus } from '../../model/index.js';
import type { SampleBatch } from '../../observe/index.js';

export interface Traffic {
  /**
   * Obeys a route: loads and warms the versions that it names, then swaps the table in one step; no request fails by it.
   * Where all of them are ready already, the table is swapped before this returns to the event loop. Versions that the
   * route before it named and this one does not are drained and let go, unless the model's own policy wants them.
   * The same order again is taken for done. A route stands until the server ends, also while its model is unloaded.
   * @throws ROUTE_STALE for a fence that is older than the latest, or the same with another content; ROUTE_INVALID; MODEL_UNKNOWN; MODEL_LOAD_FAILED, and
   * then the shares stay as they were
   */
  apply(route: Route): Promise<RouteStatus>;
  /** Undefined for a model without a route: its newest version answers. @throws MODEL_UNKNOWN */
  status(model: string): RouteStatus | undefined;
  /** The version that answers requests that name none: the route's stable one, or the newest that runs; undefined if none runs. */
  standing(model: string): number | undefined;
  /** Samples of a model since `after` (0: the oldest kept); collected while the model has a route. At most `limit`. */
  samples(model: string, after: number, limit: number): SampleBatch;
}
