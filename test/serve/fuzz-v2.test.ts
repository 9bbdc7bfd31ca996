import { type DType, elementCount, isGalerkinError, type Random, seededRandom, type Tensor } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { InferCall } from '../../dist/serve/http/v2-call.js';
import { headerLength, readInferRequest } from '../../dist/serve/http/v2-request.js';
import { writeInferResponse } from '../../dist/serve/http/v2-response.js';
import { sharedMemory } from '../../dist/serve/protocol/shared-memory.js';
import { corrupt, mutate, pick } from './fixtures/mutate.js';

const dtypes = [
  'BOOL',
  'UINT8',
  'INT8',
  'UINT16',
  'INT16',
  'UINT32',
  'INT32',
  'UINT64',
  'INT64',
  'FP16',
  'BF16',
  'FP32',
  'FP64',
  'BYTES',
] as const;
const bytesOfElement: Record<DType, number> = {
  BOOL: 1,
  UINT8: 1,
  INT8: 1,
  UINT16: 2,
  INT16: 2,
  UINT32: 4,
  INT32: 4,
  UINT64: 8,
  INT64: 8,
  FP16: 2,
  BF16: 2,
  FP32: 4,
  FP64: 8,
  BYTES: 0,
};

const tensor = (name: string, dtype: DType, dims: readonly number[]) => ({
  name,
  dtype,
  dims,
  unit: '',
  description: '',
  finite: false,
});
const model = (name: string, maxBatchSize: number, inputs: ReturnType<typeof tensor>[]) => ({
  name,
  version: '1',
  title: name,
  backend: 'onnxruntime',
  maxBatchSize,
  inputs,
  outputs: inputs.map(each => ({ ...each, name: `out_${each.name}` })),
  guard: undefined,
});

const models = [
  model('one', 4, [tensor('a', 'FP32', [2, 2])]),
  model('free', 8, [tensor('a', 'FP32', [-1])]),
  model('pair', 8, [tensor('a', 'INT32', [4]), tensor('b', 'INT32', [4])]),
  model('plain', 0, [tensor('a', 'FP64', [-1, 2])]),
  model('text', 2, [tensor('a', 'BYTES', [1])]),
  ...dtypes.map(dtype => model(`of_${dtype}`, 0, [tensor('a', dtype, [3])])),
];

const valuesOf = (dtype: DType, count: number): unknown[] =>
  Array.from({ length: count }, (_, k) => (dtype === 'BYTES' ? `t${k}` : dtype === 'BOOL' ? k % 2 === 0 : k));

/** A request that the model takes: JSON, binary or some of both. */
function goodRequest(served: (typeof models)[number], random: Random) {
  const batch = served.maxBatchSize > 0 ? [1 + random.integer(served.maxBatchSize)] : [];
  const tail: Uint8Array[] = [];
  const inputs = served.inputs.map(({ name, dtype, dims }) => {
    const shape = [...batch, ...dims.map(size => (size === -1 ? 1 + random.integer(3) : size))];
    const count = elementCount(shape);
    if (dtype !== 'BYTES' && random.uniform() < 0.5) {
      const bytes = new Uint8Array(count * bytesOfElement[dtype]);
      tail.push(bytes);
      return { name, datatype: dtype, shape, parameters: { binary_data_size: bytes.length } };
    }
    return { name, datatype: dtype, shape, data: valuesOf(dtype, count) };
  });
  const parameters =
    random.uniform() < 0.3
      ? { binary_data_output: random.uniform() < 0.5, sequence_id: random.integer(9), priority: 1, own: 'x' }
      : undefined;
  const outputs =
    random.uniform() < 0.3
      ? served.outputs.map(({ name }) => ({ name, parameters: { binary_data: random.uniform() < 0.5 } }))
      : undefined;
  const id = random.uniform() < 0.5 ? `id ${random.integer(9)}` : undefined;
  return { json: { id, parameters, inputs, outputs }, tail: Buffer.concat(tail) };
}

