// What control needs of a serving process, wherever it runs; a server's `traffic` has this shape.
import type { Route, RouteStatus } from '../model/index.js';
import type { SampleBatch } from '../observe/index.js';

export interface Replica {
  /** Unique in its fleet, and the same after a restart. */
  readonly name: string;
  /** Loads what the route names, then obeys it. @throws ROUTE_STALE, ROUTE_INVALID, MODEL_UNKNOWN, MODEL_LOAD_FAILED, REPLICA_UNREACHABLE */
  apply(route: Route): Promise<RouteStatus>;
  status(model: string): Promise<RouteStatus | undefined>;
  /** The version that answers requests that name none, with a route or without; undefined if none runs. */
  standing(model: string): Promise<number | undefined>;
  samples(model: string, after: number, limit: number): Promise<SampleBatch>;
}

/** The replicas that serve now, in the order of their names. */
export interface Fleet {
  replicas(): Promise<readonly Replica[]>;
}
