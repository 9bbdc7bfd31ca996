// One gRPC call over one HTTP/2 stream: messages in, messages out, and a status at the end, whatever happens between.
import { setMaxListeners } from 'node:events';
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { GalerkinError, type Timers } from '../../base/index.js';
import { headerIn } from '../routing/origin.js';
import { acceptedEncodings, deflateFramed, type Encoding, encodingOf, inflateMessage } from './compression.js';
import { timeoutMsOf } from './deadline.js';
import { statusOf } from './failure.js';
import { type ByteBudget, type FramedMessage, MessageFramer } from './framing.js';
import type { Method, StreamCall, StreamListener, UnaryMethod } from './method.js';
import { ok, percentEncode, type Status, statusCodes } from './status.js';

/** What all calls of a server share. */
export interface CallSurroundings {
  readonly timers: Timers;
  readonly maxMessageBytes: number;
  readonly budget: ByteBudget;
  /** Calls that are open. */
  readonly calls: Set<Call>;
}

const contentType = 'application/grpc';
const responseHeaders: OutgoingHttpHeaders = { ':status': 200, 'content-type': contentType };
const okTrailers: OutgoingHttpHeaders = { 'grpc-status': '0' };
/** Clients of gRPC have no use for the date, which costs a few microseconds. */
const withTrailers = { waitForTrailers: true, sendDate: false };
const resetNothingWrong = 0;

function trailersOf({ code, message }: Status): OutgoingHttpHeaders {
  if (code === 'OK') return okTrailers;
  return { 'grpc-status': String(statusCodes[code]), 'grpc-message': percentEncode(message) };
}

export class Call implements StreamCall {
  private readonly framer: MessageFramer;
  private encoding: Encoding | undefined;
  private controller: AbortController | undefined;
  private listener: StreamListener | undefined;
  private cancelDeadline: (() => void) | undefined;
  /** Messages whose turn comes after one that is being inflated. */
  private turn: Promise<void> | undefined;
  private hasMessage = false;
  private hasHeaders = false;
  private isOver = false;
  private isPaused = false;
  private timesWaiting = 0;
  private status: Status = ok;

  constructor(
    private readonly stream: ServerHttp2Stream,
    private readonly headers: IncomingHttpHeaders,
    private readonly method: Method,
    private readonly around: CallSurroundings,
  ) {
    this.framer = new MessageFramer(around.maxMessageBytes, around.budget);
  }

  get path(): string {
    return this.headers[':path'] ?? '';
  }

