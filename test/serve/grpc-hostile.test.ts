import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeInfer, type GrpcClient, grpcClient, type Infer } from './fixtures/grpc-client.js';
import { type Fixture, serveFixture } from './fixtures/repository.js';

let server: Fixture;
let client: GrpcClient;
let session: ClientHttp2Session;
beforeAll(async () => {
  server = await serveFixture(['simple', 'kinds'], { requestTimeoutMs: 300 });
  client = grpcClient(server.grpcPort ?? 0);
  session = connect(`http://127.0.0.1:${server.grpcPort}`);
  session.on('error', () => {});
});
afterAll(async () => {
  session.destroy();
  client.close();
  await server.close();
});

const inferPath = '/inference.GRPCInferenceService/ModelInfer';
const framed = (message: Uint8Array, flag = 0, length = message.length): Buffer => {
  const prefix = Buffer.from([flag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
};

interface Ending {
  readonly http: number | undefined;
  readonly grpc: string | undefined;
  readonly message: string;
}

/** Sends bytes as they are, and says how the call ended. */
async function post(body: Uint8Array, headers: Record<string, string> = {}, end = true): Promise<Ending> {
  const stream = session.request({
    ':method': 'POST',
    ':path': inferPath,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  stream.on('error', () => {});
  let heads: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
  let tail: IncomingHttpHeaders = {};
  stream.on('response', given => {
    heads = given;
  });
  stream.on('trailers', given => {
    tail = given;
  });
  stream.resume();
  stream.write(body);
  if (end) stream.end();
  await new Promise(resolve => stream.on('close', resolve));
  const all = { ...heads, ...tail };
  const message = all['grpc-message'];
  return {
    http: heads[':status'],
    grpc: String(all['grpc-status']),
    message: decodeURIComponent(String(message ?? '')),
  };
}

const simple = (more: Partial<Infer> = {}): Infer => ({
  model: 'simple',
  inputs: ['INPUT0', 'INPUT1'].map(name => ({ name, datatype: 'INT32', shape: [1, 16] })),
  raw: [new Uint8Array(64), new Uint8Array(64)],
  ...more,
});
const invalid = { http: 200, grpc: '3' };

describe('messages that are none', () => {
  const good = encodeInfer(simple());
  const cases: Readonly<Record<string, Uint8Array>> = {
    'a message that is cut': good.subarray(0, -1),
    'a length far beyond the end': Buffer.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0x07]),
    'a length of 64 bits': Buffer.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
    'a varint without an end': Buffer.alloc(100, 0xff),
    'a field numbered 0': Buffer.from([0x02, 0]),
    'wire types that do not exist': Buffer.from([0x0f, 0x0e]),
    'the end of a group that did not begin': Buffer.from([0x0c]),
    'groups within groups within groups': Buffer.alloc(100_000, 0x0b),
    'a text that is not UTF-8': Buffer.from([0x0a, 2, 0xc3, 0x28]),
    'a million empty inputs': Buffer.alloc(2_000_000, Buffer.from([0x2a, 0])),
    'a million empty tensors': Buffer.alloc(2_000_000, Buffer.from([0x3a, 0])),
    'a million empty outputs': Buffer.alloc(2_000_000, Buffer.from([0x32, 0])),
    'a million empty parameters': Buffer.alloc(2_000_000, Buffer.from([0x22, 0])),
    'an id of a megabyte': Buffer.concat([Buffer.from([0x1a, 0xc0, 0x84, 0x3d]), Buffer.alloc(1_000_000, 'i')]),
  };
  test.each(Object.keys(cases))('%s', async name => {
    expect(await post(framed(cases[name] ?? good))).toMatchObject(invalid);
  });

  test('the server still answers after all of them', async () => {
    expect(await post(framed(good))).toMatchObject({ grpc: '0' });
  });
});

describe('shapes and counts that would overflow', () => {
  const shapes = [
    [2n ** 63n - 1n, 2n],
    [2n ** 32n, 2n ** 32n],
    [-1n, 16n],
    [-(2n ** 63n), 16n],
    [1n, 2n ** 53n + 1n],
  ];
  test.each(shapes.map(shape => [shape]))('%s', async shape => {
    const inputs = simple().inputs.map(input => ({ ...input, shape }));
    expect(await post(framed(encodeInfer(simple({ inputs }))))).toMatchObject(invalid);
    const contents = Buffer.from([0x10, 1]);
    const typed = inputs.map(input => ({ ...input, contents }));
    expect(await post(framed(encodeInfer(simple({ inputs: typed, raw: [] }))))).toMatchObject(invalid);
  });

  test('a huge free axis with hardly any data allocates nothing', async () => {
    const inputs = [{ name: 'x_FP64', datatype: 'FP64', shape: [2 ** 39], contents: Buffer.alloc(0) }];
    expect(await post(framed(encodeInfer({ model: 'kinds', inputs })))).toMatchObject(invalid);
  });

  test('more axes than a tensor has', async () => {
    const inputs = simple().inputs.map(input => ({ ...input, shape: new Array<number>(100_000).fill(1) }));
    expect(await post(framed(encodeInfer(simple({ inputs }))))).toMatchObject(invalid);
  });
});

describe('framing', () => {
  test('a flag that is neither 0 nor 1', async () => {
    expect(await post(framed(encodeInfer(simple()), 7))).toMatchObject(invalid);
  });

  test('two messages, or none, in a call of one', async () => {
    const once = framed(encodeInfer(simple()));
    expect((await post(Buffer.concat([once, once]))).grpc).toBe('12');
    expect((await post(Buffer.alloc(0))).grpc).toBe('12');
  });

  test('a message that the client announces and cuts', async () => {
    expect(await post(framed(Buffer.alloc(10), 0, 1000))).toMatchObject(invalid);
  });

  test('a length of 4 GiB is refused before anything is sent', async () => {
    expect(await post(framed(Buffer.alloc(0), 0, 2 ** 32 - 1), {}, false)).toMatchObject({ http: 200, grpc: '8' });
  });

  test('a client that never goes on is told so', async () => {
    expect(await post(framed(Buffer.alloc(3), 0, 1000), {}, false)).toMatchObject({ grpc: '4' });
  });
});

describe('compression', () => {
  test('that is announced and not there, or not known', async () => {
    const body = framed(encodeInfer(simple()), 1);
    expect(await post(body, { 'grpc-encoding': 'gzip' })).toMatchObject(invalid);
    expect((await post(body)).grpc).toBe('12');
    expect((await post(body, { 'grpc-encoding': 'br' })).grpc).toBe('12');
  });

  test('gzip and deflate are read', async () => {
    for (const [name, pack] of [['gzip', gzipSync] as const, ['deflate', deflateSync] as const]) {
      const body = framed(pack(encodeInfer(simple())), 1);
      expect((await post(body, { 'grpc-encoding': name })).grpc).toBe('0');
    }
  });
});

describe('calls that are no calls', () => {
  test('another method, another type, an unknown path', async () => {
    expect((await post(Buffer.alloc(0), { 'content-type': 'text/plain' })).http).toBe(415);
    expect((await post(Buffer.alloc(0), { ':method': 'PUT' })).http).toBe(415);
    expect(await post(Buffer.alloc(0), { ':path': '/inference.GRPCInferenceService/Nope%' })).toMatchObject({
      grpc: '12',
    });
    expect((await post(Buffer.alloc(0), { ':path': '/__proto__' })).grpc).toBe('12');
  });

  test('deadlines that are none are no deadlines; one of nothing has passed', async () => {
    const body = framed(encodeInfer(simple()));
    for (const timeout of ['x', '1', '123456789S', '-1S', '1.5S', '']) {
      expect((await post(body, { 'grpc-timeout': timeout })).grpc).toBe('0');
    }
    expect((await post(body.subarray(0, 20), { 'grpc-timeout': '0n' }, false)).grpc).toBe('4');
  });

  test('bytes that are not HTTP/2 end the connection and nothing else', async () => {
    const socket = connectTcp(server.grpcPort ?? 0, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await once(socket, 'close');
    expect((await client.infer(simple())).model).toBe('simple');
  });

  test('a thousand calls that are reset at once leave nothing behind', async () => {
    const other = connect(`http://127.0.0.1:${server.grpcPort}`);
    other.on('error', () => {});
    for (let k = 0; k < 1000 && !other.destroyed; k++) {
      const stream = other.request({ ':method': 'POST', ':path': inferPath, 'content-type': 'application/grpc' });
      stream.on('error', () => {});
      stream.write(framed(encodeInfer(simple())));
      stream.close(constants.NGHTTP2_CANCEL);
    }
    other.destroy();
    expect((await client.infer(simple())).model).toBe('simple');
  });
});

test('texts of errors survive the header that carries them', async () => {
  const failure = await client.refusal('ModelInfer', encodeInfer(simple({ model: 'münchen % \n 模型' })));
  expect(failure.details).toContain('münchen % \n 模型');
});
