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
export function memcachedConnection(options: ConnectionOptions): MemcachedConnection {
  const { host, port, timers = systemTimers, onState } = options;
  let socket: Socket | undefined;
  let isUp = false;
  let isClosed = false;
  let retryMs = firstRetryMs;
  let waiting: Waiting[] = [];
  /** Counts replies, so that the watch sees whether there was any since it was set. */
  let replies = 0;
  let isWatched = false;
  let callOff = (): void => undefined;
  let settle = (): void => undefined;
  const tried = new Promise<void>(resolve => {
    settle = resolve;
  });

  function lose(reason: string): void {
    const lost = waiting;
    waiting = [];
    socket?.destroy();
    socket = undefined;
    if (isUp) onState?.('down', reason);
    isUp = false;
    settle();
    for (const each of lost) each.reject(unavailable(reason));
    if (isClosed) return;
    callOff = timers.after(retryMs, open);
    retryMs = Math.min(longestRetryMs, retryMs * 2);
  }

  function watch(): void {
    if (isWatched) return;
    isWatched = true;
    const before = replies;
    timers.after(options.replyTimeoutMs, () => {
      isWatched = false;
      if (waiting.length === 0) return;
      if (replies === before) lose(`no reply within ${options.replyTimeoutMs} ms`);
      else watch();
    });
  }

  function take(chunk: Buffer, read: (chunk: Buffer) => Reply[]): void {
    for (const reply of read(chunk)) {
      replies += 1;
      const first = waiting.shift();
      if (first === undefined) throw new Error('a reply that nobody asked for');
      first.resolve(reply);
    }
  }

  function open(): void {
    const opened = connect({ host, port, noDelay: true });
    socket = opened;
    opened.unref();
    const reader = replyReader(options.maxValueBytes);
    const fail = (reason: string): void => {
      if (socket === opened) lose(reason);
    };
    const callOffConnect = timers.after(options.connectTimeoutMs, () => fail('no connection in time'));
    opened.on('connect', () => {
      callOffConnect();
      if (socket !== opened) return;
      isUp = true;
      retryMs = firstRetryMs;
      onState?.('up', 'connected');
      settle();
    });
    opened.on('data', chunk => {
      try {
        if (socket === opened) take(chunk, reader.read);
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

  open();
  return {
    tried,
    send(command) {
      const to = socket;
      if (!isUp || to === undefined) return Promise.reject(unavailable('no connection'));
      if (waiting.length >= maxWaiting) return Promise.reject(unavailable(`${maxWaiting} commands that wait`));
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        to.write(command);
        watch();
      });
    },
    close() {
      isClosed = true;
      callOff();
      lose('closed');
    },
  };
}
