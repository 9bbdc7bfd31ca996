// The server of this very process as a replica, and the fleet that has no other.
import type { Route, RouteStatus } from '../../model/index.js';
import type { SampleBatch } from '../../observe/index.js';
import type { Fleet, Replica } from '../replica.js';

/** A server's hand on its traffic, as `serve` gives it. */
export interface OwnTraffic {
  apply(route: Route): Promise<RouteStatus>;
  status(model: string): RouteStatus | undefined;
  standing(model: string): number | undefined;
  samples(model: string, after: number, limit: number): SampleBatch;
}

/** @param name  the same after a restart */
export const ownReplica = (name: string, traffic: OwnTraffic): Replica => ({
  name,
  apply: route => traffic.apply(route),
  status: async model => traffic.status(model),
  standing: async model => traffic.standing(model),
  samples: async (model, after, limit) => traffic.samples(model, after, limit),
});

export const fleetOf = (...replicas: readonly Replica[]): Fleet => ({ replicas: async () => replicas });
