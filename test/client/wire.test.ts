// Tensors on a real server and back: every datatype, in place where they lie aligned, refusals with the server's words.
import {
  type Client,
  connect,
  GalerkinClientError,
  halfFromFloats,
  type InferInput,
  rejectionOf,
  textsOf,
} from 'galerkin/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { side } from '../serve/fixtures/graphs.js';
import { constantField, type Fixture, serveFixture } from '../serve/fixtures/repository.js';

let server: Fixture;
let client: Client;

beforeAll(async () => {
  server = await serveFixture(['kinds', 'simple', 'double', 'strict', 'double_solver']);
  client = connect(server.url);
});
afterAll(() => server.close());

const shape = [2];
const inputs = {
  x_BOOL: { shape, data: [true, false] },
  x_UINT8: { shape, data: Uint8Array.of(0, 255) },
  x_UINT16: { shape, data: Uint16Array.of(1, 65_535) },
  x_UINT32: { shape, data: Uint32Array.of(2, 4_294_967_295) },
  x_UINT64: { shape, data: BigUint64Array.of(3n, 2n ** 64n - 1n) },
  x_INT8: { shape, data: Int8Array.of(-128, 127) },
  x_INT16: { shape, data: Int16Array.of(-32_768, 32_767) },
  x_INT32: { shape, data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) },
  x_INT64: { shape, data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
  x_FP16: { shape, datatype: 'FP16', data: halfFromFloats([1.5, -0.1]) },
  x_FP32: { shape, data: Float32Array.of(0.1, Number.NEGATIVE_INFINITY) },
  x_FP64: { shape, data: Float64Array.of(0.1, Number.NaN) },
  x_BYTES: { shape, data: ['', 'räksmörgås'] },
} as const satisfies Record<string, InferInput>;

const failureOf = async (promise: Promise<unknown>): Promise<GalerkinClientError> => {
  const failure = await promise.catch((error: unknown) => error);
  if (failure instanceof GalerkinClientError) return failure;
  throw new Error('a GalerkinClientError was wanted');
};

describe('infer', () => {
  test('every datatype comes back as the typed array that went', async () => {
    const { outputs, model, version, id } = await client.infer('kinds', inputs, { id: 'all' });
    expect({ model, version, id }).toEqual({ model: 'kinds', version: '1', id: 'all' });
    for (const [name, input] of Object.entries(inputs)) {
      const datatype = name.slice(2);
      const output = outputs[`y_${datatype}`];
      expect(output).toMatchObject({ datatype, shape });
      if (output?.datatype === 'BYTES') expect(textsOf(output)).toEqual(input.data);
      else if (datatype === 'BOOL') expect(output?.data).toEqual(Uint8Array.of(1, 0));
      else expect(output?.data).toEqual(input.data);
    }
  });

  test('outputs of one answer share its buffer where they lie aligned in it', async () => {
    const ones = { shape: [1, 16], data: new Int32Array(16).fill(1) };
    const { outputs } = await client.infer(
      'simple',
      { INPUT0: ones, INPUT1: ones },
      { outputs: ['OUTPUT1', 'OUTPUT0'] },
    );
    expect(Object.keys(outputs)).toEqual(['OUTPUT1', 'OUTPUT0']);
    expect(outputs.OUTPUT0?.data).toEqual(new Int32Array(16).fill(2));
    expect(outputs.OUTPUT1?.data).toEqual(new Int32Array(16));
  });

  test('a view into a larger array sends only its part', async () => {
    const large = Int32Array.from({ length: 40 }, (_, index) => index);
    const part = { shape: [1, 16], data: large.subarray(10, 26) };
    const { outputs } = await client.infer('simple', { INPUT0: part, INPUT1: part });
    expect(outputs.OUTPUT0?.data).toEqual(large.subarray(10, 26).map(value => 2 * value));
  });

  test('an answer carries the guard’s figures, and a rejection too', async () => {
    const field = (value: number): InferInput => ({
      shape: [1, side, side],
      data: Float32Array.from(constantField(value)),
    });
    const { guard } = await client.infer('double', { a: field(3) });
    expect(guard).toMatchObject({ verdict: 'accepted', residual: 0, residualBound: 0.01 });
    const failure = await failureOf(client.infer('strict', { a: field(20) }));
    expect(failure).toMatchObject({ code: 'REFUSED', status: 422 });
    expect(rejectionOf(failure)).toMatchObject({ verdict: 'rejected', residual: 20, residualBound: 0.01 });
    expect((await client.infer('strict', { a: field(20) }, { guard: 'annotate' })).guard?.verdict).toBe('flagged');
  });
});

describe('refusals', () => {
  test('of the server come with its words and status', async () => {
    const failure = await failureOf(client.infer('nobody', {}));
    expect(failure.code).toBe('REFUSED');
    expect([400, 404]).toContain(failure.status);
    expect(failure.message).toContain("Request for unknown model: 'nobody' is not found");
  });

  test.each([
    ['a shape that does not fit', { shape: [3], data: Float32Array.of(1) }, /shape \[3\] wants 3 elements, got 1/],
    ['numbers without a datatype', { shape: [1], data: [1] }, /plain numbers need a 'datatype'/],
    [
      'an array of another width',
      { shape: [1], datatype: 'FP16', data: Float32Array.of(1) },
      /elements of 2 bytes, got 4/,
    ],
    ['numbers as BYTES', { shape: [1], datatype: 'BYTES', data: [1] }, /BYTES wants a list of texts/],
  ] satisfies [string, InferInput, RegExp][])('%s is refused before anything is sent', async (_name, input, words) => {
    const failure = await failureOf(client.infer('kinds', { x: input }));
    expect(failure.code).toBe('ARGUMENT');
    expect(failure.message).toMatch(words);
  });

  test('nobody at the address is a CONNECTION failure, and not live', async () => {
    const nobody = connect('http://127.0.0.1:1', { retry: { retries: 0 } });
    expect((await failureOf(nobody.serverMetadata())).code).toBe('CONNECTION');
    expect(await nobody.health.live()).toBe(false);
  });
});

describe('the other calls', () => {
  test('health, metadata and configuration', async () => {
    expect(await client.health.live()).toBe(true);
    expect(await client.health.ready()).toBe(true);
    expect(await client.health.modelReady('simple')).toBe(true);
    expect(await client.health.modelReady('simple', { version: '9' })).toBe(false);
    expect((await client.serverMetadata()).extensions).toContain('binary_tensor_data');
    const { versions, inputs: wanted } = await client.modelMetadata('simple');
    expect(versions).toEqual(['1']);
    expect(wanted[0]).toEqual({ name: 'INPUT0', datatype: 'INT32', shape: [-1, 16] });
    expect(await client.modelConfig('simple')).toMatchObject({ name: 'simple', max_batch_size: 8 });
  });

  test('predict takes and gives nested lists', async () => {
    const a = Array.from({ length: side }, () => new Array<number>(side).fill(4));
    const { outputs, guard, answeredBy } = await client.predict('double', { inputs: { a } });
    expect(outputs.u).toEqual(a.map(row => row.map(value => 2 * value)));
    expect(guard).toMatchObject({ verdict: 'accepted', residualBound: 0.01 });
    expect(answeredBy).toBe('surrogate');
  });
});
