import { once } from 'node:events';
import { connect } from 'node:net';
import { type Random, seededRandom } from 'galerkin/base';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { binaryQuestion, bytesOf, get, jsonQuestion, post } from './fixtures/client.js';
import { constantField, type Fixture, serveFixture } from './fixtures/repository.js';

let server: Fixture;
beforeAll(async () => {
  server = await serveFixture(['double', 'simple'], { requestTimeoutMs: 300, maxBodyBytes: 32 * 1024 });
});
afterAll(() => server.close());

const pick = <T>(random: Random, items: readonly T[]): T => {
  const item = items[random.integer(items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
};

const scalars: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  1e308,
  '',
  'a',
  'FP32',
  'NaN',
  [],
  {},
  [[]],
  [1, [2]],
  { name: 'a' },
  'x'.repeat(300),
];

/** The same value with one part replaced, dropped or doubled, somewhere. */
function mutate(value: unknown, random: Random): unknown {
  const act = random.uniform();
  if (typeof value !== 'object' || value === null || act < 0.15) return pick(random, scalars);
  if (Array.isArray(value)) {
    const items: unknown[] = [...value];
    const at = random.integer(items.length + 1);
    if (act < 0.35 || items.length === 0) items.splice(at, 0, pick(random, scalars));
    else if (act < 0.5) items.splice(at, 1);
    else items.splice(at, 1, mutate(items[at], random));
    return items;
  }
  const entries = Object.entries(value);
  const at = random.integer(entries.length);
  return Object.fromEntries(
    entries.flatMap(([key, each], index): [string, unknown][] => {
      if (index !== at) return [[key, each]];
      if (act < 0.3) return [];
      if (act < 0.4) return [[pick(random, ['__proto__', 'constructor', '', 'inputs', 'name']), each]];
      return [[key, mutate(each, random)]];
    }),
  );
}

function corrupt(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  for (let k = random.integer(4); k >= 0; k--) copy[random.integer(copy.length)] = random.integer(256);
  return copy.slice(0, random.uniform() < 0.3 ? random.integer(copy.length) : copy.length);
}

const question = jsonQuestion(constantField(1), [1, 4, 4], {
  id: 'x',
  parameters: { binary_data_output: false, guard: 'annotate' },
  outputs: [{ name: 'u', parameters: { binary_data: false } }],
});
const binary = binaryQuestion([
  { name: 'a', datatype: 'FP32', shape: [1, 4, 4], bytes: bytesOf(Float32Array.from(constantField(1))) },
]);
const people = { model: 'double', inputs: { a: [0, 1, 2, 3].map(() => [1, 2, 3, 4]) }, guard: 'annotate', maps: true };

async function expectServing(): Promise<void> {
  expect((await get(`${server.url}/v2/health/ready`)).status).toBe(200);
  const reply = await post(`${server.url}/v2/models/double/infer`, jsonQuestion(constantField(2), [1, 4, 4]));
  expect(reply.json).toMatchObject({ outputs: [{ data: constantField(4) }] });
}

test('mutated requests are answered or refused with words, never with a 5xx', async () => {
  const random = seededRandom(20_261_122);
  for (let k = 0; k < 600; k++) {
    const isPeople = random.uniform() < 0.3;
    let body = mutate(isPeople ? people : question, random);
    while (random.uniform() < 0.4) body = mutate(body, random);
    const text = JSON.stringify(body) ?? '';
    const reply = await post(`${server.url}${isPeople ? '/predict' : '/v2/models/double/infer'}`, text);
    expect([text, reply.status >= 200 && reply.status < 500]).toEqual([text, true]);
    if (reply.status !== 200) expect([text, reply.json]).toEqual([text, { error: expect.any(String) }]);
  }
  await expectServing();
});

test('corrupted bytes and header lengths likewise', async () => {
  const random = seededRandom(77);
  const lengths = ['0', '-1', '1e3', '99999999999', '', ' 5', 'NaN', binary.headers['inference-header-content-length']];
  for (let k = 0; k < 400; k++) {
    const headers: Record<string, string> = {
      'inference-header-content-length': random.uniform() < 0.6 ? (lengths[7] ?? '') : pick(random, lengths),
    };
    if (random.uniform() < 0.1) headers['content-encoding'] = pick(random, ['gzip', 'deflate', 'br', 'gzip, gzip']);
    const reply = await post(`${server.url}/v2/models/double/infer`, corrupt(binary.body, random), headers);
    expect(reply.status).toBeLessThan(500);
  }
  await expectServing();
});

test('random methods, paths and headers on raw sockets end in an answer or a closed connection', async () => {
  const random = seededRandom(4242);
  const methods = [
    'GET',
    'POST',
    'PUT',
    'DELETE',
    'HEAD',
    'OPTIONS',
    'TRACE',
    'CONNECT',
    'PROPFIND',
    'G\0T',
    'get',
    '',
  ];
  const paths = [
    '/',
    '/v2',
    '/v2/models/double/infer',
    '/predict',
    '/models/double/samples/0',
    '/%00',
    '/..//..',
    '*',
    'http://x/v2',
    '/v2/models/%ff',
    '/?'.repeat(200),
  ];
  const headers = [
    'Host: x',
    'Content-Length: 0',
    'Content-Length: 5',
    'Transfer-Encoding: chunked',
    'Expect: 100-continue',
    'Upgrade: websocket',
    'Connection: upgrade',
    'X\0: y',
    'Content-Type: application/json; charset=x',
    'Accept-Encoding: gzip',
  ];
  const exchangeOne = async (): Promise<string> => {
    const chosen = headers.filter(() => random.uniform() < 0.4).join('\r\n');
    const socket = connect(server.port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', chunk => chunks.push(chunk));
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.end(
      `${pick(random, methods)} ${pick(random, paths)} HTTP/1.${random.integer(3)}\r\n${chosen}\r\n\r\n${random.uniform() < 0.5 ? 'hello' : ''}`,
    );
    await once(socket, 'close');
    return Buffer.concat(chunks).toString();
  };
  for (let k = 0; k < 20; k++) {
    const answers = await Promise.all(Array.from({ length: 15 }, exchangeOne));
    for (const answer of answers) expect(answer).toMatch(/^(HTTP\/1\.1 [1-4]\d\d |$)/);
  }
  await expectServing();
});
