// One WebSocket: so many requests at once, so much unread output, and while either is reached nothing more is read from it.
import type { RawData, WebSocket } from 'ws';
import { type Clock, GalerkinError } from '../../base/index.js';
import type { Engine, RunningModel } from '../engine/engine.js';
import { type InferRequest, readInferRequest } from '../http/v2-request.js';
import { writeInferResponse } from '../http/v2-response.js';
import { refusalOf } from '../people/refusal.js';
import type { ProtocolState } from '../protocol/state.js';
import type { Origin } from '../routing/origin.js';
import type { EventHub, Subscriber } from './event-hub.js';
import { answerFrame, type InferMessage, type Received, readMessage, UnreadMessage } from './messages.js';
import { SocketCall } from './socket-call.js';

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
  /** The request that opened it. */
  readonly from: Origin;
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
  wants: ReadonlySet<string> = new Set();
  private readonly running = new Map<string, AbortController>();
  private runningBytes = 0;
  /** Frames that came in one piece with others before reading stopped: at most what one read of the socket holds. */
  private readonly waiting: Frame[] = [];
  private lastBuffered = 0;
  /** Answers in parts whose next part waits until the client has read. */
  private readonly streams = new Set<() => void>();
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
    for (const resume of this.streams) resume();
    this.streams.clear();
  }

  private hasRoom(): boolean {
    const { inFlight, inFlightBytes, bufferBytes } = this.options.limits;
    return this.running.size < inFlight && this.runningBytes < inFlightBytes && this.unread <= bufferBytes;
  }

  /** Handles what waits as far as there is room, then lets the socket be read, or not. */
  private pump(): void {
    this.flow();
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

  /** @throws REQUEST_MALFORMED for a kind that nobody tells of */
  private listen(events: readonly string[]): void {
    const { kinds } = this.options.hub;
    const unknown = events.find(kind => !kinds.includes(kind));
    if (unknown !== undefined) {
      throw new GalerkinError('REQUEST_MALFORMED', { what: 'events', wanted: `of ${kinds.join(', ')}`, got: unknown });
    }
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
    const { engine, protocol, tenant, from } = this.options;
    const model = engine.find(name, version === undefined ? undefined : String(version), from);
    const call = new SocketCall(protocol.memory, tenant, signal);
    call.bytes = received.body.length;
    const leave = await engine.admission.enter(call);
    let latencyMs: number | undefined;
    try {
      const read = ({ served }: RunningModel): InferRequest =>
        readInferRequest(served, received.body, received.jsonLength, call);
      for await (const { model: home, asked, answered, isFinal } of engine.stream(model, read)) {
        latencyMs = (latencyMs ?? 0) + answered.latencyMs;
        const response = writeInferResponse(home.served, asked, answered, call);
        this.send(answerFrame(response.body, response.jsonLength, isFinal));
        if (!isFinal) await this.taken();
        if (signal.aborted && !isFinal) throw new GalerkinError('REQUEST_CANCELLED', { model: name });
      }
    } finally {
      call.release();
      leave(latencyMs);
    }
  }

  /** Resolves when the client has taken enough of what it was sent, or has gone. */
  private taken(): Promise<void> | undefined {
    if (this.unread <= this.options.limits.bufferBytes) return undefined;
    return new Promise(resolve => this.streams.add(resolve));
  }

  /** Lets streams go on that waited for the client to read. */
  private flow(): void {
    if (this.streams.size === 0 || this.unread > this.options.limits.bufferBytes) return;
    for (const resume of this.streams) resume();
    this.streams.clear();
  }
}
