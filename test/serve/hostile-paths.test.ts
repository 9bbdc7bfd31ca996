import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, exchange, get } from './fixtures/client.js';
import { expectRefusal, leak, openTarget, type Target } from './fixtures/hostile.js';

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(() => target.server.close());

describe('paths and verbs', () => {
  test.each([
    ['/nope', 404],
    ['/v3', 404],
    ['/v2/', 404],
    ['/v2/models', 404],
    ['/v2/models/double/versions/x', 404],
    ['/v2/models/double/versions/1/nope', 404],
    ['/v2/models/double/versions/99999999999999999999999', 404],
    ['/v2/models/nope', 400],
    ['/v2/models/double/versions/2', 400],
    ['/v2/models/..%2f..%2fetc%2fpasswd', 400],
    ['/v2/models/double%00', 400],
    ['/v2/models/%zz', 400],
    ['/v2/models/__proto__', 400],
    ['/v2/models/constructor', 400],
    ['/models/__proto__/samples/0', 404],
    ['//v2', 404],
  ])('GET %s', async (path, status) => {
    const reply = await get(`${target.server.url}${path}`);
    expect([path.slice(0, 60), reply.status]).toEqual([path.slice(0, 60), status]);
    expect(errorOf(reply)).not.toMatch(leak);
  });

  test('a path with a very long name', async () => {
    expectRefusal(await get(`${target.server.url}/v2/models/${'x'.repeat(3000)}`), 400, /wanted a well-formed request/);
  });

  test('an unknown model is named, with those that are served', async () => {
    expectRefusal(
      await get(`${target.server.url}/v2/models/nope`),
      400,
      /Request for unknown model: 'nope' is not found. Served here: .*'double'/,
    );
  });

  test('wrong verbs are 405 and say which are right', async () => {
    const cases = [
      ['DELETE', '/v2', 'GET, HEAD'],
      ['OPTIONS', '/v2', 'GET, HEAD'],
      ['GET', '/v2/models/double/infer', 'POST'],
      ['HEAD', '/v2/models/double/infer', 'POST'],
      ['PUT', '/predict', 'POST'],
      ['PATCH', '/models', 'GET, HEAD'],
    ] as const;
    for (const [method, path, allow] of cases) {
      const reply = await get(`${target.server.url}${path}`, {
        method,
        ...(method === 'PUT' || method === 'PATCH' ? { body: '{}' } : {}),
      });
      expect([method, reply.status, reply.headers.get('allow')]).toEqual([method, 405, allow]);
      if (method !== 'HEAD') expect(errorOf(reply)).toBe('Method Not Allowed');
    }
    await target.good();
  });
});

describe('the wire itself', () => {
  const request = (headers: string, body = ''): string =>
    `POST /v2/models/double/infer HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;

  test.each([
    ['bytes that are not HTTP', '\u0016\u0003\u0001 hello\r\n\r\n', /^HTTP\/1\.1 400 .*wanted a well-formed HTTP/s],
    ['two lengths', request('Content-Length: 3\r\nContent-Length: 5\r\n', 'abc'), /^HTTP\/1\.1 400 /],
    [
      'a length and chunks',
      request('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', '3\r\nabc\r\n0\r\n\r\n'),
      /^HTTP\/1\.1 400 /,
    ],
    ['a negative length', request('Content-Length: -5\r\n', 'abc'), /^HTTP\/1\.1 400 /],
    ['a chunk size that is none', request('Transfer-Encoding: chunked\r\n', 'zz\r\nabc'), /^HTTP\/1\.1 400 /],
    [
      'headers without end',
      request(`X: ${'y'.repeat(20_000)}\r\n`),
      /^HTTP\/1\.1 431 .*headers of at most 16384 bytes/s,
    ],
    [
      'a length over the limit, before any body',
      request('Content-Length: 99999999999\r\n'),
      /^HTTP\/1\.1 400 .*exceeds the maximum/s,
    ],
    ['a body that never comes', request('Content-Length: 100\r\n', 'abc'), /^HTTP\/1\.1 408 .*within 400 ms/s],
    ['headers that never end', 'POST /predict HTTP/1.1\r\nHost: x\r\n', /^HTTP\/1\.1 408 .*within 400 ms/s],
    ['chunks that never end', request('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n'), /^HTTP\/1\.1 408 /],
  ])('%s', async (_name, bytes, answer) => {
    expect(await exchange(target.server.port, bytes)).toMatch(answer);
    await target.good();
  });

  test('ten thousand tiny chunks', async () => {
    const chunks = '1\r\n \r\n'.repeat(10_000);
    const answer = await exchange(
      target.server.port,
      `${request('Connection: close\r\nTransfer-Encoding: chunked\r\n')}${chunks}0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*not JSON/s);
    await target.good();
  });
});
