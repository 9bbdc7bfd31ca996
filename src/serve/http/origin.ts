// Which pages may use this server from a browser: its own, and those listed. Programs send no Origin and are not concerned.
import type { FastifyInstance } from 'fastify';
import { GalerkinError } from '../../base/index.js';

export interface OriginOptions {
  /** Address that the server listens on. */
  readonly host: string;
  /** Origins of other pages, comma-separated. */
  readonly origins: string;
  /** Names of this server besides localhost and addresses, comma-separated. */
  readonly hosts: string;
}

const listOf = (text: string): ReadonlySet<string> =>
  new Set(
    text
      .toLowerCase()
      .split(',')
      .map(each => each.trim().replace(/\/$/, ''))
      .filter(each => each !== ''),
  );

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/** The name in a Host header, without port. */
const nameOf = (host: string): string => host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');

/** Names that no stranger can point here: addresses, localhost, and names without a dot. */
const isOurOwn = (name: string): boolean =>
  name.startsWith('[') || !name.includes('.') || /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || name.endsWith('.localhost');

/** As much of a request as the gate looks at. */
interface Sent {
  readonly method?: string | undefined;
  readonly headers: {
    readonly host?: string | undefined;
    readonly origin?: string | undefined;
    readonly upgrade?: string | undefined;
  };
}

export interface OriginGate {
  /**
   * To be asked before a body is read, at every way in. About 20 ns for a program that repeats its Host.
   * @throws HOST_REFUSED if the name in Host was made to point at a loopback server (DNS rebinding);
   *   ORIGIN_REFUSED if a page of an origin that is not listed does anything but GET, or opens a WebSocket
   */
  check(request: Sent): void;
  /** False where `check` would throw. */
  admits(request: Sent): boolean;
}

export function originGate({ host: listening, origins, hosts }: OriginOptions): OriginGate {
  const allowedOrigins = listOf(origins);
  const allowedHosts = listOf(hosts);
  const guardsHost = isLoopback(listening);
  let lastHost = '';
  const checkHost = (host: string): void => {
    const name = nameOf(host);
    if (!isOurOwn(name) && !allowedHosts.has(name))
      throw new GalerkinError('HOST_REFUSED', { host: name.slice(0, 80) });
    lastHost = host;
  };
  const checkOrigin = (origin: string, host: string): void => {
    const asked = origin.toLowerCase();
    const own = host.toLowerCase();
    if (own !== '' && (asked === `http://${own}` || asked === `https://${own}`)) return;
    if (!allowedOrigins.has(asked)) throw new GalerkinError('ORIGIN_REFUSED', { origin: asked.slice(0, 80) });
  };
  const check = ({ method, headers: { host = '', origin, upgrade } }: Sent): void => {
    if (guardsHost && host !== lastHost && host !== '') checkHost(host);
    if (origin === undefined) return;
    const isRead = (method === 'GET' || method === 'HEAD') && upgrade === undefined;
    if (!isRead) checkOrigin(origin, host);
  };
  const admits = (request: Sent): boolean => {
    try {
      check(request);
      return true;
    } catch {
      return false;
    }
  };
  return { check, admits };
}

/** Holds every request of `app` against the gate, before its body is read. */
export function addOriginGate(app: FastifyInstance, gate: OriginGate): void {
  app.addHook('onRequest', (request, _reply, done) => {
    try {
      gate.check(request.raw);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    done();
  });
}
