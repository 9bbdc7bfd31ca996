import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { seededRandom } from 'galerkin/base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { get, jsonQuestion } from './fixtures/client.js';
import { constantField, type Fixture, serveFixture } from './fixtures/repository.js';
import { binaryFrame, type Client, openSocket } from './fixtures/web-socket.js';

let server: Fixture;
beforeAll(async () => {
  const limits = {
    maxBodyBytes: 64 * 1024,
    webSocketInFlight: 4,
    webSocketBufferBytes: 16 * 1024,
    webSocketIdleMs: 200,
  };
  server = await serveFixture(['double', 'double_solver'], limits);
});
afterAll(() => server.close());

const question = (id: string, value: number, model = 'double') => ({
  type: 'infer',
  id,
  model,
  ...jsonQuestion(constantField(value), [1, 4, 4]),
});

/** The connection and the server still do their work. */
async function stillWorks(client: Client): Promise<void> {
  client.send(question('still', 1));
  expect(await client.of('still')).toMatchObject({ type: 'answer' });
}

/** A connection on which bytes can be written as they are, after the handshake. */
async function rawSocket(): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => {});
  const head = ['GET /ws HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket'];
  socket.write(
    [...head, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '\r\n'].join('\r\n'),
  );
  const [reply] = await once(socket, 'data');
  expect(String(reply)).toMatch(/^HTTP\/1.1 101 /);
  return socket;
}

/** A masked frame of the client. */
function frame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const head = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...head, 0, 0, 0, 0]), payload]);
}

describe('messages that cannot be read', () => {
  const text = (message: unknown): string => (typeof message === 'string' ? message : JSON.stringify(message));
  test.each<[string, string | Buffer, RegExp]>([
    ['no JSON', 'hello', /wanted JSON/],
    ['nothing', '', /an empty body/],
    ['a list', '[1,2]', /expected object/],
    ['null', 'null', /expected object/],
    ['no type', text({ id: 'x' }), /type/],
    ['an unknown type', text({ type: 'eval', id: 'x' }), /wanted type 'infer'/],
    ['a type that is no text', text({ type: { infer: 1 } }), /type/],
    ['no id', text({ type: 'infer', model: 'double' }), /id/],
    ['an id that is a number', text({ type: 'infer', model: 'double', id: 5 }), /id/],
    ['an endless id', text({ type: 'infer', model: 'double', id: 'x'.repeat(5000) }), /id/],
    ['no model', text({ type: 'infer', id: 'm' }), /model/],
    ['unknown events', text({ type: 'subscribe', events: ['keys'] }), /events/],
    ['more than is known', text({ type: 'subscribe', events: ['guard'], also: 1 }), /also/],
    ['deep nesting', '['.repeat(30_000), /deeper nesting/],
    [
      'deep nesting in a member',
      `{"type":"infer","id":"d","model":"double","inputs":${'['.repeat(20_000)}`,
      /deeper nesting/,
    ],
    ['a prototype', '{"__proto__":{"type":"infer"},"id":"p"}', /type/],
    ['a binary frame of nothing', Buffer.alloc(0), /0 bytes in all/],
    ['a binary frame of three bytes', Buffer.alloc(3), /3 bytes in all/],
    ['a JSON length of zero', Buffer.alloc(8), /got 0/],
    ['a JSON length beyond the frame', Buffer.from([255, 255, 255, 255, 123, 125]), /got 4294967295/],
    ['a binary frame without JSON', Buffer.from([4, 0, 0, 0, 1, 2, 3, 4]), /wanted JSON/],
    [
      'tensors that are missing',
      binaryFrame({
        id: 't',
        model: 'double',
        inputs: [{ name: 'a', datatype: 'FP32', shape: [1, 4, 4], parameters: { binary_data_size: 64 } }],
      }),
      /expecting 64 additional bytes/,
    ],
    [
      'bytes too many',
      binaryFrame({ id: 'f', model: 'double', ...jsonQuestion(constantField(1), [1, 4, 4]) }, new Uint8Array(9)),
      /additional input data/,
    ],
  ])('%s: an error that says what was wanted, and the connection lives', async (_what, message, words) => {
    const client = await openSocket(server.url);
    client.socket.send(message);
    const refusal = await client.next(({ type }) => type === 'error');
    expect(refusal).toMatchObject({ code: 'REQUEST_MALFORMED', status: 400, error: expect.stringMatching(words) });
    expect(JSON.stringify(refusal).length).toBeLessThan(700);
    await stillWorks(client);
    client.socket.terminate();
  });

  test('the id comes back with the error where it could be read', async () => {
    const client = await openSocket(server.url);
    client.send({ type: 'infer', id: 'mine' });
    expect(await client.of('mine')).toMatchObject({ type: 'error' });
    client.socket.terminate();
  });
});

