import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { binaryOutputs, binaryQuestion, bytesOf, get, jsonQuestion, post } from './fixtures/client.js';
import { constantField, type Fixture, serveFixture } from './fixtures/repository.js';

let server: Fixture;
const at = (path: string): string => `${server.url}${path}`;

beforeAll(async () => {
  server = await serveFixture(['double', 'simple', 'kinds']);
});
afterAll(() => server.close());

describe('health and metadata', () => {
  test('live and ready answer 200', async () => {
    expect((await get(at('/v2/health/live'))).json).toEqual({ live: true });
    expect((await get(at('/v2/health/ready'))).json).toEqual({ ready: true });
    expect((await get(at('/v2/models/double/ready'))).json).toEqual({ name: 'double', ready: true });
    expect((await get(at('/v2/models/double/versions/1/ready'))).status).toBe(200);
  });

  test('the server says who it is and advertises only what works', async () => {
    const { json } = await get(at('/v2'));
    expect(json).toEqual({
      name: 'galerkin',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      extensions: expect.arrayContaining(['classification', 'binary_tensor_data', 'parameters', 'statistics', 'trace']),
    });
  });

  test('what does not work here is not advertised', async () => {
    const { text } = await get(at('/v2'));
    expect(text).not.toMatch(/shared_memory|model_repository/);
  });

  test('metadata show the batch axis first', async () => {
    for (const path of ['/v2/models/double', '/v2/models/double/versions/1']) {
      expect((await get(at(path))).json).toEqual({
        name: 'double',
        versions: ['1'],
        platform: 'onnxruntime_onnx',
        inputs: [{ name: 'a', datatype: 'FP32', shape: [-1, 4, 4] }],
        outputs: [{ name: 'u', datatype: 'FP32', shape: [-1, 4, 4] }],
      });
    }
  });

  test('the configuration is that of config.pbtxt, in snake_case', async () => {
    expect((await get(at('/v2/models/double/config'))).json).toMatchObject({
      name: 'double',
      backend: 'onnxruntime',
      max_batch_size: 4,
      input: [{ name: 'a', data_type: 'TYPE_FP32', dims: [4, 4] }],
    });
  });

  test('HEAD is GET without a body', async () => {
    const reply = await get(at('/v2/health/ready'), { method: 'HEAD' });
    expect([reply.status, reply.bytes.length]).toEqual([200, 0]);
  });
});

