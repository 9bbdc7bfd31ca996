import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { binaryQuestion, bytesOf, errorOf, exchange, get, jsonQuestion, post, type Reply } from './fixtures/client.js';
import { constantField, type Fixture, serveFixture } from './fixtures/repository.js';

const limit = 64 * 1024;
let server: Fixture;
beforeAll(async () => {
  server = await serveFixture(['double', 'simple', 'kinds'], { maxBodyBytes: limit, requestTimeoutMs: 400 });
});
afterAll(() => server.close());

const infer = (
  body: string | Uint8Array<ArrayBuffer> | object,
  headers: Record<string, string> = {},
  model = 'double',
): Promise<Reply> => post(`${server.url}/v2/models/${model}/infer`, body, headers);

/** Nothing of the machine or the program may show in an answer. */
const leak = /\/work|\/home|\/tmp|node_modules|dist\/|\.ts\b|\.js\b|\bat .*\(|onnxruntime error|Error:/i;

function expectRefusal(reply: Reply, status: number, words: RegExp | string): void {
  const found = errorOf(reply);
  expect([reply.status, found]).toEqual([status, expect.stringMatching(words)]);
  expect(found).not.toMatch(leak);
  expect(found.length).toBeLessThan(1200);
}

const good = async (): Promise<void> => {
  const reply = await infer(jsonQuestion(constantField(1), [1, 4, 4]));
  expect(reply.json).toMatchObject({ outputs: [{ data: constantField(2) }] });
};

const one = constantField(1);
const input = (more: object): object => ({
  inputs: [{ name: 'a', datatype: 'FP32', shape: [1, 4, 4], data: one, ...more }],
});
const field = { name: 'a', datatype: 'FP32', shape: [1, 4, 4], bytes: bytesOf(new Float32Array(16)) };

/** Body, then what comes back: status and words that say what was wanted and what came. */
const bodies: readonly [string, object | string, number, RegExp | string][] = [
  ['nothing', '', 400, /failed to parse the request JSON: wanted a JSON object, got an empty body/],
  ['half an object', '{"inputs":[', 400, /wanted JSON, got 11 bytes that are not JSON/],
  ['text', 'hello', 400, /not JSON/],
  ['a number', '1', 400, /expected object, received number/],
  ['null', 'null', 400, /expected object, received null/],
  ['a list', '[]', 400, /expected object, received array/],
  ['no inputs', {}, 400, /inputs/],
  ['inputs that are no list', { inputs: 'a' }, 400, /inputs: Invalid input: expected array, received string/],
  [
    'an empty list',
    { inputs: [] },
    400,
    /expected 1 inputs but got 0 inputs for model 'double'. Got input\(s\) \[\], but missing required input\(s\) \['a'\]/,
  ],
  ['an input that is null', { inputs: [null] }, 400, /inputs\[0\]/],
  ['a wrong name', input({ name: 'b' }), 400, /missing required input\(s\) \['a'\].*Unexpected input\(s\) \['b'\]/],
  ['a name that is a number', input({ name: 7 }), 400, /name/],
  ['a name of a prototype', input({ name: '__proto__' }), 400, /'__proto__'/],
  ['the name constructor', input({ name: 'constructor' }), 400, /'constructor'/],
  ['a very long name', input({ name: 'x'.repeat(10_000) }), 400, /xxx…/],
  [
    'an input twice',
    { inputs: [1, 2].map(() => ({ name: 'a', datatype: 'FP32', shape: [1, 4, 4], data: one })) },
    400,
    /expected 1 inputs but got 2/,
  ],
  [
    'a wrong datatype',
    input({ datatype: 'FP64' }),
    400,
    "inference input 'a' data-type is 'FP64', but model 'double' expects 'FP32'",
  ],
  ['no such datatype', input({ datatype: 'FP33' }), 400, "data-type is 'FP33'"],
  ['a lower-case datatype', input({ datatype: 'fp32' }), 400, "data-type is 'fp32'"],
  [
    'a wrong shape',
    input({ shape: [1, 4, 5] }),
    400,
    /unexpected shape for input 'a' for model 'double'. Expected \[-1,4,4\], got \[1,4,5\]/,
  ],
  ['no batch axis', input({ shape: [4, 4] }), 400, /Expected \[-1,4,4\], got \[4,4\]. NOTE: the first axis/],
  ['a scalar', input({ shape: [] }), 400, /got \[\]/],
  [
    'a batch beyond the limit',
    input({ shape: [5, 4, 4] }),
    400,
    /inference request batch-size must be <= 4 for 'double'.*got 5/,
  ],
  [
    'an empty batch',
    input({ shape: [0, 4, 4], data: [] }),
    400,
    /batch-size must be <= 4 for 'double' and at least 1, got 0/,
  ],
  ['a negative size', input({ shape: [-1, 4, 4] }), 400, /shape/],
  ['a fractional size', input({ shape: [1.5, 4, 4] }), 400, /shape/],
  ['a size of 2^53', input({ shape: [2 ** 53, 4, 4] }), 400, /shape|batch-size/],
  ['a size just below 2^53', input({ shape: [2 ** 53 - 1, 4, 4] }), 400, /batch-size/],
  [
    'a size of 2^63',
    '{"inputs":[{"name":"a","datatype":"FP32","shape":[9223372036854775807,4,4],"data":[1]}]}',
    400,
    /shape/,
  ],
  ['a size of 1e400', '{"inputs":[{"name":"a","datatype":"FP32","shape":[1e400,4,4],"data":[1]}]}', 400, /shape/],
  ['a shape of text', input({ shape: '1,4,4' }), 400, /shape/],
  ['a shape with a thousand axes', input({ shape: new Array(1000).fill(1) }), 400, /shape/],
  [
    'too few values',
    input({ data: one.slice(1) }),
    400,
    /element count size mismatch for input 'a' for model 'double'. Expected 16, got 15/,
  ],
  ['too many values', input({ data: [...one, 1] }), 400, /Expected 16, got 17/],
  ['no data', input({ data: undefined }), 400, /Input must set only one of the following fields/],
  [
    'data twice',
    input({ parameters: { binary_data_size: 64 } }),
    400,
    /Input must set only one of the following fields/,
  ],
  [
    'shared memory',
    input({ data: undefined, parameters: { shared_memory_region: 'x' } }),
    400,
    /shared memory, which is not served/,
  ],
  [
    'text for a number',
    input({ data: [...one.slice(1), 'one'] }),
    400,
    /input 'a' at index 15: wanted a number for FP32, got "one"/,
  ],
  ['an object for a number', input({ data: [...one.slice(1), {}] }), 400, /got an object/],
  ['null for a number', input({ data: [...one.slice(1), null] }), 400, /got null/],
  ['NaN as text', input({ data: [...one.slice(1), 'NaN'] }), 400, /wants finite values, got NaN at index 15/],
  [
    'an infinity',
    JSON.stringify(input({})).replace('[1,1,1,1,', '[1e400,1,1,1,'),
    400,
    /wants finite values, got Infinity at index 0/,
  ],
  [
    'a number beyond float32',
    input({ data: [1e39, ...one.slice(1)] }),
    400,
    /wants finite values, got Infinity at index 0/,
  ],
  ['data that is an object', input({ data: { 0: 1 } }), 400, /got an object/],
  [
    'an unknown output',
    { ...input({}), outputs: [{ name: 'v' }] },
    400,
    /unexpected inference output 'v' for model 'double'. It has 'u'/,
  ],
  [
    'an output twice',
    { ...input({}), outputs: [{ name: 'u' }, { name: 'u' }] },
    400,
    /wanted each output once, got 'u' twice/,
  ],
  [
    'a classification',
    { ...input({}), outputs: [{ name: 'u', parameters: { classification: 3 } }] },
    400,
    /classification/,
  ],
  ['two thousand outputs', { ...input({}), outputs: new Array(2000).fill({ name: 'u' }) }, 400, /outputs/],
  ['two thousand inputs', { inputs: new Array(2000).fill({}) }, 400, /inputs/],
  ['an id that is a number', { ...input({}), id: 5 }, 400, /id/],
  ['a parameter that is a list', { ...input({}), parameters: { mine: [] } }, 400, /parameters/],
  ['a reserved parameter', { ...input({}), parameters: { triton_secret: 1 } }, 400, /reserved prefix/],
  [
    'a wrong binary_data_output',
    { ...input({}), parameters: { binary_data_output: 'yes' } },
    400,
    /binary_data_output/,
  ],
  ['a wrong guard', { ...input({}), parameters: { guard: 'off' } }, 400, /guard/],
  [
    'a binary size without bytes',
    input({ data: undefined, parameters: { binary_data_size: 64 } }),
    400,
    /expecting 64 additional bytes.*wanted 64 bytes, got 0/,
  ],
  ['a negative binary size', input({ data: undefined, parameters: { binary_data_size: -1 } }), 400, /binary_data_size/],
  [
    'a binary size of 2^53',
    input({ data: undefined, parameters: { binary_data_size: 2 ** 53 - 1 } }),
    400,
    /additional bytes/,
  ],
];

describe('bodies', () => {
  test.each(bodies)('%s', async (_name, body, status, words) => {
    expectRefusal(await infer(body), status, words);
    await good();
  });

  test('deep nesting on every JSON endpoint', async () => {
    for (const path of ['/v2/models/double/infer', '/predict']) {
      for (const deep of [
        '['.repeat(30_000),
        `{"inputs":${'['.repeat(30_000)}`,
        `{"a":`.repeat(10_000),
        `{"inputs":[{"data":${'['.repeat(200)}${']'.repeat(200)}}]}`,
      ]) {
        expectRefusal(
          await post(`${server.url}${path}`, deep),
          400,
          /nested at most 100 levels deep, got deeper nesting/,
        );
      }
    }
    await good();
  });

  test('a hundred thousand levels where the body may be large', async () => {
    const large = await serveFixture(['double']);
    const deep = `{"inputs":[{"name":"a","datatype":"FP32","shape":[1,4,4],"data":${'['.repeat(100_000)}1${']'.repeat(100_000)}}]}`;
    expectRefusal(await post(`${large.url}/v2/models/double/infer`, deep), 400, /nested at most 100 levels/);
    expectRefusal(
      await post(`${large.url}/predict`, `[${'[],'.repeat(300_000)}1]`),
      400,
      /at most 250000 lists and objects/,
    );
    expect((await post(`${large.url}/v2/models/double/infer`, jsonQuestion(one, [1, 4, 4]))).status).toBe(200);
    await large.close();
  });

  test('keys of prototypes change nothing', async () => {
    const text = JSON.stringify({ ...input({}) }).replace(
      '{',
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},',
    );
    expect([200, 400]).toContain((await infer(text)).status);
    const inner = '{"model":"double","inputs":{"__proto__":[[1]]},"__proto__":{"guard":"reject"}}';
    expect((await post(`${server.url}/predict`, inner)).status).toBe(400);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    await good();
  });
});

