// What replicas obey and can answer with, all asked at once.
import { isGalerkinError } from '../../base/index.js';
import type { Replica } from '../replica.js';
import type { ReplicaView } from './measurements.js';
import type { Patience } from './patience.js';

/** A fault in words. */
export const wordsOf = (error: unknown): string =>
  isGalerkinError(error) ? `${error.code}: ${error.message}` : error instanceof Error ? error.message : String(error);

/** How a replica is, without what orders came to. Never throws. */
export async function viewOf(replica: Replica, model: string, bounded: Patience): Promise<ReplicaView> {
  const { name } = replica;
  const unseen = { name, route: undefined, ready: [], fault: '', isLoadFailed: false };
  try {
    const status = await bounded(`status ${model} ${name}`, name, () => replica.status(model));
    if (status === undefined) return { ...unseen, isReachable: true };
    const fault = Object.entries(status.faults).map(([version, why]) => `version ${version}: ${why}`);
    const { route, ready, baselineFault } = status;
    return { ...unseen, isReachable: true, route, ready, fault: fault.join('; '), baselineFault };
  } catch (error) {
    return { ...unseen, isReachable: false, fault: wordsOf(error) };
  }
}
