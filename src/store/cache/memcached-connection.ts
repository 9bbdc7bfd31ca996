// One pipelined connection to Memcached: commands go out at once, replies come back in their order; a lost one is opened again.
import { connect, type Socket } from 'node:net';
import { GalerkinError, systemTimers, type Timers } from '../../base/index.js';
import { type Reply, replyReader } from './memcached-replies.js';

export interface MemcachedAddress {
  readonly host: string;
  readonly port: number;
}

export interface ConnectionOptions extends MemcachedAddress {
  /** Longest wait for a connection. */
  readonly connectTimeoutMs: number;
  /** Longest wait for the oldest reply; the connection is given up then, because replies cannot be skipped. */
  readonly replyTimeoutMs: number;
  readonly maxValueBytes: number;
  readonly timers?: Timers;
  readonly onState?: (state: 'up' | 'down', reason: string) => void;
}

export interface MemcachedConnection {
  /** Settles with the first connection, or the first failure. */
  readonly tried: Promise<void>;
  /** Writes one command and resolves with its one reply. Rejects with CACHE_UNAVAILABLE, at once while there is no connection. */
  send(command: Uint8Array): Promise<Reply>;
  close(): void;
}

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** Commands that wait for a reply; beyond them, more are refused at once. */
const maxWaiting = 1024;
const firstRetryMs = 50;
const longestRetryMs = 5000;

const unavailable = (reason: string): GalerkinError =>
  new GalerkinError('CACHE_UNAVAILABLE', { tier: 'memcached', reason });

/** Opens a connection, and opens it again with growing pauses whenever it is lost, until `close`. */
export const memcachedConnection = (options: ConnectionOptions): MemcachedConnection => new LastingConnection(options);

class LastingConnection implements MemcachedConnection {
  readonly tried: Promise<void>;
  private readonly timers: Timers;
  private socket: Socket | undefined;
  private isUp = false;
  private isClosed = false;
  private retryMs = firstRetryMs;
  private waiting: Waiting[] = [];
  /** Counts replies, so that the watch sees whether there was any since it was set. */
  private replies = 0;
  private isWatched = false;
  private callOffRetry = (): void => undefined;
  private settle = (): void => undefined;

  constructor(private readonly options: ConnectionOptions) {
    this.timers = options.timers ?? systemTimers;
    this.tried = new Promise(resolve => {
      this.settle = resolve;
    });
    this.open();
  }

  send(command: Uint8Array): Promise<Reply> {
    const { socket, waiting } = this;
    if (!this.isUp || socket === undefined) return Promise.reject(unavailable('no connection'));
    if (waiting.length >= maxWaiting) return Promise.reject(unavailable(`${maxWaiting} commands that wait`));
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      socket.write(command);
      this.watch();
    });
  }

  close(): void {
    this.isClosed = true;
    this.callOffRetry();
    this.lose('closed');
  }

  private open(): void {
    const { host, port, connectTimeoutMs, maxValueBytes } = this.options;
    const opened = connect({ host, port, noDelay: true });
    this.socket = opened;
    opened.unref();
    const reader = replyReader(maxValueBytes);
    // A socket that was given up has nothing more to say.
    const fail = (reason: string): void => {
      if (this.socket === opened) this.lose(reason);
    };
    const callOffConnect = this.timers.after(connectTimeoutMs, () => fail('no connection in time'));
    opened.on('connect', () => {
      callOffConnect();
      if (this.socket === opened) this.connected();
    });
    opened.on('data', chunk => {
      try {
        if (this.socket === opened) this.take(reader.read(chunk));
      } catch (error) {
        fail(error instanceof Error ? error.message : 'an unreadable reply');
      }
    });
    opened.on('error', error => fail(error.message));
    opened.on('close', () => {
      callOffConnect();
      fail('the connection was closed');
    });
  }

  private connected(): void {
    this.isUp = true;
    this.retryMs = firstRetryMs;
    this.options.onState?.('up', 'connected');
    this.settle();
  }

  private take(replies: readonly Reply[]): void {
    for (const reply of replies) {
      this.replies += 1;
      const first = this.waiting.shift();
      if (first === undefined) throw new Error('a reply that nobody asked for');
      first.resolve(reply);
    }
  }

  private lose(reason: string): void {
    const lost = this.waiting;
    this.waiting = [];
    this.socket?.destroy();
    this.socket = undefined;
    if (this.isUp) this.options.onState?.('down', reason);
    this.isUp = false;
    this.settle();
    for (const each of lost) each.reject(unavailable(reason));
    if (this.isClosed) return;
    this.callOffRetry = this.timers.after(this.retryMs, () => this.open());
    this.retryMs = Math.min(longestRetryMs, this.retryMs * 2);
  }

  /** Gives the connection up when the oldest command gets no reply in time. */
  private watch(): void {
    if (this.isWatched) return;
    this.isWatched = true;
    const before = this.replies;
    const { replyTimeoutMs } = this.options;
    this.timers.after(replyTimeoutMs, () => {
      this.isWatched = false;
      if (this.waiting.length === 0) return;
      if (this.replies === before) this.lose(`no reply within ${replyTimeoutMs} ms`);
      else this.watch();
    });
  }
}
