import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesOf } from './fixtures/client.js';
import {
  decodeFields,
  encodeInfer,
  type GrpcClient,
  grpcClient,
  type Infer,
  messagesIn,
  textIn,
  textsIn,
} from './fixtures/grpc-client.js';
import { constantField, type Fixture, serveFixture } from './fixtures/repository.js';

let server: Fixture;
let client: GrpcClient;
beforeAll(async () => {
  server = await serveFixture(['double', 'strict', 'simple', 'kinds']);
  client = grpcClient(server.grpcPort ?? 0);
});
afterAll(async () => {
  client.close();
  await server.close();
});

const nameMessage = (name: string, version = ''): Buffer =>
  Buffer.concat([
    Buffer.from([10, name.length]),
    Buffer.from(name),
    Buffer.from([18, version.length]),
    Buffer.from(version),
  ]);
const ints = (bytes: Uint8Array | undefined): number[] => [...new Int32Array(Uint8Array.from(bytes ?? []).buffer)];
const floats = (bytes: Uint8Array | undefined): number[] => [...new Float32Array(Uint8Array.from(bytes ?? []).buffer)];

const counting = Int32Array.from({ length: 16 }, (_, k) => k);
const ones = new Int32Array(16).fill(1);
const simple = (more: Partial<Infer> = {}): Infer => ({
  model: 'simple',
  inputs: ['INPUT0', 'INPUT1'].map(name => ({ name, datatype: 'INT32', shape: [1, 16] })),
  raw: [bytesOf(counting), bytesOf(ones)],
  ...more,
});
const field = (value: number, more: Partial<Infer> = {}): Infer => ({
  model: 'double',
  inputs: [{ name: 'a', datatype: 'FP32', shape: [1, 4, 4] }],
  raw: [bytesOf(Float32Array.from(constantField(value)))],
  ...more,
});
const refusal = (request: Infer) => client.refusal('ModelInfer', encodeInfer(request));

describe('server and models', () => {
  test('live, ready, and a name with extensions', async () => {
    expect([...(await client.call('ServerLive'))]).toEqual([8, 1]);
    expect([...(await client.call('ServerReady'))]).toEqual([8, 1]);
    const fields = decodeFields(await client.call('ServerMetadata'));
    expect(textIn(fields, 1)).toBe('galerkin');
    expect(textsIn(fields, 3)).toContain('statistics');
  });

  test('a model is ready or not; unknown ones are not, without an error', async () => {
    expect([...(await client.call('ModelReady', nameMessage('simple', '1')))]).toEqual([8, 1]);
    expect(await client.call('ModelReady', nameMessage('nobody'))).toHaveLength(0);
    expect(await client.call('ModelReady', nameMessage('simple', '9'))).toHaveLength(0);
  });

  test('metadata show the batch axis first, as -1', async () => {
    const fields = decodeFields(await client.call('ModelMetadata', nameMessage('simple')));
    expect([textIn(fields, 1), textsIn(fields, 2), textIn(fields, 3)]).toEqual(['simple', ['1'], 'onnxruntime_onnx']);
    const [input = new Map()] = messagesIn(fields, 4);
    expect([textIn(input, 1), textIn(input, 2)]).toEqual(['INPUT0', 'INT32']);
    expect(Buffer.from(input.get(3)?.[0] ?? []).toString('hex')).toBe('ffffffffffffffffff0110');
  });

  test('the configuration is that of config.pbtxt', async () => {
    const [config = new Map()] = messagesIn(decodeFields(await client.call('ModelConfig', nameMessage('simple'))), 1);
    expect([textIn(config, 1), textIn(config, 17), config.get(4)]).toEqual(['simple', 'onnxruntime', [8n]]);
  });

  test('statistics count what was asked', async () => {
    await client.infer(simple());
    const [statistics = new Map()] = messagesIn(
      decodeFields(await client.call('ModelStatistics', nameMessage('simple'))),
      1,
    );
    expect(textIn(statistics, 1)).toBe('simple');
    expect(Number(statistics.get(4)?.[0])).toBeGreaterThan(0);
    const all = messagesIn(decodeFields(await client.call('ModelStatistics')), 1).map(each => textIn(each, 1));
    expect(all).toEqual(['double', 'kinds', 'simple', 'strict']);
  });

  test('the health service says it too', async () => {
    expect([...(await client.call('/grpc.health.v1.Health/Check'))]).toEqual([8, 1]);
    const failure = await client.refusal('/grpc.health.v1.Health/Check', nameMessage('other'));
    expect(failure.code).toBe('NOT_FOUND');
  });

  test('the index lists what there is, and loading needs explicit control', async () => {
    const models = messagesIn(decodeFields(await client.call('RepositoryIndex')), 1);
    expect(models.map(model => [textIn(model, 1), textIn(model, 3)])).toContainEqual(['simple', 'READY']);
    const load = Buffer.from('1206', 'hex');
    expect(await client.refusal('RepositoryModelLoad', Buffer.concat([load, Buffer.from('simple')]))).toMatchObject({
      code: 'UNAVAILABLE',
    });
  });
});

