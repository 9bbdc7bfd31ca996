// The HTTP server: limits, timeouts, bodies as bytes, errors in one shape, and the routes.
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { type Clock, GalerkinError, systemTimers, type Timers } from '../../base/index.js';
import type { Engine } from '../engine/engine.js';
import type { ServerExtension } from '../extension.js';
import { addOpenApi } from '../openapi/openapi-routes.js';
import type { ServeConfig } from '../options.js';
import { addPeopleRoutes } from '../people/people-routes.js';
import { addStudio } from '../people/studio.js';
import { type ProtocolState, protocolState } from '../protocol/state.js';
import type { MetricsPage } from '../statistics/metrics-page.js';
import { addWebSockets } from '../websocket/web-sockets.js';
import { collectBody } from './body.js';
import { addCaching } from './caching.js';
import { addCompression } from './compression.js';
import { sendError } from './errors.js';
import { addExtensions } from './extension-routes.js';
import { addOriginGate, originGate } from './origin.js';
import { inferDoor } from './v2-door.js';
import { addV2Routes } from './v2-routes.js';

const maxHeaderBytes = 16 * 1024;
const keepAliveMs = 72_000;

/** What Node says of bytes that are not HTTP, or came too slowly. */
function refuseSocket(error: { readonly code?: string }, socket: Socket, limitMs: number): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, message] = wordsOf(error.code, limitMs);
  const body = JSON.stringify({ error: message });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function wordsOf(code: string | undefined, limitMs: number): readonly [string, string] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return ['408 Request Timeout', new GalerkinError('REQUEST_TIMEOUT', { limitMs }).message];
  }
  const [status, wanted, got] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', `headers of at most ${maxHeaderBytes} bytes`, 'more']
      : ['400 Bad Request', 'a well-formed HTTP/1.1 request', 'something else'];
  return [status, new GalerkinError('REQUEST_MALFORMED', { what: 'HTTP request', wanted, got }).message];
}

export interface HttpOptions {
  readonly engine: Engine;
  readonly config: ServeConfig;
  readonly clock: Clock;
  readonly version: string;
  /** Shared with the other protocols of the server. */
  readonly protocol?: ProtocolState;
  readonly timers?: Timers;
  readonly extensions?: readonly ServerExtension[];
  /** The page of metrics, by what the client accepts. */
  readonly metrics: (accept: string | undefined) => MetricsPage;
}

/** The server with all its routes, not yet listening. */
export async function createHttp({ engine, config, clock, version, ...shared }: HttpOptions): Promise<FastifyInstance> {
  const { maxBodyBytes, requestTimeoutMs } = config;
  const { protocol = protocolState({ allowClientShm: config.allowClientShm }), extensions = [] } = shared;
  const v2 = { engine, maxBodyBytes, name: config.serverName, version, protocol, clock };
  const gate = originGate(config);
  let closing = false;
  const door = inferDoor({ ...v2, isClosing: () => closing });
  const app = Fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 500 },
    serverFactory: handler =>
      createServer(
        {
          maxHeaderSize: maxHeaderBytes,
          requestTimeout: requestTimeoutMs,
          headersTimeout: requestTimeoutMs,
          connectionsCheckingInterval: Math.max(10, Math.min(5000, requestTimeoutMs / 4)),
          // Node's five seconds are shorter than the pauses of many clients, who would then run into a closing connection.
          keepAliveTimeout: keepAliveMs,
        },
        (request, response) => {
          if (!gate.admits(request) || !door.take(request, response)) handler(request, response);
        },
      ),
    clientErrorHandler: (error, socket) => refuseSocket(error, socket, requestTimeoutMs),
    frameworkErrors: (error, request, reply) => sendError(error, request, reply),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request, payload, done) =>
    collectBody(payload, { headers: request.headers, maxBodyBytes }, done),
  );
  app.setErrorHandler<Error>((error, request, reply) => sendError(error, request, reply));
  app.setNotFoundHandler((request, reply) => sendError(new GalerkinError('ROUTE_UNKNOWN', {}), request, reply));
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onClose', async () => protocol.memory.close());
  app.addHook('onSend', (_request, reply, payload, done) => {
    reply.header('x-content-type-options', 'nosniff');
    if (closing) reply.header('connection', 'close');
    done(null, payload);
  });
  const { timers = systemTimers } = shared;
  const sockets = await addWebSockets(app, { engine, config, protocol, clock, timers, extensions });
  addOriginGate(app, gate);
  addCaching(app);
  addCompression(app, { thresholdBytes: config.compressFromBytes });
  addV2Routes(app, v2);
  addPeopleRoutes(app, {
    engine,
    maxBodyBytes,
    clock,
    version,
    instances: config.instances,
    metrics: shared.metrics,
    webSockets: () => sockets.open,
  });
  addExtensions(app, extensions, maxBodyBytes);
  addOpenApi(app, { engine, version, extensions });
  if (config.studioFolder !== '') await addStudio(app, config.studioFolder);
  return app;
}

/** How often connections that have fallen idle are looked for while the server stops. */
const sweepMs = 20;

/** Stops listening and waits for the requests in flight; what is still open after `drainTimeoutMs` is cut. */
export async function closeHttp(app: FastifyInstance, drainTimeoutMs: number): Promise<void> {
  const sweep = setInterval(() => app.server.closeIdleConnections(), sweepMs);
  const limit = setTimeout(() => app.server.closeAllConnections(), drainTimeoutMs);
  await app.close();
  clearInterval(sweep);
  clearTimeout(limit);
}
