// The WebSocket door at /ws: who may come in, how many, who has fallen silent, and how it closes.
import fastifyWebsocket from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { type Clock, GalerkinError, type Timers } from '../../base/index.js';
import type { Engine } from '../engine/engine.js';
import type { ServerExtension } from '../extension.js';
import type { ProtocolState } from '../protocol/state.js';
import { RequestOrigin } from '../routing/origin.js';
import { Connection, type ConnectionOptions } from './connection.js';
import { eventHub } from './event-hub.js';
import { webSocketOffers } from './upgrades.js';

export interface WebSocketConfig {
  readonly webSockets: number;
  readonly webSocketInFlight: number;
  readonly webSocketBufferBytes: number;
  readonly webSocketIdleMs: number;
  readonly maxBodyBytes: number;
  readonly drainTimeoutMs: number;
}

export interface WebSocketOptions {
  readonly engine: Engine;
  readonly config: WebSocketConfig;
  /** Shared with the other protocols of the server. */
  readonly protocol: ProtocolState;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly extensions: readonly ServerExtension[];
}

/** The door, to be watched. */
export interface WebSockets {
  /** Connections that are open now. */
  readonly open: number;
}

/** How long a client has to answer our goodbye. */
const goodbyeMs = 1000;

const tenantOf = ({ headers }: FastifyRequest): string => {
  const tenant = headers['x-tenant'];
  return typeof tenant === 'string' ? tenant.slice(0, 128) : '';
};

/** Looks after the connections: every half of the idle time each is asked whether it lives. */
function keepWatch(connections: ReadonlySet<Connection>, { config, timers }: WebSocketOptions): () => void {
  let stop = (): void => {};
  const look = (): void => {
    for (const connection of connections) connection.checkAlive(config.webSocketIdleMs);
    stop = timers.after(config.webSocketIdleMs / 2, look);
  };
  look();
  return () => stop();
}

/** Lets requests that run finish, then says goodbye, then cuts what is left. */
function endAll(connections: ReadonlySet<Connection>, { config, timers }: WebSocketOptions): void {
  if (connections.size === 0) return;
  for (const connection of connections) connection.finish();
  const cut = (): void => {
    for (const connection of connections) connection.terminate();
  };
  const leave = (): void => {
    for (const connection of connections) connection.leave();
    timers.after(goodbyeMs, cut);
  };
  timers.after(config.drainTimeoutMs, leave);
}

/** Registers the door. To be awaited before any other route, so that an offer to another path is turned down. */
export async function addWebSockets(app: FastifyInstance, options: WebSocketOptions): Promise<WebSockets> {
  const { engine, config, protocol, clock, timers, extensions } = options;
  const connections = new Set<Connection>();
  const hub = eventHub({ engine, timers, extensions, bufferBytes: config.webSocketBufferBytes });
  const stopWatching = keepWatch(connections, options);
  let closing = false;
  const plan: Omit<ConnectionOptions, 'tenant' | 'from'> = {
    engine,
    hub,
    limits: {
      inFlight: config.webSocketInFlight,
      inFlightBytes: config.maxBodyBytes,
      bufferBytes: config.webSocketBufferBytes,
    },
    protocol,
    clock,
  };
  const open = (socket: WebSocket, request: FastifyRequest): void => {
    const connection = new Connection(socket, {
      ...plan,
      tenant: tenantOf(request),
      from: new RequestOrigin(request.raw),
    });
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
    if (closing) connection.finish();
  };
  await app.register(fastifyWebsocket, {
    options: {
      server: webSocketOffers(app.server),
      maxPayload: config.maxBodyBytes,
      perMessageDeflate: false,
      clientTracking: false,
    },
    // What breaks the protocol was answered with its close code by ws already.
    errorHandler: () => {},
    preClose: done => {
      closing = true;
      stopWatching();
      hub.close();
      endAll(connections, options);
      done();
    },
  });
  app.route({
    method: 'GET',
    url: '/ws',
    onRequest: (_request, reply, done) => {
      if (connections.size < config.webSockets && !closing) done();
      else {
        const { message, http } = new GalerkinError('CONNECTIONS_FULL', { limit: config.webSockets });
        reply.code(http).header('retry-after', '1').send({ error: message });
      }
    },
    handler: async (_request, reply) => {
      reply.header('upgrade', 'websocket');
      throw new GalerkinError('UPGRADE_REQUIRED', {});
    },
    wsHandler: open,
  });
  return {
    get open() {
      return connections.size;
    },
  };
}
