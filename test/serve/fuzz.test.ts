import { once } from 'node:events';
import { connect } from 'node:net';
import { seededRandom } from 'galerkin/base';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { binaryQuestion, bytesOf, get, jsonQuestion, post } from './fixtures/client.js';
import { corrupt, mutate, pick } from './fixtures/mutate.js';
import { constantField, type Fixture, serveFixture } from './fixtures/repository.js';

let server: Fixture;
beforeAll(async () => {
  server = await serveFixture(['double', 'simple'], { requestTimeoutMs: 300, maxBodyBytes: 32 * 1024 });
});
afterAll(() => server.close());

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
    // 501 says that a coding is none that this server reads.
    expect([200, 400, 501]).toContain(reply.status);
  }
  await expectServing();
});

test('every path of the protocol takes any JSON without a fault of its own', async () => {
  const random = seededRandom(99);
  const paths = [
    '/v2/models/simple/generate',
    '/v2/models/simple/generate_stream',
    '/v2/models/simple/trace/setting',
    '/v2/trace/setting',
    '/v2/logging',
    '/v2/repository/index',
    '/v2/repository/models/simple/load',
    '/v2/repository/models/simple/unload',
    '/v2/systemsharedmemory/region/x/register',
    '/v2/systemsharedmemory/unregister',
    '/v2/cudasharedmemory/region/x/register',
  ];
  const bodies = [
    { INPUT0: [1, 2], INPUT1: [3], parameters: { x: 1 }, id: 'i' },
    { trace_level: ['OFF'], trace_rate: '5', trace_count: '-1', log_frequency: '0' },
    { log_info: true, log_verbose_level: 0, log_format: 'default' },
    { ready: true, parameters: { unload_dependents: true, config: '{}', 'file:1/model.onnx': 'AAAA' } },
    { key: '/x', offset: 0, byte_size: 4 },
  ];
  for (let k = 0; k < 1500; k++) {
    const path = pick(random, paths);
    let body = mutate(pick(random, bodies), random);
    while (random.uniform() < 0.4) body = mutate(body, random);
    const text =
      random.uniform() < 0.2 ? corrupt(Buffer.from(JSON.stringify(body) ?? ''), random) : (JSON.stringify(body) ?? '');
    const reply = await post(`${server.url}${path}`, text);
    // 501 and 503 say what this server does not do, or was told not to.
    expect([path, text, [200, 400, 403, 404, 501, 503].includes(reply.status)]).toEqual([path, text, true]);
  }
  await post(`${server.url}/v2/logging`, { log_verbose_level: 0 });
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
