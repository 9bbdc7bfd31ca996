// HTTP/2 under gRPC: sessions with windows sized for tensors, calls found by their path, pings, and an end that drains.
import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { GalerkinError, invariant, type Timers } from '../../base/index.js';
import { type Place, portUnavailable } from '../listen.js';
import { Call, type CallSurroundings } from './call.js';
import { statusOf } from './failure.js';
import type { Methods } from './method.js';
import { percentEncode, statusCodes } from './status.js';

export interface DoorLimits {
  /** Largest message, after inflation. */
  readonly maxMessageBytes: number;
  /** What all calls together may hold of messages that are not yet whole. */
  readonly maxPartialBytes: number;
  /** Calls that one connection may have open; more wait at the client. */
  readonly maxCallsPerConnection: number;
  /** Time that a client has to send a whole message. */
  readonly requestTimeoutMs: number;
  /** A connection is pinged when that time has passed, and dropped if no answer comes. */
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
}

export interface DoorOptions {
  readonly methods: Methods;
  readonly limits: DoorLimits;
  readonly timers: Timers;
}

export interface Door {
  /** @throws PORT_UNAVAILABLE. @returns the port */
  listen(place: { readonly host: string; readonly port: number }): Promise<number>;
  /** Takes no new calls, waits for those that run, and cuts what is left after `drainMs`. */
  close(drainMs: number): Promise<void>;
}

/** What a client may send before the server has taken it: whole tensors per call, several per connection. */
const callWindowBytes = 8 * 1024 * 1024;
const connectionWindowBytes = 64 * 1024 * 1024;
/** Larger frames mean fewer of them for a tensor; beyond this it gains nothing. */
const maxFrameBytes = 1024 * 1024;
const maxHeaderBytes = 16 * 1024;
/** How often, within the time that a client has for a message, it is looked whether it sends one. */
const sweeps = 4;
/** In MiB. Node counts what a session has queued to send against this, and refuses new calls above it. */
const maxSessionMemory = 4096;

export class Http2Door implements Door {
  private readonly server: Http2Server;
  private readonly sessions = new Set<ServerHttp2Session>();
  private readonly around: CallSurroundings;
  private isStopping = false;
  private cancelSweep: (() => void) | undefined;

  constructor(private readonly options: DoorOptions) {
    const { limits, timers } = options;
    this.around = {
      timers,
      maxMessageBytes: limits.maxMessageBytes,
      budget: { heldBytes: 0, limitBytes: limits.maxPartialBytes },
      calls: new Set(),
    };
    this.server = createServer({
      maxSessionMemory,
      settings: {
        initialWindowSize: callWindowBytes,
        maxFrameSize: maxFrameBytes,
        maxConcurrentStreams: limits.maxCallsPerConnection,
        maxHeaderListSize: maxHeaderBytes,
        enablePush: false,
      },
    });
    this.server.on('session', session => this.onSession(session));
    this.server.on('stream', (stream, headers) => this.onStream(stream, headers));
    this.server.on('sessionError', () => {});
  }

  async listen(place: Place): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', cause => reject(portUnavailable(place, cause)));
      this.server.listen(place.port, place.host, resolve);
    });
    this.sweepLater();
    const address: AddressInfo | string | null = this.server.address();
    invariant(address !== null && typeof address !== 'string', 'the gRPC server has no TCP address');
    return address.port;
  }

  async close(drainMs: number): Promise<void> {
    if (this.isStopping) return;
    this.isStopping = true;
    this.cancelSweep?.();
    const closed = new Promise<void>(resolve => this.server.close(() => resolve()));
    for (const call of this.around.calls) call.stopping();
    for (const session of this.sessions) session.close();
    const cancel = this.options.timers.after(drainMs, () => {
      for (const session of this.sessions) session.destroy();
    });
    await closed;
    cancel();
  }

  private onSession(session: ServerHttp2Session): void {
    this.sessions.add(session);
    session.on('close', () => this.sessions.delete(session));
    session.on('error', () => {});
    session.setLocalWindowSize(connectionWindowBytes);
    this.pingLater(session);
  }

  private pingLater(session: ServerHttp2Session): void {
    const { timers, limits } = this.options;
    const cancel = timers.after(limits.keepaliveTimeMs, () => {
      if (session.destroyed || session.closed) return;
      const cancelDrop = timers.after(limits.keepaliveTimeoutMs, () => session.destroy());
      session.ping(error => {
        cancelDrop();
        if (error === null) this.pingLater(session);
      });
    });
    session.once('close', cancel);
  }

  private onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const type = headers['content-type'] ?? '';
    if (headers[':method'] !== 'POST' || !type.startsWith('application/grpc')) {
      stream.on('error', () => {});
      stream.respond({ ':status': 415 }, { endStream: true });
      return;
    }
    const path = headers[':path'] ?? '';
    const method = this.options.methods.get(path);
    if (method !== undefined) {
      new Call(stream, headers, method, this.around).start();
      return;
    }
    stream.on('error', () => {});
    const message = percentEncode(`unknown method ${path.slice(0, 200)}`);
    const trailers = { 'grpc-status': String(statusCodes.UNIMPLEMENTED), 'grpc-message': message };
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...trailers }, { endStream: true });
  }

  /** Ends the calls whose client has begun a message and does not go on. */
  private sweepLater(): void {
    const { timers, limits } = this.options;
    const sweep = (): void => {
      for (const call of this.around.calls) {
        if (call.seenWaiting() <= sweeps) continue;
        call.finish(statusOf(new GalerkinError('REQUEST_TIMEOUT', { limitMs: limits.requestTimeoutMs }), call.path));
      }
      this.cancelSweep = timers.after(limits.requestTimeoutMs / sweeps, sweep);
    };
    this.cancelSweep = timers.after(limits.requestTimeoutMs / sweeps, sweep);
  }
}
