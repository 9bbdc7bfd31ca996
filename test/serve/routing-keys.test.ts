// Who is sent where by what a request shows: rules, sticky keys, and requests that show nonsense.
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange } from './fixtures/client.js';
import { question, type RoutedServer, routedServer, routeOf } from './fixtures/routed-server.js';
import { openSocket } from './fixtures/web-socket.js';

let house: RoutedServer;
beforeAll(async () => {
  house = await routedServer();
});
afterAll(() => house.close());

const apply = (...order: Parameters<typeof routeOf>) => house.server.traffic.apply(routeOf(...order));
const versionsOf = async (headers: readonly Record<string, string>[]): Promise<number[]> => {
  const versions: number[] = [];
  for (const each of headers) versions.push((await house.ask(each)).version);
  return versions;
};

describe('rules', () => {
  beforeAll(() =>
    apply(
      { 1: 10_000, 2: 0, 3: 0 },
      {
        rules: [
          { version: 2, when: { kind: 'header', name: 'x-ring', equals: 'early' } },
          { version: 3, when: { kind: 'cookie', name: 'ring', equals: 'late' } },
        ],
      },
    ),
  );

  test('the first that holds decides; values must be equal to the letter', async () => {
    const asked = [
      {},
      { 'x-ring': 'early' },
      { 'X-Ring': 'early' },
      { 'x-ring': 'Early' },
      { 'x-ring': 'early2' },
      { cookie: 'a=b; ring=late' },
      { cookie: 'ring=late', 'x-ring': 'early' },
      { cookie: 'xring=late' },
    ];
    expect(await versionsOf(asked)).toEqual([1, 2, 2, 1, 1, 3, 2, 1]);
  });

  test('hold over gRPC, in a batch for people, and for all requests of a WebSocket', async () => {
    expect(await house.askGrpc({ 'x-ring': 'early' })).toBe(2);
    expect(await house.askGrpc({ cookie: 'ring=late' })).toBe(3);
    const reply = await fetch(`${house.server.url}/predict/batch`, {
      method: 'POST',
      headers: { cookie: 'ring=late' },
      body: JSON.stringify({ requests: [1, 2].map(() => ({ model: 'scale', inputs: { x: [1, 1, 1, 1] } })) }),
    });
    expect(await reply.json()).toMatchObject({ answers: [{ version: '3' }, { version: '3' }] });
    const socket = await openSocket(house.server.url, { headers: { 'x-ring': 'early' } });
    for (const id of ['a', 'b']) {
      socket.send({ type: 'infer', id, model: 'scale', ...question });
      expect(await socket.of(id)).toMatchObject({ model_version: '2' });
    }
    socket.socket.close();
    await socket.closed;
  });

  test('a header that comes twice is neither of the two; a cookie that does is the first', async () => {
    const body = JSON.stringify(question);
    const raw = (lines: readonly string[]): string =>
      [
        'POST /v2/models/scale/infer HTTP/1.1',
        'Host: localhost',
        'Connection: close',
        `Content-Length: ${Buffer.byteLength(body)}`,
        ...lines,
        '',
        body,
      ].join('\r\n');
    const version = async (...lines: string[]): Promise<string | undefined> =>
      /"model_version":"(\d)"/.exec(await exchange(house.server.port, raw(lines)))?.[1];
    expect(await version('X-Ring: early', 'X-Ring: early')).toBe('1');
    expect(await version('Cookie: ring=late', 'Cookie: ring=early')).toBe('3');
    expect(await version('Cookie: ring=early; ring=late')).toBe('1');
  });
});

describe('sticky keys', () => {
  const clients = Array.from({ length: 150 }, (_, k) => ({ 'x-user': `user-${k}` }));
  const sticky = { sticky: { kind: 'header', name: 'x-user' }, salt: 'one' } as const;

  test('a client stays while shares stand; as a share rises each moves at most once, and never back', async () => {
    let before = new Set<number>();
    for (const share of [0, 1_000, 2_500, 6_000, 10_000]) {
      await apply({ 1: 10_000 - share, 2: share }, sticky);
      const versions = await versionsOf(clients);
      expect(await versionsOf(clients.slice(0, 30))).toEqual(versions.slice(0, 30));
      const moved = new Set(versions.flatMap((version, k) => (version === 2 ? [k] : [])));
      for (const client of before) expect(moved.has(client)).toBe(true);
      const part = share / 10_000;
      const deviation = Math.sqrt(clients.length * part * (1 - part));
      expect(Math.abs(moved.size - clients.length * part)).toBeLessThanOrEqual(4 * deviation);
      before = moved;
    }
    expect(before.size).toBe(clients.length);
  });

  test('gRPC sends a client where HTTP does; another salt chooses others', async () => {
    await apply({ 1: 5_000, 2: 5_000 }, sticky);
    const over = await versionsOf(clients.slice(0, 40));
    for (const [k, headers] of clients.slice(0, 40).entries()) expect(await house.askGrpc(headers)).toBe(over[k]);
    await apply({ 1: 5_000, 2: 5_000 }, { ...sticky, salt: 'two' });
    expect(await versionsOf(clients.slice(0, 40))).not.toEqual(over);
  });

  test('an address keeps one version; requests without the key are drawn by themselves', async () => {
    await apply({ 1: 5_000, 2: 5_000 }, { sticky: { kind: 'client-address' } });
    const [version] = Object.keys(await house.count(20)).map(Number);
    for (let k = 0; k < 10; k++) expect(await house.askGrpc()).toBe(version);
    expect(Object.keys(await house.count(20))).toEqual([String(version)]);
    await apply({ 1: 5_000, 2: 5_000 }, { sticky: { kind: 'cookie', name: 'user' } });
    expect(Object.keys(await house.count(40))).toEqual(['1', '2']);
    expect(Object.keys(await house.count(20, () => ({ cookie: 'user=me' })))).toHaveLength(1);
    expect(Object.keys(await house.count(40, () => ({ cookie: 'user=' })))).toEqual(['1', '2']);
  });
});

test.each([
  ['a header of 14 KiB', { 'x-user': 'u'.repeat(14_000) }],
  ['thousands of cookies', { cookie: 'a=b;'.repeat(3_000) }],
  ['names that every object has', { cookie: '__proto__=1; constructor=2', 'x-user': '__proto__' }],
  ['bytes that are no text', { 'x-user': Buffer.from([0xff, 0xfe, 0x80]).toString('latin1') }],
])('%s is answered as any other request', async (_, headers) => {
  for (const name of ['x-user', '__proto__', 'constructor']) {
    await apply(
      { 1: 5_000, 2: 5_000 },
      {
        rules: [{ version: 3, when: { kind: 'header', name, equals: 'nobody' } }],
        sticky: { kind: 'cookie', name },
        shares: [1, 2, 3].map(version => ({ version, share: version === 3 ? 0 : 5_000 })),
      },
    );
    const { status, version } = await house.ask(headers);
    expect([status, [1, 2].includes(version)]).toEqual([200, true]);
  }
});

test('a client that goes away in the midst of its request leaves no sample', async () => {
  await apply({ 1: 10_000 });
  const { next } = house.server.traffic.samples('scale', 0, 100_000);
  const socket = connect(house.server.port, '127.0.0.1');
  await new Promise(resolve => socket.once('connect', resolve));
  socket.write('POST /v2/models/scale/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n{');
  socket.destroy();
  await house.ask();
  const { samples } = house.server.traffic.samples('scale', next, 10);
  expect(samples.map(({ ok }) => ok)).toEqual([true]);
});