  get tenant(): string {
    return this.header('x-tenant') ?? '';
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      // Every request of a stream may listen.
      if (this.method.kind === 'stream') setMaxListeners(0, this.controller.signal);
    }
    if (this.isOver) this.controller.abort();
    return this.controller.signal;
  }

  /** Looks whether the client owes (the rest of) a message. @returns how often in a row it was seen to owe the same one */
  seenWaiting(): number {
    const owes = this.method.kind === 'unary' ? !this.hasMessage : !this.framer.isBetween;
    this.timesWaiting = owes && !this.isOver && !this.isPaused ? this.timesWaiting + 1 : 0;
    return this.timesWaiting;
  }

  header(name: string): string | undefined {
    return headerIn(this.headers, name);
  }

  get address(): string | undefined {
    // The socket of a session that has ended cannot be asked.
    return this.stream.destroyed ? undefined : this.stream.session?.socket.remoteAddress;
  }

  start(): void {
    const { stream, around } = this;
    around.calls.add(this);
    stream.on('close', () => this.onClose());
    stream.on('error', () => {});
    try {
      this.encoding = encodingOf(this.header('grpc-encoding'));
      this.startDeadline();
      if (this.method.kind === 'stream') this.listener = this.method.open(this);
    } catch (error) {
      this.fail(error);
      return;
    }
    stream.on('data', (chunk: Buffer) => this.onData(chunk));
    stream.on('end', () => this.onEnd());
    if (this.listener !== undefined) stream.on('drain', () => this.listener?.drained());
  }

  send(framed: Buffer): boolean {
    if (this.isOver) return true;
    this.sendHeaders();
    return this.stream.write(framed);
  }

  finish(status: Status): void {
    if (this.isOver) return;
    this.end(status.code !== 'OK');
    if (this.stream.destroyed) return;
    this.status = status;
    if (this.hasHeaders) this.stream.end();
    else {
      const accepts = { 'grpc-accept-encoding': acceptedEncodings };
      this.stream.respond({ ...responseHeaders, ...accepts, ...trailersOf(status) }, { endStream: true });
      this.stopClient();
    }
  }

  fail(error: unknown): void {
    this.finish(statusOf(error, this.path));
  }

  pause(): void {
    this.isPaused = true;
    this.stream.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.stream.resume();
  }

  stopping(): void {
    this.listener?.stopping();
  }

  private startDeadline(): void {
    const timeoutMs = timeoutMsOf(this.header('grpc-timeout'));
    if (timeoutMs === undefined) return;
    this.cancelDeadline = this.around.timers.after(timeoutMs, () => {
      this.finish({ code: 'DEADLINE_EXCEEDED', message: 'Deadline Exceeded' });
    });
  }

  private sendHeaders(): void {
    if (this.hasHeaders) return;
    this.hasHeaders = true;
    const { encoding } = this;
    const headers =
      encoding === undefined
        ? responseHeaders
        : { ...responseHeaders, 'grpc-encoding': encoding, 'grpc-accept-encoding': acceptedEncodings };
    this.stream.respond(headers, withTrailers);
    this.stream.on('wantTrailers', () => {
      this.stream.sendTrailers(trailersOf(this.status));
      // Not before they are sent: a reset drops what still waits on its stream.
      if (this.status.code !== 'OK') setImmediate(() => this.stopClient());
    });
  }

  /** Once a failure is said, a client that is still sending is told that nobody listens. */
  private stopClient(): void {
    const isSending = !this.stream.readableEnded && !this.stream.destroyed;
    if (this.status.code !== 'OK' && isSending) this.stream.close(resetNothingWrong);
  }

  private onData(chunk: Buffer): void {
    if (this.isOver) return;
    try {
      this.framer.push(chunk, this.deliver);
    } catch (error) {
      this.fail(error);
    }
  }

  private readonly deliver = (message: FramedMessage): void => {
    this.timesWaiting = 0;
    if (message.isCompressed || this.turn !== undefined) this.deliverLater(message);
    else this.onMessage(message.bytes);
  };

  private deliverLater({ bytes, isCompressed }: FramedMessage): void {
    const { encoding } = this;
    const before = this.turn ?? Promise.resolve();
    this.turn = before
      .then(async () => {
        if (this.isOver) return;
        if (isCompressed && encoding === undefined) throw new GalerkinError('ENCODING_UNSUPPORTED', { got: 'none' });
        const isPlain = !isCompressed || encoding === undefined;
        this.onMessage(isPlain ? bytes : await inflateMessage(bytes, encoding, this.around.maxMessageBytes));
      })
      .catch((error: unknown) => this.fail(error));
  }

  private onMessage(bytes: Buffer): void {
    if (this.isOver) return;
    const { method, listener } = this;
    const isSecond = this.hasMessage;
    this.hasMessage = true;
    if (listener !== undefined) listener.message(bytes);
    else if (isSecond) this.finish({ code: 'UNIMPLEMENTED', message: 'wanted one request message, got more' });
    else if (method.kind === 'unary') void this.answer(method, bytes);
  }

  private async answer(method: UnaryMethod, bytes: Buffer): Promise<void> {
    try {
      const answer = await method.answer(bytes, this);
      if (!Buffer.isBuffer(answer)) this.finish(answer);
      else if (this.encoding === undefined) this.reply(answer);
      else this.reply(await deflateFramed(answer, this.encoding));
    } catch (error) {
      this.fail(error);
    }
  }

  /** The only message of a unary call, and its end. */
  private reply(framed: Buffer): void {
    if (this.isOver) return;
    this.end(false);
    if (this.stream.destroyed) return;
    this.sendHeaders();
    this.stream.end(framed);
  }

  private onEnd(): void {
    const close = (): void => {
      if (this.isOver) return;
      if (!this.framer.isBetween) this.finish({ code: 'INVALID_ARGUMENT', message: 'the last message is cut' });
      else if (this.listener !== undefined) this.listener.halfClosed();
      else if (!this.hasMessage)
        this.finish({ code: 'UNIMPLEMENTED', message: 'wanted one request message, got none' });
    };
    if (this.turn === undefined) close();
    else void this.turn.then(close);
  }

  /** The stream is gone: whoever computes for it is told. */
  private onClose(): void {
    this.around.calls.delete(this);
    if (!this.isOver) this.end(true);
  }

  private end(isGone: boolean): void {
    this.isOver = true;
    this.cancelDeadline?.();
    this.framer.close();
    if (isGone) this.controller?.abort();
    this.listener?.closed();
  }
}