describe('frames that break the protocol close the connection with their code', () => {
  test.each<[string, number, (client: Client) => void]>([
    ['a message over the limit', 1009, ({ socket }) => socket.send('x'.repeat(65 * 1024))],
    [
      'text that is no UTF-8',
      1007,
      ({ socket }) => socket.send(Buffer.from([0x22, 0xff, 0xfe, 0x22]), { binary: false }),
    ],
  ])('%s', async (_what, code, act) => {
    const client = await openSocket(server.url);
    act(client);
    expect(await client.closed).toMatchObject({ code });
  });

  test.each<[string, number, Buffer]>([
    ['a reserved opcode', 1002, frame(0x3, Buffer.from('x'))],
    ['a reserved bit', 1002, Buffer.from([0xf1, 0x80, 0, 0, 0, 0])],
    ['a frame without a mask', 1002, Buffer.from([0x81, 0x01, 0x61])],
    ['a control frame that is too long', 1002, frame(0x9, Buffer.alloc(200))],
    ['a stated length of 2^63', 1009, Buffer.from([0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255])],
  ])('%s', async (_what, code, bytes) => {
    const socket = await rawSocket();
    socket.write(bytes);
    const [reply] = await once(socket, 'data');
    expect([reply[0], reply.readUInt16BE(2)]).toEqual([0x88, code]);
    socket.destroy();
  });

  test('seeded noise never brings the server down', async () => {
    const random = seededRandom(11);
    for (let k = 0; k < 60; k++) {
      const socket = await rawSocket();
      const bytes = Buffer.from(Array.from({ length: 400 }, () => Math.floor(random.uniform() * 256)));
      socket.end(k % 2 === 0 ? bytes : frame(1 + (k % 4 === 1 ? 1 : 0), bytes.subarray(0, 120)));
      socket.resume();
      await once(socket, 'close');
    }
    expect((await get(`${server.url}/health`)).status).toBe(200);
  });
});

describe('floods', () => {
  test('five hundred questions at once are read four at a time, and all answered', async () => {
    const client = await openSocket(server.url);
    for (let k = 0; k < 500; k++) client.send(question(`flood ${k}`, 1, k % 50 === 0 ? 'double_solver' : 'double'));
    await client.of('flood 499');
    await Promise.all(Array.from({ length: 500 }, (_, k) => client.of(`flood ${k}`)));
    expect(client.messages.filter(({ type }) => type === 'error')).toEqual([]);
    client.socket.terminate();
  });

  test('a client that asks and never reads is read no further, and given up in the end', async () => {
    const client = await openSocket(server.url);
    client.socket.pause();
    const ask = JSON.stringify(question('again', 1)).replace('again', 'unread');
    let sent = 0;
    while (client.socket.bufferedAmount < 4 * 1024 * 1024 && sent < 200_000) {
      for (let k = 0; k < 500; k++) client.socket.send(ask.replace('unread', `unread ${sent++}`));
      await new Promise(resolve => setImmediate(resolve));
    }
    const rss = process.memoryUsage().rss;
    await once(client.socket, 'close', { signal: AbortSignal.timeout(20_000) }).catch(() => client.socket.resume());
    await client.closed;
    expect(process.memoryUsage().rss - rss).toBeLessThan(300 * 1024 * 1024);
    expect((await get(`${server.url}/health`)).status).toBe(200);
  });

  test('a client that does not show that it lives is dropped; one that does is kept', async () => {
    const silent = await openSocket(server.url, { autoPong: false });
    const alive = await openSocket(server.url);
    expect(await silent.closed).toMatchObject({ code: 1006 });
    await stillWorks(alive);
    alive.socket.terminate();
  });

  test('clients that leave in the midst of a question leave nothing behind', async () => {
    for (let k = 0; k < 30; k++) {
      const client = await openSocket(server.url);
      client.send(question('gone', 1, 'double_solver'));
      client.socket.terminate();
      await client.closed;
    }
    const client = await openSocket(server.url);
    await stillWorks(client);
    client.socket.terminate();
  });
});

describe('offers of other protocols', () => {
  test('h2c is passed over: the request is answered in HTTP/1.1, body and all, and the connection kept', async () => {
    const body = JSON.stringify({ model: 'double', inputs: { a: new Array(4).fill([1, 1, 1, 1]) } });
    const socket = connect(server.port, '127.0.0.1');
    const head =
      'Host: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
    let text = '';
    socket.on('data', chunk => {
      text += chunk;
    });
    socket.write(`POST /predict HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`);
    await new Promise(resolve => setImmediate(resolve));
    socket.write(`${body.slice(10)}GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    await once(socket, 'close');
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    expect(text).toContain('"outputs":{"u":[[2,2,2,2]');
  });

  test('a WebSocket at another path is closed, or told that there is nothing', async () => {
    for (const path of ['/health', '/predict', '/nope', '/v2/models/double/infer']) {
      const socket = connect(server.port, '127.0.0.1');
      const upgrade =
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n\r\n`);
      socket.resume().on('error', () => {});
      socket.on('data', () => socket.end());
      await once(socket, 'close');
    }
  });
});