describe('binary bodies', () => {
  const { body, headers } = binaryQuestion([field]);
  const length = Number(headers['inference-header-content-length']);
  const name = 'inference-header-content-length';

  test.each([
    [
      'a header length beyond the body',
      '99999999999',
      /Inference-Header-Content-Length: wanted a whole number from 0 to \d+/,
    ],
    ['a negative one', '-1', /Inference-Header-Content-Length/],
    ['one that is no number', 'ten', /Inference-Header-Content-Length/],
    ['a fraction', '1.5', /Inference-Header-Content-Length/],
    ['in hexadecimal', '0x10', /Inference-Header-Content-Length/],
    ['a number of a hundred digits', '9'.repeat(100), /Inference-Header-Content-Length/],
    ['too short', String(length - 1), /not JSON/],
    ['too long', String(length + 1), /not JSON/],
    ['zero, with JSON in front', '0', /input byte size mismatch for input 'a' for model 'double'. Expected 64/],
  ])('%s', async (_name, value, words) => {
    expectRefusal(await infer(body, { [name]: value }), 400, words);
    await good();
  });

  test('bytes left over, bytes missing, another size than the shape', async () => {
    const surplus = new Uint8Array(Buffer.concat([body, Buffer.alloc(3)]));
    expectRefusal(
      await infer(surplus, headers),
      400,
      /unexpected additional input data for model 'double': wanted no bytes after the last input, got 3/,
    );
    expectRefusal(
      await infer(body.slice(0, -1), headers),
      400,
      /unexpected size for input 'a', expecting 1 additional bytes/,
    );
    const wide = binaryQuestion([{ ...field, bytes: new Uint8Array(68) }]);
    expectRefusal(
      await infer(wide.body, wide.headers),
      400,
      /input byte size mismatch for input 'a' for model 'double'. Expected 64, got 68/,
    );
    const nan = binaryQuestion([{ ...field, bytes: bytesOf(new Float32Array(16).fill(Number.NaN)) }]);
    expectRefusal(await infer(nan.body, nan.headers), 400, /wants finite values, got NaN at index 0/);
    await good();
  });

  test('a raw body for a model with several inputs', async () => {
    expectRefusal(
      await infer(new Uint8Array(64), { [name]: '0' }, 'simple'),
      400,
      /raw binary request: wanted a model with one input/,
    );
  });
});

