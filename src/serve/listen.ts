// Taking a port, or saying in plain words why it cannot be had.
import { type AddressInfo, createServer } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { GalerkinError, invariant } from '../base/index.js';

interface Place {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this machine has no such address',
};

export function portUnavailable({ host, port }: Place, cause: unknown): GalerkinError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return new GalerkinError('PORT_UNAVAILABLE', { host, port, reason: reasons[code] ?? code }, { cause });
}

/**
 * Finds out, before long work, whether a server could listen there now.
 * @throws PORT_UNAVAILABLE
 */
export async function checkPort(place: Place): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', cause => reject(portUnavailable(place, cause)));
    probe.listen({ host: place.host, port: place.port }, () => probe.close(() => resolve()));
  });
}

/**
 * Lets `app` listen; closes it if it cannot.
 * @throws PORT_UNAVAILABLE
 */
export async function listen(app: FastifyInstance, { host, port }: Place): Promise<AddressInfo> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    throw portUnavailable({ host, port }, cause);
  }
  const address = app.server.address();
  invariant(address !== null && typeof address !== 'string', 'the server has no TCP address');
  return address;
}
