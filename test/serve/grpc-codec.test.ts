import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type Random, seededRandom, type Tensor } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { readInferMessage } from '../../dist/serve/grpc/infer-message.js';
import { encodeReply, encodeStreamError } from '../../dist/serve/grpc/infer-response.js';
import { encodeMessage, prefixBytes } from '../../dist/serve/grpc/table-encode.js';
import { WireReader } from '../../dist/serve/grpc/wire-reader.js';
import { WireWriter } from '../../dist/serve/grpc/wire-writer.js';
import {
  decodeAnswer,
  decodeFields,
  decodeStreamAnswer,
  encodeInfer,
  type Infer,
  messagesIn,
  textIn,
  textsIn,
} from './fixtures/grpc-client.js';

const word = (random: Random): string =>
  Array.from({ length: random.integer(140) }, () => String.fromCodePoint(32 + random.integer(600))).join('');
const bytesOfLength = (random: Random, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => random.integer(256));
const many = <T>(random: Random, most: number, make: () => T): T[] =>
  Array.from({ length: random.integer(most + 1) }, make);

const parameters = (random: Random) =>
  Object.fromEntries(
    many(random, 3, () => [
      `p${random.integer(1000)}`,
      [true, word(random), -random.integer(1e9), { double: random.uniform() }, { uint64: 7n }][random.integer(5)] ?? 1,
    ]),
  );

const request = (random: Random): Infer => ({
  model: word(random),
  version: String(random.integer(100)),
  id: word(random),
  parameters: parameters(random),
  inputs: many(random, 4, () => ({
    name: word(random),
    datatype: 'FP32',
    shape: many(random, 5, () => random.integer(2 ** 40)),
    parameters: parameters(random),
    ...(random.uniform() < 0.5 ? { contents: bytesOfLength(random, random.integer(50)) } : {}),
  })),
  outputs: many(random, 3, () => ({ name: word(random), parameters: parameters(random) })),
  raw: many(random, 4, () => bytesOfLength(random, random.integer(300))),
});

const plain = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? Object.values(value)[0] : value;
const plainParameters = (given: object = {}) =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, Number(plain(value)) === 7 ? 7 : plain(value)]),
  );

describe('reading a request', () => {
  test('says what another codec wrote, 2000 times', () => {
    const random = seededRandom(1);
    for (let k = 0; k < 2000; k++) {
      const wanted = request(random);
      const read = readInferMessage(encodeInfer(wanted));
      expect([read.modelName, read.modelVersion, read.id]).toEqual([wanted.model, wanted.version, wanted.id]);
      expect(Object.fromEntries(read.parameters)).toEqual(plainParameters(wanted.parameters));
      expect(Buffer.concat(read.raw).equals(Buffer.concat(wanted.raw ?? []))).toBe(true);
      expect(read.raw.map(({ length }) => length)).toEqual(wanted.raw?.map(({ length }) => length));
      expect(read.outputs.map(({ name }) => name)).toEqual(wanted.outputs?.map(({ name }) => name));
      const inputs = wanted.inputs.map(({ name, shape, parameters: p }) => [name, shape, plainParameters(p)]);
      expect(read.inputs.map(({ name, shape, parameters: p }) => [name, shape, Object.fromEntries(p)])).toEqual(inputs);
    }
  });

  test('passes over fields that it does not know, groups too', () => {
    const unknown = new BinaryWriter();
    unknown.tag(99, WireType.Varint).uint64(1n << 63n);
    unknown.tag(100, WireType.LengthDelimited).bytes(new Uint8Array(300));
    unknown.tag(101, WireType.Bit64).double(1);
    unknown.tag(102, WireType.Bit32).float(1);
    unknown.tag(103, WireType.StartGroup).tag(1, WireType.Varint).int32(1).tag(103, WireType.EndGroup);
    const message = Buffer.concat([unknown.finish(), encodeInfer({ model: 'm', inputs: [] }), unknown.finish()]);
    expect(readInferMessage(message).modelName).toBe('m');
  });

  test('takes a known field of another wire type for an unknown one', () => {
    const wrong = new BinaryWriter().tag(1, WireType.Varint).int32(5).tag(7, WireType.Bit64).double(1).finish();
    expect(readInferMessage(Buffer.from(wrong))).toMatchObject({ modelName: '', raw: [] });
  });

  test('takes the last of a field given twice, and shapes in packed and plain form', () => {
    const twice = Buffer.concat([encodeInfer({ model: 'a', inputs: [] }), encodeInfer({ model: 'b', inputs: [] })]);
    expect(readInferMessage(twice).modelName).toBe('b');
    const shape = new BinaryWriter().tag(5, WireType.LengthDelimited).fork();
    shape.tag(3, WireType.Varint).int64(2).tag(3, WireType.LengthDelimited).fork().int64(3).int64(4).join();
    const [input] = readInferMessage(Buffer.from(shape.join().finish())).inputs;
    expect(input?.shape).toEqual([2, 3, 4]);
  });

  test('does not copy tensors', () => {
    const message = encodeInfer({ model: 'm', inputs: [], raw: [new Uint8Array(1000)] });
    expect(readInferMessage(message).raw[0]?.buffer).toBe(message.buffer);
  });
});