describe('size and encoding', () => {
  test('a body over the limit is refused, and the limit is said', async () => {
    expectRefusal(
      await infer('x'.repeat(limit + 1)),
      400,
      /exceeds the maximum of 65536 bytes: got 65537 bytes. Use --max-body-bytes/,
    );
    await good();
  });

  test('a compressed body that inflates over the limit', async () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(50 * 1024 * 1024)));
    expect(bomb.length).toBeLessThan(limit);
    expectRefusal(
      await infer(bomb, { 'content-encoding': 'gzip' }),
      400,
      /exceeds the maximum of 65536 bytes: got more after inflation/,
    );
    await good();
  });

  test('a body that is not compressed as it says, or in another way', async () => {
    expectRefusal(
      await infer('not gzip', { 'content-encoding': 'gzip' }),
      400,
      /wanted gzip data, got data that do not inflate/,
    );
    const other = await infer('x', { 'content-encoding': 'br' });
    expectRefusal(other, 415, /Content-Encoding: wanted gzip, deflate or identity, got 'br'/);
    expect(other.headers.get('accept-encoding')).toBe('gzip, deflate');
    await good();
  });
});

describe('paths and verbs', () => {
  test.each([
    ['/nope', 404],
    ['/v3', 404],
    ['/v2/', 404],
    ['/v2/models', 404],
    ['/v2/models/double/versions/x', 404],
    ['/v2/models/double/versions/1/nope', 404],
    ['/v2/models/double/versions/99999999999999999999999', 404],
    ['/v2/models/nope', 404],
    ['/v2/models/double/versions/2', 404],
    ['/v2/models/..%2f..%2fetc%2fpasswd', 404],
    ['/v2/models/double%00', 404],
    ['/v2/models/%zz', 400],
    ['/v2/models/__proto__', 404],
    ['/v2/models/constructor', 404],
    ['/models/__proto__/samples/0', 404],
    ['//v2', 404],
  ])('GET %s', async (path, status) => {
    const reply = await get(`${server.url}${path}`);
    expect([path.slice(0, 60), reply.status]).toEqual([path.slice(0, 60), status]);
    expect(errorOf(reply)).not.toMatch(leak);
  });

  test('a path with a very long name', async () => {
    expectRefusal(await get(`${server.url}/v2/models/${'x'.repeat(3000)}`), 400, /wanted a well-formed request/);
  });

  test('an unknown model is named, with those that are served', async () => {
    expectRefusal(
      await get(`${server.url}/v2/models/nope`),
      404,
      "Request for unknown model: 'nope' is not found. Served here: 'double', 'kinds', 'simple'.",
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
      const reply = await get(`${server.url}${path}`, {
        method,
        ...(method === 'PUT' || method === 'PATCH' ? { body: '{}' } : {}),
      });
      expect([method, reply.status, reply.headers.get('allow')]).toEqual([method, 405, allow]);
      if (method !== 'HEAD') expect(errorOf(reply)).toBe('Method Not Allowed');
    }
    await good();
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
    expect(await exchange(server.port, bytes)).toMatch(answer);
    await good();
  });

  test('ten thousand tiny chunks', async () => {
    const chunks = '1\r\n \r\n'.repeat(10_000);
    const answer = await exchange(
      server.port,
      `${request('Connection: close\r\nTransfer-Encoding: chunked\r\n')}${chunks}0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*not JSON/s);
    await good();
  });
});

test('refused requests leave no memory behind', async () => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  const settled = (): number => {
    if (typeof collect === 'function') collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const pad = 'x'.repeat(limit / 2);
  const round = async (): Promise<void> => {
    const hostile = bodies.map(([, body]) => infer(typeof body === 'string' ? body : { ...body, pad }));
    const oversize = Array.from({ length: 10 }, () => infer('y'.repeat(2 * limit)).catch(() => undefined));
    await Promise.all([...hostile, ...oversize]);
  };
  await round();
  await round();
  const before = settled();
  for (let k = 0; k < 15; k++) await round();
  // The bodies of refused uploads belong to the clients' sockets, in this same process, until those have closed.
  await expect.poll(() => settled() - before, { timeout: 10_000 }).toBeLessThan(8 * 1024 * 1024);
  await good();
});