const memory = sharedMemory({ allowed: true, folder: '/nowhere' });
const leak = /\/work|\/home|node_modules|dist\/|\bat .*\(|\[object/;

/** What the model would answer: zeros of the shapes asked for. */
function answerTo(served: (typeof models)[number], inputs: Readonly<Record<string, Tensor>>) {
  const outputs = Object.fromEntries(Object.entries(inputs).map(([name, each]) => [`out_${name}`, each]));
  return { outputs, maps: {}, guard: undefined, answeredBy: 'surrogate' as const, latencyMs: 0.25, model: served.name };
}

/** Reads and answers one request; gives 'ok' or the code of the refusal. */
function handle(served: (typeof models)[number], body: Uint8Array, stated: string | undefined): string {
  const call = new InferCall(memory);
  try {
    const request = readInferRequest(served, body, headerLength(stated, body.length), call);
    const { inputs, items } = request.question;
    for (const { name, dtype } of served.inputs) {
      const read = inputs[name];
      if (read?.dtype !== dtype || read.data.length !== elementCount(read.shape))
        throw new Error(`${name} is not whole`);
    }
    if (items < 1 || (served.maxBatchSize > 0 && items > served.maxBatchSize)) throw new Error(`${items} items`);
    const { body: out, jsonLength } = writeInferResponse(served, request, answerTo(served, inputs), call);
    const text = out.toString('utf8', 0, jsonLength);
    JSON.parse(text.replaceAll(/(?<=[[,])-?(NaN|Infinity)(?=[,\]])/g, '0'));
    return 'ok';
  } catch (error) {
    if (!isGalerkinError(error) || error.http >= 500 || error.message.length > 3000 || leak.test(error.message))
      throw error;
    return error.code;
  } finally {
    call.release();
  }
}

function wire({ json, tail }: { json: unknown; tail: Uint8Array }): { body: Uint8Array; stated: string } {
  const head = Buffer.from(JSON.stringify(json) ?? '');
  return { body: Buffer.concat([head, tail]), stated: String(head.length) };
}

const shown = (body: Uint8Array): string => Buffer.from(body).toString('latin1').slice(0, 400);

describe('the semantic layer, without sockets', () => {
  test('30,000 requests bent in their meaning are answered or refused with words', () => {
    const random = seededRandom(1);
    const seen = new Map<string, number>();
    for (let k = 0; k < 30_000; k++) {
      const served = pick(random, models);
      const { json, tail } = goodRequest(served, random);
      let bent: unknown = json;
      for (let turn = random.integer(4); turn > 0; turn--) bent = mutate(bent, random);
      const { body, stated } = wire({ json: bent, tail });
      try {
        const code = handle(served, body, stated);
        seen.set(code, (seen.get(code) ?? 0) + 1);
      } catch (error) {
        throw new Error(`case ${k}, model ${served.name}: ${shown(body)}`, { cause: error });
      }
    }
    expect([...seen].map(([code]) => code)).toEqual(
      expect.arrayContaining([
        'INPUTS_MISMATCH',
        'INPUT_DATATYPE',
        'INPUT_SHAPE',
        'INPUT_SIZE',
        'REQUEST_MALFORMED',
        'ok',
      ]),
    );
    expect(seen.get('ok')).toBeGreaterThan(5000);
  });

  test('30,000 requests with bytes changed, put in, taken out or cut off, and header lengths of all kinds', () => {
    const random = seededRandom(2);
    const lengths = ['0', '-1', '1e3', '99999999999', '', ' 5', 'NaN', '0x10', '1.0', '9'.repeat(60)];
    for (let k = 0; k < 30_000; k++) {
      const served = pick(random, models);
      const { body, stated } = wire(goodRequest(served, random));
      const bytes = corrupt(body, random);
      const length = random.uniform() < 0.8 ? stated : random.uniform() < 0.5 ? undefined : pick(random, lengths);
      try {
        handle(served, bytes, length);
      } catch (error) {
        throw new Error(`case ${k}, model ${served.name}, length ${length}: ${shown(bytes)}`, { cause: error });
      }
    }
  });

  test('10,000 bodies of noise', () => {
    const random = seededRandom(3);
    const letters = Buffer.from('{}[]",:\\0123456789.eE-+ dataidinputsshapenametruefalsenull\u0000\u00ff');
    for (let k = 0; k < 10_000; k++) {
      const body = Uint8Array.from({ length: random.integer(80) }, () => letters[random.integer(letters.length)] ?? 0);
      const served = pick(random, models);
      try {
        handle(served, body, random.uniform() < 0.3 ? String(random.integer(100)) : undefined);
      } catch (error) {
        throw new Error(`case ${k}, model ${served.name}: ${shown(body)}`, { cause: error });
      }
    }
  });
});