describe('inference', () => {
  const infer = '/v2/models/double/infer';

  test('JSON in, JSON out, with the id and the guard as parameters', async () => {
    const { status, json } = await post(at(infer), jsonQuestion(constantField(1.5), [1, 4, 4], { id: 'seven' }));
    expect(status).toBe(200);
    expect(json).toEqual({
      id: 'seven',
      model_name: 'double',
      model_version: '1',
      parameters: {
        residual: 0,
        residual_bound: 0.01,
        flux_imbalance: 0,
        flux_bound: 0.01,
        guard: 'accepted',
        answered_by: 'surrogate',
        latency_ms: expect.any(Number),
      },
      outputs: [{ name: 'u', datatype: 'FP32', shape: [1, 4, 4], data: constantField(3) }],
    });
  });

  test('nested data are flattened', async () => {
    const rows = [0, 1, 2, 3].map(j => [0, 1, 2, 3].map(i => 4 * j + i));
    const { json } = await post(at(infer), {
      inputs: [{ name: 'a', datatype: 'FP32', shape: [1, 4, 4], data: [rows] }],
    });
    expect(json).toMatchObject({ outputs: [{ data: rows.flat().map(value => Math.min(value, 10) * 2) }] });
  });

  test('binary in, binary out, whatever the alignment of the header', async () => {
    const values = Float32Array.from({ length: 32 }, (_, index) => index / 7);
    for (const id of ['w', 'xx', 'xxx', 'xxxx']) {
      const input = { name: 'a', datatype: 'FP32', shape: [2, 4, 4], bytes: bytesOf(values) };
      const { body, headers } = binaryQuestion([input], { id, parameters: { binary_data_output: true } });
      const reply = await post(at(infer), body, headers);
      expect(reply.headers.get('content-type')).toBe('application/octet-stream');
      const { json, outputs } = binaryOutputs(reply);
      expect(json).toMatchObject({
        id,
        outputs: [{ name: 'u', datatype: 'FP32', shape: [2, 4, 4], parameters: { binary_data_size: 128 } }],
      });
      const copy = new Uint8Array(outputs.u ?? []).buffer;
      expect(new Float32Array(copy)).toEqual(values.map(value => 2 * value));
    }
  });

  test('each output comes as it was asked for', async () => {
    const vector = bytesOf(Int32Array.from({ length: 16 }, (_, index) => index));
    const inputs = ['INPUT0', 'INPUT1'].map(name => ({ name, datatype: 'INT32', shape: [1, 16], bytes: vector }));
    const outputs = [
      { name: 'OUTPUT1', parameters: { binary_data: false } },
      { name: 'OUTPUT0', parameters: { binary_data: true } },
    ];
    const { body, headers } = binaryQuestion(inputs, { outputs });
    const answer = binaryOutputs(await post(at('/v2/models/simple/infer'), body, headers));
    expect(answer.json).toMatchObject({
      outputs: [{ name: 'OUTPUT1', data: new Array(16).fill(0) }, { name: 'OUTPUT0' }],
    });
    expect([...new Int32Array(new Uint8Array(answer.outputs.OUTPUT0 ?? []).buffer)]).toEqual(
      Array.from({ length: 16 }, (_, index) => 2 * index),
    );
  });

  test('a body that is one tensor and nothing else is one item', async () => {
    const reply = await post(at(infer), new Uint8Array(bytesOf(new Float32Array(16).fill(4))), {
      'inference-header-content-length': '0',
    });
    const copy = new Uint8Array(binaryOutputs(reply).outputs.u ?? []).buffer;
    expect([...new Float32Array(copy)]).toEqual(constantField(8));
  });

  test('gzip and deflate bodies are inflated', async () => {
    const { gzipSync, deflateSync } = await import('node:zlib');
    const text = JSON.stringify(jsonQuestion(constantField(2), [1, 4, 4]));
    for (const [encoding, pack] of [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
    ] as const) {
      const reply = await post(at(infer), new Uint8Array(pack(text)), { 'content-encoding': encoding });
      expect(reply.json).toMatchObject({ outputs: [{ data: constantField(4) }] });
    }
  });

  test('values outside the stated range are answered, and the answer says so', async () => {
    const { json } = await post(at(infer), jsonQuestion(constantField(-1), [1, 4, 4]));
    expect(json).toMatchObject({ parameters: { inputs_out_of_range: 'a' } });
  });

  test('guard_outputs appends the residual map', async () => {
    const { json } = await post(
      at(infer),
      jsonQuestion(constantField(11), [1, 4, 4], { parameters: { guard_outputs: true } }),
    );
    expect(json).toMatchObject({
      parameters: { guard: 'flagged', residual: 2 },
      outputs: [{ name: 'u' }, { name: 'residual_map', datatype: 'FP32', shape: [1, 4, 4], data: constantField(2) }],
    });
  });
});

