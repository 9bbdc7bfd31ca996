import { describe, expect, test } from 'vitest';
import { decodeInfer, encodeInfer, WireFault } from '../../web/src/api/v2-binary.js';

const text = new TextEncoder();

function wire(header: object, ...tensors: Float32Array[]): [Uint8Array, number] {
  const json = text.encode(JSON.stringify(header));
  const parts = [json, ...tensors.map(({ buffer }) => new Uint8Array(buffer))];
  const body = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return [body, json.length];
}

const output = (name: string, shape: number[], bytes: number) => ({
  name,
  datatype: 'FP32',
  shape,
  parameters: { binary_data_size: bytes },
});

describe('a v2 request in binary', () => {
  const data = Float32Array.of(3, 12, 0.1, -0);
  const { body, headerLength } = encodeInfer({
    inputs: { a: { shape: [1, 2, 2], data } },
    parameters: { guard: 'fallback' },
  });

  test('states its header, then holds exactly the tensor’s bytes', () => {
    expect(JSON.parse(new TextDecoder().decode(body.subarray(0, headerLength)))).toEqual({
      inputs: [{ name: 'a', shape: [1, 2, 2], datatype: 'FP32', parameters: { binary_data_size: 16 } }],
      parameters: { guard: 'fallback', binary_data_output: true },
    });
    expect(body.slice(headerLength)).toEqual(new Uint8Array(data.buffer));
  });

  test('sends only the window of a larger buffer', () => {
    const window = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    const message = encodeInfer({ inputs: { a: { shape: [2], data: window } } });
    const tail = message.body.slice(message.headerLength);
    expect([...new Float32Array(tail.buffer)]).toEqual([1, 2]);
  });
});

describe('a v2 response', () => {
  test('is read back value by value, whatever the alignment of its header', () => {
    const u = Float32Array.from({ length: 9 }, (_, k) => k / 7);
    const map = Float32Array.of(-1, 0, 1, 2);
    for (const pad of ['', 'x', 'xx', 'xxx']) {
      const outputs = [output('u', [1, 3, 3], 36), output('residual_map', [1, 2, 2], 16)];
      const [body, length] = wire(
        { model_name: 'darcy', model_version: '1', id: pad, parameters: { guard: 'accepted' }, outputs },
        u,
        map,
      );
      const response = decodeInfer(body, length);
      expect(response.outputs.u).toEqual({ shape: [1, 3, 3], data: u });
      expect(response.outputs.residual_map?.data).toEqual(map);
      expect(response.parameters).toEqual({ guard: 'accepted' });
    }
  });

  test('may carry its values as JSON', () => {
    const body = text.encode('{"outputs":[{"name":"u","datatype":"FP32","shape":[2,1],"data":[[1],[2.5]]}]}');
    expect(decodeInfer(body).outputs.u?.data).toEqual(Float32Array.of(1, 2.5));
  });

  test.each<[string, () => [Uint8Array, number?], RegExp]>([
    ['cut short', () => wire({ outputs: [output('u', [4], 16)] }, Float32Array.of(1, 2, 3)), /'u' is cut short/],
    [
      'with bytes left over',
      () => wire({ outputs: [output('u', [1], 4)] }, Float32Array.of(1, 2)),
      /4 bytes are left over/,
    ],
    [
      'whose shape and size disagree',
      () => wire({ outputs: [output('u', [3], 8)] }, Float32Array.of(1, 2)),
      /2 values.*wants 3/,
    ],
    [
      'of another datatype',
      () => wire({ outputs: [{ ...output('u', [1], 4), datatype: 'FP64' }] }),
      /FP64, wanted FP32/,
    ],
    ['whose header is longer than its body', () => [text.encode('{}'), 99], /99 bytes of 2/],
    ['whose header length is no number', () => [text.encode('{}'), Number.NaN], /NaN bytes/],
    ['without outputs', () => [text.encode('{"error":"no"}')], /no 'outputs'/],
    ['that is not JSON', () => [text.encode('<html>')], /not JSON/],
    ['with an output that has no name', () => [text.encode('{"outputs":[null]}')], /no name/],
    [
      'with words among its values',
      () => [text.encode('{"outputs":[{"name":"u","datatype":"FP32","shape":[1],"data":["x"]}]}')],
      /list of numbers/,
    ],
  ])('%s is refused', (_, make, message) => {
    expect(() => decodeInfer(...make())).toThrow(WireFault);
    expect(() => decodeInfer(...make())).toThrow(message);
  });
});
