// One WebSocket: so many requests at once, so much unread output, and while either is reached nothing more is read from it.
import type { RawData, WebSocket } from 'ws';
import { type Clock, GalerkinError } from '../../base/index.js';
import type { Engine } from '../engine/engine.js';
import { InferCall } from '../http/v2-call.js';
import { answerInference } from '../http/v2-infer.js';
import { refusalOf } from '../people/refusal.js';
import type { SharedMemory } from '../protocol/shared-memory.js';
import type { ProtocolState } from '../protocol/state.js';
import type { EventHub, Subscriber } from './event-hub.js';
import {
  answerFrame,
  type EventKind,
  type InferMessage,
  type Received,
  readMessage,
  UnreadMessage,
} from './messages.js';

export interface ConnectionLimits {
  /** Requests that run at once. */
  readonly inFlight: number;
  /** Bytes of requests that run at once; one larger request may run alone. */
  readonly inFlightBytes: number;
  /** Bytes that the client may leave unread. */
  readonly bufferBytes: number;
}

export interface ConnectionOptions {
  readonly engine: Engine;
  readonly hub: EventHub;
  readonly limits: ConnectionLimits;
  /** Who asks, for fair shares. */
  readonly tenant: string;
  readonly protocol: ProtocolState;
  readonly clock: Clock;
}

interface Frame {
  readonly bytes: Buffer;
  readonly isBinary: boolean;
}

/** ws gives a Buffer unless it is told to give something else. */
const bytesOf = (data: RawData): Buffer => {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
};

export class Connection implements Subscriber {
  /** When the client last showed that it is there. */
  seenMs: number;
  wants: ReadonlySet<EventKind> = new Set();
  private readonly running = new Map<string, AbortController>();
  private runningBytes = 0;
  /** Frames that came in one piece with others before reading stopped: at most what one read of the socket holds. */
  private readonly waiting: Frame[] = [];
  private lastBuffered = 0;
  private finished: (() => void) | undefined;

  constructor(
    private readonly socket: WebSocket,
    private readonly options: ConnectionOptions,
  ) {
    this.seenMs = options.clock.monotonic();
    socket.on('message', (data, isBinary) => {
      this.seenMs = options.clock.monotonic();
      this.waiting.push({ bytes: bytesOf(data), isBinary });
      this.pump();
    });
    const seen = (): void => {
      this.seenMs = options.clock.monotonic();
    };
    socket.on('pong', seen).on('ping', seen);
    socket.on('close', () => this.gone());
  }

  /** Bytes that the client has not taken yet. */
  get unread(): number {
    return this.socket.bufferedAmount;
  }

  send(data: string | Buffer): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    this.socket.send(data, { binary: typeof data !== 'string' }, () => this.pump());
  }

  /** Asks for a sign of life after `idleMs` of silence, and gives the client up after as long again. */
  checkAlive(idleMs: number): void {
    const now = this.options.clock.monotonic();
    const unread = this.unread;
    // A client whose frames are not read cannot show itself: what it takes, and what it waits for, must count instead.
    if (this.socket.isPaused && (unread < this.lastBuffered || unread <= this.options.limits.bufferBytes))
      this.seenMs = now;
    this.lastBuffered = unread;
    const silentMs = now - this.seenMs;
    if (silentMs >= 2 * idleMs) this.socket.terminate();
    else if (silentMs >= idleMs && this.socket.readyState === this.socket.OPEN) this.socket.ping();
  }

  /** Takes no more requests and says goodbye (1001) when those that run have answers. */
  finish(): void {
    this.waiting.length = 0;
    this.finished = () => this.socket.close(1001, 'the server is stopping');
    this.socket.resume();
    if (this.running.size === 0) this.finished();
  }

  /** Says goodbye now, without the answers; the caller ends what does not reply. */
  leave(): void {
    this.socket.close(1001, 'the server is stopping');
  }

  terminate(): void {
    this.socket.terminate();
  }

  private gone(): void {
    this.options.hub.leave(this);
    this.waiting.length = 0;
    for (const request of this.running.values()) request.abort();
  }

  private hasRoom(): boolean {
    const { inFlight, inFlightBytes, bufferBytes } = this.options.limits;
    return this.running.size < inFlight && this.runningBytes < inFlightBytes && this.unread <= bufferBytes;
  }

  /** Handles what waits as far as there is room, then lets the socket be read, or not. */
  private pump(): void {
    if (this.finished !== undefined) {
      this.waiting.length = 0;
      return;
    }
    while (this.waiting.length > 0 && this.hasRoom()) {
      const frame = this.waiting.shift();
      if (frame !== undefined) this.handle(frame);
    }
    if (this.waiting.length === 0 && this.hasRoom()) this.socket.resume();
    else this.socket.pause();
  }

  private handle({ bytes, isBinary }: Frame): void {
    try {
      const received = readMessage(bytes, isBinary);
      const { message } = received;
      if (message.type === 'infer') void this.infer(message, received);
      else if (message.type === 'cancel') this.running.get(message.id)?.abort();
      else this.listen(message.type === 'subscribe' ? message.events : []);
    } catch (error) {
      const [id, cause] = error instanceof UnreadMessage ? [error.id, error.cause] : [undefined, error];
      this.refuse(id, cause);
    }
  }

  private listen(events: readonly EventKind[]): void {
    this.wants = new Set(events);
    if (events.length === 0) this.options.hub.leave(this);
    else this.options.hub.join(this);
    this.send(JSON.stringify({ type: 'subscribed', events }));
  }

  private refuse(id: string | undefined, error: unknown): void {
    this.send(JSON.stringify({ type: 'error', id, ...refusalOf(error, 'WebSocket message') }));
  }

  private async infer(message: InferMessage, received: Received): Promise<void> {
    const { id } = message;
    if (this.running.has(id)) {
      const got = `'${id}', which is still running on this connection`;
      this.refuse(id, new GalerkinError('REQUEST_MALFORMED', { what: 'id', wanted: 'one that is not in use', got }));
      return;
    }
    const request = new AbortController();
    this.running.set(id, request);
    this.runningBytes += received.body.length;
    try {
      await this.answer(message, received, request.signal);
    } catch (error) {
      this.refuse(id, error);
    }
    this.running.delete(id);
    this.runningBytes -= received.body.length;
    if (this.running.size === 0) this.finished?.();
    this.pump();
  }

  private async answer({ model: name, version }: InferMessage, received: Received, signal: AbortSignal): Promise<void> {
    const { engine, protocol, clock, tenant } = this.options;
    const model = engine.find(name, version === undefined ? undefined : String(version));
    const call = new SocketCall(protocol.memory, tenant, signal);
    const stated = String(received.jsonLength);
    const response = await answerInference({ engine, protocol, clock }, model, { body: received.body, stated, call });
    this.send(answerFrame(response.body, response.jsonLength, true));
  }
}

/** A call that ends when its client cancels it or leaves. */
class SocketCall extends InferCall {
  constructor(
    memory: SharedMemory,
    tenant: string,
    private readonly ended: AbortSignal,
  ) {
    super(memory, tenant);
  }

  override get signal(): AbortSignal {
    return this.ended;
  }
}
