// Servers that answer anything: the client throws its own error or gives tensors that hold what they say.
import { seededRandom } from 'galerkin/base';
import { connect, GalerkinClientError } from 'galerkin/client';
import { describe, expect, test } from 'vitest';
import { fakeServer, type Scripted } from './fake-server.js';

function binaryAnswer(outputs: readonly object[], tail: Uint8Array, stated?: string): Scripted {
  const header = Buffer.from(JSON.stringify({ model_name: 'm', model_version: '1', outputs }));
  const body = new Uint8Array(Buffer.concat([header, tail]));
  return { body, headers: { 'inference-header-content-length': stated ?? String(header.length) } };
}

const output = (datatype: string, shape: readonly unknown[], size: unknown) => ({
  name: 'y',
  datatype,
  shape,
  parameters: { binary_data_size: size },
});

const askOf = (answer: Scripted) => {
  const { fetch } = fakeServer(answer);
  return connect('http://server', { fetch, retry: { retries: 0 } }).infer('m', {
    x: { shape: [1], data: Float32Array.of(1) },
  });
};

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('answers that break v2', () => {
  test.each([
    ['no JSON', { body: '<html>' }],
    ['JSON that is no object', { body: '[1]' }],
    ['no outputs', { body: '{"model_name":"m"}' }],
    ['an output that is no object', { body: '{"model_name":"m","outputs":[null]}' }],
    ['a header longer than the body', binaryAnswer([], bytes(), '9999')],
    ['a negative header', binaryAnswer([], bytes(), '-1')],
    ['a header that is no number', binaryAnswer([], bytes(), 'x')],
    ['too few bytes', binaryAnswer([output('FP32', [2], 8)], bytes(1, 2, 3, 4))],
    ['a size against the shape', binaryAnswer([output('FP32', [2], 4)], bytes(1, 2, 3, 4))],
    ['a negative size', binaryAnswer([output('FP32', [1], -4)], bytes(1, 2, 3, 4))],
    ['a size that is no integer', binaryAnswer([output('UINT8', [1], 0.5)], bytes(1))],
    ['a shape that is no list of sizes', binaryAnswer([output('UINT8', [-1], 1)], bytes(1))],
    ['sizes beyond all memory', binaryAnswer([output('UINT8', [2 ** 52, 2 ** 52], 1)], bytes(1))],
    ['an unknown datatype', binaryAnswer([output('constructor', [1], 1)], bytes(1))],
    ['byte strings that run over', binaryAnswer([output('BYTES', [1], 5)], bytes(200, 0, 0, 0, 1))],
    ['byte strings that are too few', binaryAnswer([output('BYTES', [2], 5)], bytes(1, 0, 0, 0, 65))],
    ['half a length', binaryAnswer([output('BYTES', [1], 3)], bytes(1, 0, 0))],
    [
      'values against the shape',
      { body: '{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[2],"data":[1]}]}' },
    ],
    ['no values', { body: '{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[1]}]}' }],
  ] satisfies [string, Scripted][])('%s is a PROTOCOL failure', async (_name, answer) => {
    await expect(askOf(answer)).rejects.toMatchObject({ name: 'GalerkinClientError', code: 'PROTOCOL' });
  });

  test('an output named __proto__ is an output', async () => {
    const { outputs } = await askOf(binaryAnswer([{ ...output('UINT8', [1], 1), name: '__proto__' }], bytes(7)));
    expect(Object.keys(outputs)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(outputs)).toBe(Object.prototype);
  });

  test('a tensor that lies unaligned is read over a copy', async () => {
    for (let padding = 0; padding < 8; padding += 1) {
      const tail = new Uint8Array(Float64Array.of(0.5, -2).buffer);
      const named = { ...output('FP64', [2], 16), name: 'y'.padEnd(1 + padding, 'z') };
      const { outputs } = await askOf(binaryAnswer([named], tail));
      expect(Object.values(outputs)[0]?.data).toEqual(Float64Array.of(0.5, -2));
    }
  });

  test('a thousand damaged answers: the client’s error, or tensors of their shape', async () => {
    const random = seededRandom(11);
    const whole = Buffer.from(
      JSON.stringify({ model_name: 'm', outputs: [output('FP32', [2], 8), output('BYTES', [1], 6)] }),
    );
    const tail = bytes(0, 0, 128, 63, 0, 0, 0, 64, 2, 0, 0, 0, 104, 105);
    for (let round = 0; round < 1000; round += 1) {
      const body = new Uint8Array(Buffer.concat([whole, tail]));
      for (let hit = 0; hit < 3; hit += 1) body[random.integer(body.length)] = random.integer(256);
      const answer = await askOf({ body, headers: { 'inference-header-content-length': String(whole.length) } }).catch(
        (error: unknown) => error,
      );
      if (answer instanceof GalerkinClientError) continue;
      expect(answer).toHaveProperty('outputs');
    }
  });
});

describe('errors without our form', () => {
  test.each([
    [502, '<html>Bad gateway</html>', 'HTTP status 502'],
    [500, '', 'HTTP status 500'],
    [404, '{"error":{"nested":true}}', 'HTTP status 404'],
    [400, '["no"]', 'HTTP status 400'],
  ])('status %i with %j', async (status, body, message) => {
    await expect(askOf({ status, body })).rejects.toMatchObject({ status, message });
  });
});
