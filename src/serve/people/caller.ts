// Who sent a request, and how to hear that nobody waits for its answer any more.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Terms } from '../engine/terms.js';
import { headerIn, type Origin } from '../routing/origin.js';

export type Caller = Pick<Terms, 'tenant' | 'signal'> & Origin;

/** Aborted when the connection ends before the answer has been written. */
function leavingOf({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  if (raw.destroyed) controller.abort();
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** The caller of a request; the signal is made at the first look, which most requests never get. */
export function callerOf({ headers, raw }: FastifyRequest, reply: FastifyReply): Caller {
  const tenant = headers['x-tenant'];
  let leaving: AbortSignal | undefined;
  return {
    header: name => headerIn(headers, name),
    get address() {
      return raw.socket.remoteAddress;
    },
    tenant: typeof tenant === 'string' ? tenant.slice(0, 128) : '',
    get signal() {
      leaving ??= leavingOf(reply);
      return leaving;
    },
  };
}