describe('datatypes', () => {
  const inBinary: Record<string, ArrayBufferView> = {
    BOOL: Uint8Array.of(1, 0, 1),
    UINT8: Uint8Array.of(0, 255),
    UINT16: Uint16Array.of(0, 65_535),
    UINT32: Uint32Array.of(0, 4_294_967_295),
    UINT64: BigUint64Array.of(0n, 2n ** 64n - 1n),
    INT8: Int8Array.of(-128, 127),
    INT16: Int16Array.of(-32_768, 32_767),
    INT32: Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
    INT64: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n),
    FP16: Uint16Array.of(0x3c00, 0x7bff, 0x7e00),
    FP32: Float32Array.of(1.1, -0, Number.NaN, Number.POSITIVE_INFINITY),
    FP64: Float64Array.of(1.1, Number.MIN_VALUE, Number.NaN),
    BYTES: Buffer.from('\u0003\0\0\0abc\0\0\0\0\u0002\0\0\0é', 'utf8'),
  };
  const length = (dtype: string): number => {
    const view = inBinary[dtype];
    if (dtype === 'BYTES') return 3;
    return view !== undefined && 'length' in view ? Number(view.length) : 0;
  };
  const inputs = Object.entries(inBinary).map(([dtype, view]) => ({
    name: `x_${dtype}`,
    datatype: dtype,
    shape: [length(dtype)],
    bytes: bytesOf(view),
  }));

  test('every datatype of the runtime passes bit by bit in binary', async () => {
    const { body, headers } = binaryQuestion(inputs, { parameters: { binary_data_output: true } });
    const { outputs } = binaryOutputs(await post(at('/v2/models/kinds/infer'), body, headers));
    for (const [dtype, view] of Object.entries(inBinary))
      expect(outputs[`y_${dtype}`], dtype).toEqual(Buffer.from(bytesOf(view)));
  });

  const asJson = (data: Record<string, unknown[]>) =>
    Object.entries(data).map(([dtype, values]) => ({
      name: `x_${dtype}`,
      datatype: dtype,
      shape: [values.length],
      data: values,
    }));
  const plain: Record<string, unknown[]> = {
    BOOL: [true, false, 1],
    UINT8: [0, 255],
    UINT16: [7],
    UINT32: [4_294_967_295],
    UINT64: ['18446744073709551615', 5],
    INT8: [-128],
    INT16: [-1],
    INT32: [-(2 ** 31)],
    INT64: ['-9223372036854775808', -7],
    FP16: [1.5, -0.25, 65_504],
    FP32: [0.1, 2.5e8, -1e-12],
    FP64: [0.1, 1e300],
    BYTES: ['plain', 'é"\\', ''],
  };

  test('JSON carries them all, 16-bit floats as numbers', async () => {
    const { text } = await post(at('/v2/models/kinds/infer'), JSON.stringify({ inputs: asJson(plain) }));
    // 64-bit integers come with all their digits, which JavaScript's own reader would round.
    const exact = text.replace(/(?<=[[,])-?\d{16,}(?=[,\]])/g, '"$&"');
    const wanted = Object.entries({ ...plain, BOOL: [true, false, true] });
    expect(JSON.parse(exact)).toMatchObject({
      outputs: expect.arrayContaining(
        wanted.map(([dtype, data]) => expect.objectContaining({ name: `y_${dtype}`, data })),
      ),
    });
  });

  test('NaN and infinities are read and written as Python writes them, and read as strings', async () => {
    const inputs = asJson({ ...plain, FP16: ['@'], FP32: ['@'], FP64: ['@'] });
    const tokens = JSON.stringify({ inputs })
      .replaceAll('["@"]', '[NaN,Infinity,-Infinity,1.5]')
      .replaceAll('"shape":[1],"data":[NaN', '"shape":[4],"data":[NaN');
    const strings = tokens.replaceAll(/NaN|-?Infinity/g, '"$&"');
    for (const body of [tokens, strings]) {
      const { status, text } = await post(at('/v2/models/kinds/infer'), body).catch(error => error);
      expect([status, text.match(/\[NaN,Infinity,-Infinity,1.5\]/g)?.length]).toEqual([200, 3]);
    }
  });

  test('64-bit integers keep their digits as plain JSON numbers', async () => {
    const body = JSON.stringify({ inputs: asJson({ ...plain, INT64: ['@'] }) }).replace(
      '["@"]',
      '[-9223372036854775807]',
    );
    expect((await post(at('/v2/models/kinds/infer'), body)).text).toContain('[-9223372036854775807]');
  });
});
