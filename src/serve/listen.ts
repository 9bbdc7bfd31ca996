// Taking a port, or saying in plain words why it cannot be had.
import { type AddressInfo, createServer } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { GalerkinError, invariant } from '../base/index.js';
import type { ServeConfig } from './options.js';

export interface Place {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** The flag that names another. */
  readonly flag?: string;
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this machine has no such address',
};

export function portUnavailable({ host, port, flag = '--port' }: Place, cause: unknown): GalerkinError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return new GalerkinError('PORT_UNAVAILABLE', { host, port, flag, reason: reasons[code] ?? code }, { cause });
}

/** The options that say where a server listens. */
export type PortOptions = Pick<ServeConfig, 'host' | 'port' | 'grpc' | 'grpcPort' | 'metrics' | 'metricsPort'>;

/** -1 stands for so many ports after the one for HTTP, or for any if that was any. */
const beside = (port: number, asked: number, distance: number): number => {
  if (asked >= 0) return asked;
  return port === 0 ? 0 : port + distance;
};

/** Where gRPC is to listen. */
export const grpcPlace = ({ host, port, grpcPort }: PortOptions): Place => ({
  host,
  port: beside(port, grpcPort, 1),
  flag: '--grpc-port',
});

/** Where metrics are to be read. */
export const metricsPlace = ({ host, port, metricsPort }: PortOptions): Place => ({
  host,
  port: beside(port, metricsPort, 2),
  flag: '--metrics-port',
});

/**
 * Finds out, before long work, whether a server with these options could listen now.
 * @throws PORT_UNAVAILABLE
 */
export async function checkPorts(options: PortOptions): Promise<void> {
  await checkPort(options);
  if (options.grpc) await checkPort(grpcPlace(options));
  if (options.metrics) await checkPort(metricsPlace(options));
}

/** The same for one port. */
async function checkPort(place: Place): Promise<void> {
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
