// Orders on their way to replicas: to all at once, each in bounded time, and again until it is obeyed.
import { type Clock, isGalerkinError } from '../../base/index.js';
import type { Route } from '../../model/index.js';
import type { Replica } from '../replica.js';
import type { ReplicaView } from './measurements.js';
import { wordsOf } from './watch.js';

interface Sent {
  readonly order: string;
  readonly atMs: number;
  isUnderWay: boolean;
  error: unknown;
}

export interface Sender {
  /** @returns when it was obeyed or refused; undefined if the same order is under way, or failed a moment ago */
  send(replica: Replica, route: Route): Promise<void> | undefined;
  /** The view with what the last order to the replica came to. */
  withOutcome(view: ReplicaView): ReplicaView;
}

/** The same order is repeated after so long, and one that hangs is sent again after so much longer. */
const repeatMs = 1000;
const hangsMs = 60_000;

/** Faults that repeating does not mend: the version cannot be loaded, or is not there. */
const loadFaults: ReadonlySet<string> = new Set(['MODEL_LOAD_FAILED', 'MODEL_UNKNOWN', 'ROUTE_INVALID']);

/** One for each release. */
export function openSender(clock: Clock): Sender {
  const sent = new Map<string, Sent>();

  const isWaiting = ({ isUnderWay, atMs }: Sent): boolean => {
    const sinceMs = clock.now() - atMs;
    return sinceMs >= 0 && sinceMs < (isUnderWay ? hangsMs : repeatMs);
  };

  const apply = async (replica: Replica, route: Route, entry: Sent): Promise<void> => {
    try {
      await replica.apply(route);
    } catch (error) {
      entry.error = error;
    } finally {
      entry.isUnderWay = false;
    }
  };

  return {
    send(replica, route) {
      const order = JSON.stringify(route);
      const last = sent.get(replica.name);
      if (last?.order === order && isWaiting(last)) return undefined;
      const entry: Sent = { order, atMs: clock.now(), isUnderWay: true, error: undefined };
      sent.set(replica.name, entry);
      return apply(replica, route, entry);
    },
    withOutcome(view) {
      const error = sent.get(view.name)?.error;
      if (error === undefined) return view;
      const isLoadFailed = isGalerkinError(error) && loadFaults.has(error.code);
      return { ...view, isLoadFailed, fault: wordsOf(error) };
    },
  };
}