describe('writing a response', () => {
  const tensors: readonly Tensor[] = [
    { dtype: 'FP32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    { dtype: 'INT64', shape: [0], data: new BigInt64Array(0) },
    { dtype: 'BYTES', shape: [2], data: ['grün', ''] },
    { dtype: 'BF16', shape: [], data: Uint16Array.of(0x3f80) },
    { dtype: 'UINT8', shape: [100_000], data: new Uint8Array(100_000).fill(3) },
  ];
  const reply = {
    model: 'modèle',
    version: '12',
    id: 'i'.repeat(500),
    parameters: { residual: 0.5, whole: 2, ok: true, who: 'solver' },
    counts: { step: 3 },
    outputs: tensors.map((tensor, k) => ({ name: `out${k}`, tensor, place: undefined })),
  };

  test('gives what another codec reads, behind the prefix', () => {
    const message = encodeReply(reply, false);
    expect([message[0], message.readUInt32BE(1)]).toEqual([0, message.length - prefixBytes]);
    const read = decodeAnswer(message.subarray(prefixBytes));
    expect(read).toMatchObject({ model: 'modèle', version: '12', id: 'i'.repeat(500) });
    expect(read.parameters).toEqual({ residual: 0.5, whole: 2, ok: true, who: 'solver', step: 3n });
    expect(read.outputs.map(({ datatype, shape }) => [datatype, shape])).toEqual(
      tensors.map(({ dtype, shape }) => [dtype, shape]),
    );
    expect(read.raw.map(({ length }) => length)).toEqual([24, 0, 13, 2, 100_000]);
    expect([...new Float32Array(Uint8Array.from(read.raw[0] ?? []).buffer)]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('is the same inside a message of a stream', () => {
    const { error, answer } = decodeStreamAnswer(encodeReply(reply, true).subarray(prefixBytes));
    expect(error).toBe('');
    const { raw, ...alone } = decodeAnswer(encodeReply(reply, false).subarray(prefixBytes));
    expect({ ...answer, raw: [] }).toEqual({ ...alone, raw: [] });
    expect(Buffer.concat(answer.raw).equals(Buffer.concat(raw))).toBe(true);
  });

  test('an error in a stream keeps model and id', () => {
    const message = encodeStreamError('no', { ...reply, parameters: {}, counts: undefined });
    expect(decodeStreamAnswer(message.subarray(prefixBytes))).toMatchObject({
      error: 'no',
      answer: { model: 'modèle', id: reply.id, outputs: [], raw: [] },
    });
  });
});

describe('numbers on the wire', () => {
  const cases = [0, 1, 127, 128, 300, 2 ** 31, 2 ** 32, 2 ** 35 + 1, 2 ** 53 - 1, -1, -(2 ** 31), -(2 ** 53) + 1];

  test('64-bit integers go both ways, as numbers where they are exact', () => {
    const big = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n];
    for (const value of [...cases, ...big]) {
      const writer = new WireWriter();
      writer.int64(8, value);
      const bytes = Buffer.alloc(writer.length);
      writer.copyTo(bytes, 0);
      const other = new BinaryReader(bytes);
      other.tag();
      expect(BigInt(other.int64())).toBe(BigInt(value));
      const reader = new WireReader(bytes);
      expect([reader.tag(), reader.int64()]).toEqual([8, value]);
    }
  });

  test('texts of any length and script', () => {
    const random = seededRandom(5);
    for (let k = 0; k < 500; k++) {
      const text = k < 300 ? 'x'.repeat(k) : word(random);
      const writer = new WireWriter();
      writer.string(10, text);
      const bytes = Buffer.alloc(writer.length);
      writer.copyTo(bytes, 0);
      expect(textIn(decodeFields(bytes), 1)).toBe(text);
    }
  });
});

test('messages of the tables: nested, repeated, maps, enumerators, choices that say the default', () => {
  const config = {
    name: 'm',
    max_batch_size: 8,
    input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [-1, 3] }],
    version_policy: { all: {} },
    parameters: { key: { string_value: 'value' } },
    instance_group: [],
  };
  const [inner = new Map()] = messagesIn(decodeFields(encodeMessage('ModelConfigResponse', { config }).subarray(5)), 1);
  expect([textIn(inner, 1), inner.get(4)]).toEqual(['m', [8n]]);
  const [input = new Map()] = messagesIn(inner, 5);
  expect([textIn(input, 1), input.get(2), input.get(4)?.length]).toEqual(['x', [11n], 1]);
  expect(messagesIn(inner, 3)[0]?.has(2)).toBe(true);
  expect(textsIn(messagesIn(inner, 14)[0] ?? new Map(), 1)).toEqual(['key']);
  expect(inner.has(7)).toBe(false);
});
