// The outside world of releases in tests: replicas that keep to the rules of routes, and versions that behave as they are drawn.
import { GalerkinError, type Random, seededRandom } from 'galerkin/base';
import type { Fleet, Replica } from 'galerkin/control';
import { isCurrent, type Route, type RouteStatus } from 'galerkin/model';
import type { RequestSample, SampleBatch } from 'galerkin/observe';

/** How a version answers. */
export interface Behaviour {
  readonly latencyMs: number;
  readonly errorRate: number;
  readonly residual: number;
}

export const sound: Behaviour = { latencyMs: 10, errorRate: 0.001, residual: 0.01 };

export interface SimulatedReplica extends Replica {
  route: Route | undefined;
  readonly loaded: Set<number>;
  /** Every order that was obeyed, in order. */
  readonly obeyed: Route[];
  /** Every order that was refused because of its fence. */
  readonly refused: Route[];
  isReachable: boolean;
  /** Versions that cannot be loaded here. */
  readonly broken: Set<number>;
  /** Answers requests with what the route says, and keeps their samples. */
  serve(requests: number, atMs: number): void;
  /** Forgets all but its name and the standing routes that it is given. */
  restart(standing: readonly Route[]): void;
}

/** By the draw of each request: rules need headers, which these requests have not. */
function chosenVersion({ shares }: Route, draw: number): number {
  let sum = 0;
  for (const { version, share } of shares) {
    sum += share;
    if (draw * 10_000 < sum) return version;
  }
  return shares.at(-1)?.version ?? 0;
}

export interface ReplicaOptions {
  readonly behaviour: ReadonlyMap<number, Behaviour>;
  readonly seed: number;
  /** Loaded before any route. */
  readonly policy: number;
}

export function simulatedReplica(name: string, { behaviour, seed, policy }: ReplicaOptions): SimulatedReplica {
  const random = seededRandom(seed);
  let samples: RequestSample[] = [];
  const unreachable = (): GalerkinError => new GalerkinError('REPLICA_UNREACHABLE', { replica: name, why: 'cut off' });
  const sampleOf = (version: number, atMs: number): RequestSample =>
    drawn({ random, behaviour, version, atMs, sequence: samples.length + 1 });

  const load = (route: Route): void => {
    for (const { version } of route.shares) {
      if (self.broken.has(version))
        throw new GalerkinError('MODEL_LOAD_FAILED', { model: route.model, why: 'broken.' });
      self.loaded.add(version);
    }
  };

  const self: SimulatedReplica = {
    name,
    route: undefined,
    loaded: new Set([policy]),
    obeyed: [],
    refused: [],
    isReachable: true,
    broken: new Set(),
    async apply(route) {
      if (!self.isReachable) throw unreachable();
      const current = self.route;
      if (current !== undefined && !isCurrent(route.fence, current.fence)) {
        self.refused.push(route);
        const { term, revision } = route.fence;
        const { term: currentTerm, revision: currentRevision } = current.fence;
        throw new GalerkinError('ROUTE_STALE', { model: route.model, term, revision, currentTerm, currentRevision });
      }
      load(route);
      self.route = route;
      self.obeyed.push(route);
      const named = new Set(route.shares.map(each => each.version));
      for (const version of self.loaded) if (!named.has(version)) self.loaded.delete(version);
      return statusOf(self, route);
    },
    async status() {
      if (!self.isReachable) throw unreachable();
      return self.route === undefined ? undefined : statusOf(self, self.route);
    },
    async standing() {
      if (!self.isReachable) throw unreachable();
      return self.route?.stable ?? Math.max(...self.loaded);
    },
    async samples(_, after, limit): Promise<SampleBatch> {
      if (!self.isReachable) throw unreachable();
      const from = after > samples.length ? 0 : after;
      const some = samples.slice(from, from + limit);
      return { samples: some, next: from + some.length, lost: 0 };
    },
    serve(requests, atMs) {
      const { route } = self;
      if (route === undefined) return;
      for (let request = 0; request < requests; request++) {
        const version = chosenVersion(route, random.uniform());
        samples.push(sampleOf(self.loaded.has(version) ? version : route.stable, atMs));
        for (const mirror of route.mirrors)
          if (version === route.stable && random.uniform() * 10_000 < mirror.share)
            samples.push(mirrored(sampleOf(mirror.version, atMs), behaviour.get(route.stable) ?? sound));
      }
    },
    restart(standing) {
      samples = [];
      self.loaded.clear();
      self.route = undefined;
      if (standing.length === 0) self.loaded.add(policy);
      for (const route of standing) {
        load(route);
        self.route = route;
      }
    },
  };
  return self;
}

const statusOf = (replica: SimulatedReplica, route: Route): RouteStatus => ({
  route,
  ready: [...replica.loaded].sort((a, b) => a - b),
  faults: {},
});

interface Draw {
  readonly random: Random;
  readonly behaviour: ReadonlyMap<number, Behaviour>;
  readonly version: number;
  readonly atMs: number;
  readonly sequence: number;
}

function drawn({ random, behaviour, version, atMs, sequence }: Draw): RequestSample {
  const { latencyMs, errorRate, residual } = behaviour.get(version) ?? sound;
  const spread = Math.exp(0.2 * random.normal());
  const ok = random.uniform() >= errorRate;
  return {
    sequence,
    atMs,
    version,
    kind: 'answer',
    ok,
    latencyMs: latencyMs * spread,
    computeMs: latencyMs * spread * 0.8,
    items: 1,
    residual: ok ? residual * Math.exp(0.1 * random.normal()) : null,
    fluxImbalance: ok ? residual * Math.exp(0.1 * random.normal()) : null,
    accepted: ok ? true : null,
    paired: null,
  };
}

const mirrored = (sample: RequestSample, stable: Behaviour): RequestSample => ({
  ...sample,
  kind: 'mirror',
  paired: {
    stableLatencyMs: stable.latencyMs,
    stableResidual: stable.residual,
    stableFluxImbalance: stable.residual,
    difference: 0.01,
    stableError: null,
    candidateError: null,
  },
});

export const fleetOfReplicas = (replicas: readonly Replica[]): Fleet => ({
  replicas: async () => [...replicas].sort((a, b) => (a.name < b.name ? -1 : 1)),
});
