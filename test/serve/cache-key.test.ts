import { seededRandom, type Tensor } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { cachedModel } from '../../dist/serve/cache/cached-model.js';
import { questionKey } from '../../dist/serve/cache/key.js';
import { type Asked, fp32, modelOf, question } from './cache-question.js';

const model = modelOf('content');
const keyOf = (asked: Asked = {}, of = model): string => questionKey(of, question(asked));
const int32 = (values: readonly number[]): Tensor => ({
  dtype: 'INT32',
  shape: [values.length],
  data: Int32Array.from(values),
});
const texts = (data: readonly string[], shape = [data.length]): Tensor => ({ dtype: 'BYTES', shape, data });

describe('the key of a question', () => {
  test('is 256 bits, and the same for the same question', () => {
    expect(keyOf()).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(keyOf()).toBe(keyOf());
  });

  test('differs with every part that can change the answer', () => {
    const one: Tensor = { dtype: 'FP32', shape: [2, 3], data: new Float32Array(6) };
    const asked: readonly Asked[] = [
      {},
      { inputs: { a: fp32([1, 2, 4]) } },
      { inputs: { b: fp32([1, 2, 3]) } },
      { inputs: { a: int32([1, 2, 3]) } },
      { inputs: { a: fp32([0]) } },
      { inputs: { a: fp32([-0]) } },
      { inputs: { a: fp32([1, 2, 3]), b: fp32([]) } },
      { inputs: { a: fp32([1]), b: fp32([2, 3]) } },
      { inputs: { a: fp32([2, 3]), b: fp32([1]) } },
      { inputs: { b: fp32([1]), a: fp32([2]) } },
      { inputs: { a: fp32([1]), b: fp32([2]) } },
      { inputs: { a: one } },
      { inputs: { a: { ...one, shape: [3, 2] } } },
      { inputs: { a: { ...one, shape: [6] } } },
      { inputs: { a: texts(['ab', 'c']) } },
      { inputs: { a: texts(['a', 'bc']) } },
      { inputs: { a: texts(['abc']) } },
      { inputs: { a: texts(['a', 'bc'], [1, 2]) } },
      { guard: 'reject' },
      { guard: 'annotate' },
      { guard: 'fallback' },
      { maps: true },
      { terms: { outputs: [] } },
      { terms: { outputs: ['u'] } },
      { terms: { outputs: ['u', 'v'] } },
      { terms: { outputs: ['u","v'] } },
      { terms: { parameters: { t: 1 } } },
      { terms: { parameters: { t: '1' } } },
      { terms: { parameters: { t: true } } },
      { terms: { parameters: { t: 'true' } } },
      { terms: { parameters: { t: 0 } } },
      { terms: { parameters: { t: -0 } } },
      { terms: { parameters: { t: Number.NaN } } },
      { terms: { parameters: { t: Number.POSITIVE_INFINITY } } },
      { terms: { parameters: { t: 1, s: 2 } } },
      { terms: { parameters: { t: 2, s: 1 } } },
    ];
    const keys = asked.map(each => keyOf(each));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('does not depend on the order of inputs, outputs and parameters, nor on who asks how urgently', () => {
    const inputs = { a: fp32([1]), b: fp32([2]) };
    expect(keyOf({ inputs })).toBe(keyOf({ inputs: { b: inputs.b, a: inputs.a } }));
    const terms = { outputs: ['u', 'v'], parameters: { s: 1, t: 'x' } };
    const same = { outputs: ['v', 'u', 'v'], parameters: { t: 'x', s: 1 } };
    const urgent = { id: '7', tenant: 'me', priority: 1, timeoutUs: 5, signal: new AbortController().signal };
    expect(keyOf({ terms })).toBe(keyOf({ terms: { ...same, ...urgent } }));
  });

  test('differs with the model: its name, its version, its content, and those of whom it asks', () => {
    const facts = { name: 'm', version: 1, config: {}, content: ['a', 1n] };
    const models = [
      facts,
      { ...facts, name: 'n' },
      { ...facts, version: 2 },
      { ...facts, content: ['b', 1n] },
      { ...facts, content: ['a', 2n] },
    ].map(each => cachedModel(each, true));
    expect(new Set(models.map(each => keyOf({}, each))).size).toBe(5);
    const asking = cachedModel({ ...facts, asks: [{ name: 'solver' }] }, true);
    const keys = [undefined, modelOf('old', 'solver'), modelOf('new', 'solver')].map(solver =>
      questionKey(asking, question(), () => solver),
    );
    expect(new Set(keys).size).toBe(3);
  });

  test('is found also where models ask each other in a ring', () => {
    const ring = cachedModel({ name: 'm', version: 1, config: {}, content: [], asks: [{ name: 'm' }] }, true);
    expect(questionKey(ring, question(), () => ring)).toMatch(/^[\w-]{43}$/);
  });

  test('differs with every single bit of the inputs', () => {
    const random = seededRandom(4);
    const bytes = Uint8Array.from({ length: 256 }, () => random.integer(256));
    const tensor: Tensor = { dtype: 'UINT8', shape: [256], data: bytes };
    const keys = new Set([keyOf({ inputs: { a: tensor } })]);
    for (let bit = 0; bit < 2048; bit++) {
      const place = bit >> 3;
      bytes[place] = (bytes[place] ?? 0) ^ (1 << (bit & 7));
      keys.add(keyOf({ inputs: { a: tensor } }));
      bytes[place] = (bytes[place] ?? 0) ^ (1 << (bit & 7));
    }
    expect(keys.size).toBe(2049);
  });
});

test('a model is kept where its configuration or the server says so, and never where answers depend on what was before', () => {
  const keeping = (config: Parameters<typeof cachedModel>[0]['config'], everyModel: boolean): string =>
    cachedModel({ name: 'm', version: 1, config, content: [] }, everyModel).keeping;
  expect(keeping({}, false)).toBe('off');
  expect(keeping({}, true)).toBe('kept');
  expect(keeping({ response_cache: { enable: true } }, false)).toBe('kept');
  expect(keeping({ response_cache: { enable: false } }, true)).toBe('off');
  expect(keeping({ response_cache: { enable: true }, sequence_batching: {} }, true)).toBe('stateful');
  expect(keeping({ model_transaction_policy: { decoupled: true } }, true)).toBe('stateful');
  expect(keeping({ model_transaction_policy: { decoupled: false } }, true)).toBe('kept');
});
