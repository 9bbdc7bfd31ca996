// One computation for many who want the same at the same time: the first computes, the others wait, and if it fails another takes over.

/** One who wants the value. */
export interface Rider<Led> {
  /** Computes; called if this rider leads. */
  lead(): Promise<Led>;
  /** Aborted: stops waiting at once. */
  readonly signal?: AbortSignal | undefined;
  /** Calls `expired` when this rider has waited long enough; returns what calls that off. Absent: waits as long as it takes. */
  readonly deadline?: ((expired: (error: Error) => void) => () => void) | undefined;
}

/** What a rider gets: the value that it computed itself, or what the leader shared. */
export type Ride<Led, Shared> =
  | { readonly kind: 'led'; readonly value: Led }
  | { readonly kind: 'shared'; readonly value: Shared };

export interface SingleFlightOptions<Led, Shared> {
  /** Makes the leader's value fit for others; called once per flight that has followers, before the leader gets it. */
  share(value: Led): Shared;
  /** True for errors that everybody who asks the same would get: nobody tries again. */
  isFinal(error: unknown): boolean;
  /** Followers of one flight; who comes later computes alone. */
  readonly maxFollowers: number;
  /** Leaders that may fail, one after the other, before all who wait get the last one's error. */
  readonly maxFailures: number;
}

interface Follower<Led, Shared> {
  readonly rider: Rider<Led>;
  /** Ends waiting for a signal or a deadline. */
  stopWaiting(): void;
  resolve(ride: Ride<Led, Shared>): void;
  reject(error: unknown): void;
}

interface Flight<Led, Shared> {
  readonly followers: Set<Follower<Led, Shared>>;
  failures: number;
}

export interface SingleFlight<Led, Shared> {
  /** Rejects with the leader's error, the signal's reason, or the error of the deadline. */
  ride(key: string, rider: Rider<Led>): Promise<Ride<Led, Shared>>;
  /** Keys that are being computed now. */
  readonly flying: number;
}

export function singleFlight<Led, Shared>(options: SingleFlightOptions<Led, Shared>): SingleFlight<Led, Shared> {
  const { share, isFinal, maxFollowers, maxFailures } = options;
  const flights = new Map<string, Flight<Led, Shared>>();

  function land(key: string, flight: Flight<Led, Shared>, settle: (follower: Follower<Led, Shared>) => void): void {
    flights.delete(key);
    for (const follower of flight.followers) {
      follower.stopWaiting();
      settle(follower);
    }
  }

  /** After a leader failed: the next follower leads, or all get the error. */
  function handOver(key: string, flight: Flight<Led, Shared>, error: unknown): void {
    const [next] = flight.followers;
    if (next === undefined || isFinal(error) || flight.failures >= maxFailures) {
      land(key, flight, follower => follower.reject(error));
      return;
    }
    flight.followers.delete(next);
    next.stopWaiting();
    lead(key, flight, next.rider).then(value => next.resolve({ kind: 'led', value }), next.reject);
  }

  async function lead(key: string, flight: Flight<Led, Shared>, rider: Rider<Led>): Promise<Led> {
    let value: Led;
    try {
      value = await rider.lead();
    } catch (error) {
      // A client that went away says nothing of the model.
      if (rider.signal?.aborted !== true) flight.failures += 1;
      handOver(key, flight, error);
      throw error;
    }
    if (flight.followers.size === 0) {
      flights.delete(key);
      return value;
    }
    const shared = share(value);
    land(key, flight, follower => follower.resolve({ kind: 'shared', value: shared }));
    return value;
  }

  function follow({ followers }: Flight<Led, Shared>, rider: Rider<Led>): Promise<Ride<Led, Shared>> {
    const { signal, deadline } = rider;
    return new Promise((resolve, reject) => {
      const leave = (error: unknown): void => {
        followers.delete(follower);
        follower.stopWaiting();
        reject(error);
      };
      const onAbort = (): void => leave(signal?.reason);
      const callOff = deadline?.(leave);
      const follower: Follower<Led, Shared> = {
        rider,
        stopWaiting() {
          signal?.removeEventListener('abort', onAbort);
          callOff?.();
        },
        resolve,
        reject,
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      followers.add(follower);
    });
  }

  return {
    async ride(key, rider) {
      rider.signal?.throwIfAborted();
      const flight = flights.get(key);
      if (flight === undefined) {
        const opened: Flight<Led, Shared> = { followers: new Set(), failures: 0 };
        flights.set(key, opened);
        return { kind: 'led', value: await lead(key, opened, rider) };
      }
      if (flight.followers.size >= maxFollowers) return { kind: 'led', value: await rider.lead() };
      return follow(flight, rider);
    },
    get flying() {
      return flights.size;
    },
  };
}
