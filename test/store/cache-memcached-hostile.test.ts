import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { manualClock, seededRandom } from 'galerkin/base';
import { afterEach, describe, expect, test } from 'vitest';
import { memcachedConnection } from '../../dist/store/cache/memcached-connection.js';
import { replyReader, UnreadableReply } from '../../dist/store/cache/memcached-replies.js';

describe('replies', () => {
  const stream = Buffer.from(
    'HD\r\nVA 5 t30\r\na\r\nbc\r\nEN\r\nNS\r\nVA 0\r\n\r\nSERVER_ERROR out of memory\r\nHD O7\r\n',
  );
  const kinds = ['done', 'value', 'not', 'not', 'value', 'error', 'done'];

  test('are the same however the stream is cut', () => {
    const random = seededRandom(5);
    for (let round = 0; round < 300; round++) {
      const reader = replyReader(100);
      const found: string[] = [];
      for (let at = 0; at < stream.length; ) {
        const next = at + 1 + random.integer(7);
        found.push(...reader.read(stream.subarray(at, next)).map(reply => reply.kind));
        at = next;
      }
      expect(found).toEqual(kinds);
    }
  });

  test('that are none are refused, and nothing else is thrown', () => {
    const random = seededRandom(6);
    const bad = ['nonsense\r\n', 'VA x\r\n', 'VA 101\r\n', 'VA 99999999999\r\n', 'VA 1\r\nabc', 'x'.repeat(3000)];
    for (const text of bad) expect(() => replyReader(100).read(Buffer.from(text))).toThrow(UnreadableReply);
    for (let round = 0; round < 20_000; round++) {
      const bytes = Buffer.from(stream);
      for (let k = 0; k < 3; k++) bytes[random.integer(bytes.length)] = random.integer(256);
      try {
        replyReader(100).read(bytes);
      } catch (error) {
        if (!(error instanceof UnreadableReply)) throw error;
      }
    }
  });
});

describe('a server that misbehaves', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** Connects to a server that treats each connection like that; time is moved by hand. */
  async function connected(behave: (socket: Socket, count: number) => void) {
    let count = 0;
    const own = createServer(socket => {
      socket.on('error', () => undefined);
      behave(socket, ++count);
    }).listen(0, '127.0.0.1');
    server = own;
    await once(own, 'listening');
    const address = own.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const time = manualClock();
    let cameUp = (): void => undefined;
    const connection = memcachedConnection({
      host: '127.0.0.1',
      port,
      connectTimeoutMs: 1000,
      replyTimeoutMs: 500,
      maxValueBytes: 1000,
      timers: time,
      onState: state => state === 'up' && cameUp(),
    });
    const up = (): Promise<void> =>
      new Promise(resolve => {
        cameUp = resolve;
      });
    await connection.tried;
    return { connection, time, up };
  }
  const ask = Buffer.from('mg k v\r\n');

  test('and talks nonsense, closes, or says more than it was asked, fails the calls, then gets another chance', async () => {
    const { connection, time, up } = await connected((socket, count) => {
      socket.on('data', () => {
        if (count === 1) socket.write('nonsense\r\n');
        else if (count === 2) socket.destroy();
        else if (count === 3) socket.write('EN\r\nEN\r\n');
        else socket.write('EN\r\n');
      });
    });
    for (let k = 0; k < 3; k++) {
      if (k < 2) await expect(connection.send(ask)).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
      else expect(await connection.send(ask)).toEqual({ kind: 'not' });
      await expect(connection.send(ask)).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
      const again = up();
      time.advance(50);
      await again;
    }
    expect(await connection.send(ask)).toEqual({ kind: 'not' });
    connection.close();
  });

  test('and never answers loses the connection after the limit, and all who wait are told', async () => {
    const { connection, time } = await connected(socket => void socket.resume());
    const calls = Array.from({ length: 3 }, () => connection.send(ask));
    time.advance(500);
    for (const call of calls)
      await expect(call).rejects.toMatchObject({ fields: { reason: 'no reply within 500 ms' } });
    connection.close();
  });

  test('and never answers holds no more than 1024 commands', async () => {
    const { connection } = await connected(socket => void socket.resume());
    const calls = Array.from({ length: 1100 }, () => connection.send(ask).catch(() => 'refused'));
    connection.close();
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 1100 }, () => 'refused'));
  });
});
