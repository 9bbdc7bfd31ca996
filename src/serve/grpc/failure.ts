// A failure becomes the status that its call ends with; what clients may not read goes to the fault channel.
import { outwardError } from '../protocol/outward.js';
import { withRequestId } from '../protocol/request-id.js';
import { faultChannel } from '../statistics/channels.js';
import { type Status, statusNameOf } from './status.js';

/**
 * The status of a failed call.
 * @param where the call's path, for the fault channel
 * @param id of the inference request that failed; undefined if the call was none
 */
export function statusOf(error: unknown, where: string, id?: string): Status {
  const ours = outwardError(error);
  if (ours !== undefined) {
    return { code: statusNameOf(ours), message: id === undefined ? ours.message : withRequestId(ours, id) };
  }
  const reason = error instanceof Error ? error.message : String(error);
  faultChannel.publish(() => ({ model: '', what: where, reason }));
  return { code: 'INTERNAL', message: 'internal error' };
}