describe('inference', () => {
  test('raw in, raw out, the outputs in order', async () => {
    const { model, version, id, outputs, raw } = await client.infer(simple({ id: 'mine', version: '1' }));
    expect([model, version, id]).toEqual(['simple', '1', 'mine']);
    expect(outputs.map(({ name, datatype, shape }) => [name, datatype, shape])).toEqual([
      ['OUTPUT0', 'INT32', [1, 16]],
      ['OUTPUT1', 'INT32', [1, 16]],
    ]);
    expect(ints(raw[0])).toEqual([...counting].map(value => value + 1));
    expect(ints(raw[1])).toEqual([...counting].map(value => value - 1));
  });

  test('only the outputs asked for, in the order asked', async () => {
    const { outputs, raw } = await client.infer(simple({ outputs: [{ name: 'OUTPUT1' }] }));
    expect([outputs.map(({ name }) => name), raw.length]).toEqual([['OUTPUT1'], 1]);
  });

  test('the best classes instead of a tensor', async () => {
    const { outputs, raw } = await client.infer(
      simple({ outputs: [{ name: 'OUTPUT0', parameters: { classification: 2 } }] }),
    );
    expect(outputs).toMatchObject([{ datatype: 'BYTES', shape: [1, 2] }]);
    expect(Buffer.from(raw[0] ?? []).toString('latin1')).toContain('16:15');
  });

  test('typed contents are the same as raw ones, packed or not', async () => {
    const packed = Buffer.concat([Buffer.from([0x12, 16]), Buffer.from(counting)]);
    const single = Buffer.from(Array.from({ length: 16 }, () => [0x10, 1]).flat());
    const inputs = simple().inputs.map((input, k) => ({ ...input, contents: k === 0 ? packed : single }));
    const { raw } = await client.infer({ model: 'simple', inputs });
    expect(ints(raw[0])).toEqual([...counting].map(value => value + 1));
  });

  test("the guard's figures are parameters, and its policy can be chosen", async () => {
    const { parameters, raw } = await client.infer(field(3));
    expect(parameters).toMatchObject({ guard: 'accepted', answered_by: 'surrogate', residual_bound: 0.01 });
    expect(floats(raw[0])).toEqual(constantField(6));
    const maps = await client.infer(field(3, { parameters: { guard_outputs: true } }));
    expect(maps.outputs.map(({ name }) => name)).toEqual(['u', 'residual_map']);
    expect(await refusal(field(20, { parameters: { guard: 'reject' } }))).toMatchObject({
      code: 'FAILED_PRECONDITION',
    });
    expect((await refusal(field(20, { model: 'strict' }))).details).toContain('the guard rejected the answer');
  });

  test('gzip and deflate go both ways', async () => {
    const large = field(3, { inputs: [{ name: 'a', datatype: 'FP32', shape: [4, 4, 4] }], raw: [new Uint8Array(256)] });
    for (const algorithm of [1, 2]) {
      const packed = grpcClient(server.grpcPort ?? 0, { 'grpc.default_compression_algorithm': algorithm });
      const { raw } = await packed.infer(large);
      expect(raw[0]).toHaveLength(256);
      packed.close();
    }
  });
});

