import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, exchange, get, post } from './fixtures/client.js';
import { expectRefusal, leak, one, openTarget, type Target } from './fixtures/hostile.js';

let target: Target;
beforeAll(async () => {
  target = await openTarget({ maxBodyBytes: 4 * 2 ** 20, requestTimeoutMs: 20_000, allowClientShm: true });
});
afterAll(() => target.server.close());

const jsonPaths = [
  '/v2/models/double/infer',
  '/v2/models/double/versions/1/infer',
  '/v2/models/double/generate',
  '/v2/models/double/generate_stream',
  '/v2/models/double/trace/setting',
  '/v2/repository/index',
  '/v2/repository/models/double/load',
  '/v2/repository/models/double/unload',
  '/v2/trace/setting',
  '/v2/logging',
  '/v2/systemsharedmemory/region/x/register',
  '/predict',
];

/** Inflates to twenty times what the server takes. */
const bomb = new Uint8Array(gzipSync(Buffer.alloc(80 * 2 ** 20)));

describe.each(jsonPaths)('%s', path => {
  const send = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    post(`${target.server.url}${path}`, body, headers);

  test('JSON a hundred thousand levels deep, whatever it is made of', async () => {
    for (const deep of [
      '['.repeat(100_000),
      '{"a":'.repeat(100_000),
      `{"inputs":[{"data":${'['.repeat(100_000)}`,
      `{"parameters":${'[{"a":'.repeat(100_000)}`,
    ]) {
      expectRefusal(await send(deep), 400, /JSON nesting depth exceeds maximum allowed limit \(100\)/);
    }
    await target.good();
  });

  test('half a million lists', async () => {
    expectRefusal(await send(`{"x":[${'[],'.repeat(500_000)}0]}`), 400, /at most 250000 lists and objects/);
  });

  test('what is no object, keys of prototypes, keys twice, and bytes that are no UTF-8', async () => {
    for (const body of [
      'null',
      '1',
      '"x"',
      '[]',
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      '{"ready":1,"ready":"x"}',
      '\ufeff{}',
      '{"\u0000":1}',
      '{'.repeat(50),
    ]) {
      const reply = await send(body);
      expect([body, reply.status < 500 || reply.status === 503]).toEqual([body, true]);
      if (reply.status >= 400) expect(errorOf(reply)).not.toMatch(leak);
    }
    expect((await send(Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d))).status).toBeLessThan(504);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    await target.good();
  });

  test('a zip bomb', async () => {
    expectRefusal(
      await send(bomb, { 'content-encoding': 'gzip' }),
      400,
      /more after inflation exceeds the maximum allowed value/,
    );
  });
});

describe('chunks', () => {
  /** Sends so many chunks of one byte, in few packets, and gives the answer. */
  async function flood(count: number, path: string): Promise<string> {
    const socket = connect(target.server.port, '127.0.0.1');
    const answer: Buffer[] = [];
    socket.on('data', chunk => answer.push(chunk));
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const piece = '1\r\n \r\n'.repeat(5000);
    for (let sent = 0; sent < count && !socket.destroyed; sent += 5000) {
      if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    }
    socket.end('0\r\n\r\n');
    if (!socket.destroyed) await once(socket, 'close');
    return Buffer.concat(answer).toString();
  }

  test('without end are cut off, and take no more memory than the body would', async () => {
    const before = process.memoryUsage().rss;
    for (const path of ['/v2/models/double/infer', '/predict', '/v2/repository/index']) {
      expect(await flood(60_000, path)).toMatch(/^HTTP\/1\.1 400 /);
      expect(await flood(300_000, path)).toMatch(/^(HTTP\/1\.1 400 .*too many tiny chunks|$)/s);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
    await target.good();
  });
});

describe('many outputs', () => {
  test('named, or the same a hundred thousand times', async () => {
    const body = `{"inputs":[{"name":"a","datatype":"FP32","shape":[1,4,4],"data":[${one}]}],"outputs":[${'{"name":"u"},'.repeat(100_000)}{"name":"u"}]}`;
    expectRefusal(await target.infer(body), 400, /outputs/);
  });
});

describe('paths', () => {
  test.each(['..%2f..%2fetc', '%2e%2e', 'double%00', '..%5c..', '%2fetc%2fpasswd', 'a%0d%0ab'])(
    'models named %s are nowhere',
    async name => {
      for (const path of [
        `/v2/models/${name}/infer`,
        `/v2/repository/models/${name}/load`,
        `/v2/models/${name}/generate`,
      ]) {
        const reply = await post(`${target.server.url}${path}`, '{}');
        expect([path, [400, 404, 503].includes(reply.status)]).toEqual([path, true]);
        expect(errorOf(reply)).not.toMatch(leak);
      }
      // What `fetch` takes for a step up in the path leads to the list of all regions, which is empty.
      const status = await get(`${target.server.url}/v2/systemsharedmemory/region/${name}/status`);
      expect([404, 200].includes(status.status) && status.text.length < 200).toBe(true);
    },
  );

  test('both ways in answer alike: the short one and the router', async () => {
    const send = (path: string) =>
      exchange(
        target.server.port,
        `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`,
      );
    const strip = (answer: string) =>
      answer
        .replace(/^(date|keep-alive|connection|vary):.*\r\n/gim, '')
        .replace('; charset=utf-8', '')
        .toLowerCase()
        .split('\r\n')
        .toSorted();
    const short = await send('/v2/models/double/infer');
    expect(short).toMatch(/^HTTP\/1\.1 400 .*expected/s);
    expect(strip(await send('/v2/models/doub%6ce/infer'))).toEqual(strip(short));
  });
});