describe("refusals, in Triton's words, with whose request it was", () => {
  test.each([
    [
      simple({ inputs: simple().inputs.slice(0, 1), raw: [bytesOf(ones)] }),
      "[request id: <id_unknown>] expected 2 inputs but got 1 inputs for model 'simple'. Got input(s) ['INPUT0'], but missing required input(s) ['INPUT1']",
    ],
    [
      simple({ id: 'x', raw: [bytesOf(ones), new Uint8Array(60)] }),
      '[request id: x] input byte size mismatch for input',
    ],
    [simple({ inputs: simple().inputs.map(input => ({ ...input, shape: [9, 16] })) }), 'batch-size must be <= 8 for'],
    [simple({ inputs: simple().inputs.map(input => ({ ...input, shape: [1, 17] })) }), 'unexpected shape for input'],
    [simple({ inputs: simple().inputs.map(input => ({ ...input, datatype: 'FP32' })) }), "expects 'INT32'"],
    [simple({ outputs: [{ name: 'OUTPUT9' }] }), "unexpected inference output 'OUTPUT9'"],
    [simple({ outputs: [{ name: 'OUTPUT0' }, { name: 'OUTPUT0' }] }), 'each output once'],
    [simple({ raw: [bytesOf(ones)] }), 'raw_input_contents'],
    [simple({ raw: [] }), "unable to find data for input tensor 'INPUT0'"],
    [
      simple({ inputs: simple().inputs.map(input => ({ ...input, contents: Buffer.from([0x10, 1]) })) }),
      'contents field must not be specified when using raw_input_contents for',
    ],
    [
      simple({ raw: [], inputs: simple().inputs.map(input => ({ ...input, contents: Buffer.from([0x08, 1]) })) }),
      "unexpected explicit tensor data for input tensor 'INPUT0'",
    ],
    [simple({ parameters: { triton_mine: 1 } }), "starting with 'triton_' are reserved"],
    [simple({ parameters: { priority: 'high' } }), "invalid value for 'priority' parameter"],
    [simple({ version: 'two' }), "specified version string 'two'"],
  ])('%#', async (request, text) => {
    const { code, details } = await refusal(request);
    expect([code, details]).toEqual(['INVALID_ARGUMENT', expect.stringContaining(text)]);
  });

  test('unknown models are not found, versions that do not run unavailable', async () => {
    expect(await refusal(simple({ model: 'nobody' }))).toMatchObject({
      code: 'NOT_FOUND',
      details: expect.stringContaining("Request for unknown model: 'nobody' is not found"),
    });
    expect(await refusal(simple({ version: '9' }))).toMatchObject({
      code: 'UNAVAILABLE',
      details: expect.stringContaining("'simple' version 9 is not at ready state"),
    });
  });
});

describe('settings and shared memory', () => {
  test('trace and log settings are shown', async () => {
    const keys = (bytes: Buffer) => messagesIn(decodeFields(bytes), 1).map(entry => textIn(entry, 1));
    expect(keys(await client.call('TraceSetting'))).toContain('trace_rate');
    expect(keys(await client.call('LogSettings'))).toContain('log_verbose_level');
  });

  test('a log file cannot be set from outside', async () => {
    const entry = Buffer.from('0a140a086c6f675f66696c6512081a062f746d702f78', 'hex');
    expect((await client.refusal('LogSettings', entry)).details).toContain('log file location can not be updated');
  });

  test('shared memory is off unless the server is told otherwise; that of GPUs is not served', async () => {
    expect((await client.refusal('SystemSharedMemoryStatus', Buffer.alloc(0))).details).toContain(
      'shared memory is disabled',
    );
    const inRegion = { shared_memory_region: 'r', shared_memory_byte_size: 64 };
    const shared = simple({ raw: [], inputs: simple().inputs.map(input => ({ ...input, parameters: inRegion })) });
    expect((await refusal(shared)).details).toContain('shared memory is disabled');
    expect(await client.call('CudaSharedMemoryStatus')).toHaveLength(0);
    expect((await client.refusal('CudaSharedMemoryRegister', Buffer.alloc(0))).code).toBe('UNIMPLEMENTED');
  });
});
